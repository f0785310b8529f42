"""Templates against the routers of real frameworks: paths are made from their routes, and each router says which route took a path.
At least 98 of a hundred templates, and of a hundred calls, are the framework's own."""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import path as django_path
from django.urls import resolve
from flask import Flask
from starlette.applications import Starlette
from starlette.routing import Match, Route

from batten.logs.tally import tell

CALLS = 20_000
LEAST = 0.98
_SYLLABLES = ["ba", "ne", "ki", "ro", "lu", "sa", "mi", "to", "va", "de", "fo", "gu"]


def word(chance: random.Random) -> str:
    return "".join(chance.choice(_SYLLABLES) for _ in range(3))


VALUES: dict[str, Callable[[random.Random], str]] = {
    "id": lambda chance: str(chance.randrange(1, 500_000)),
    "uuid": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "name": word,
    "slug": lambda chance: f"{word(chance)}-{word(chance)}",
    "day": lambda chance: f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
    "mail": lambda chance: f"{word(chance)}@{word(chance)}.example",
    "hash": lambda chance: f"{chance.getrandbits(160):040x}",
}
# A shop's API, a blog with pages, a platform with many collections.
SHOP = [
    "/api/v1/orders",
    "/api/v1/orders/{id}",
    "/api/v1/orders/{id}/lines",
    "/api/v1/orders/{id}/lines/{id}",
    "/api/v1/customers",
    "/api/v1/customers/{uuid}",
    "/api/v1/customers/{uuid}/addresses",
    "/api/v1/users/me",
    "/api/v1/users/{name}",
    "/api/v1/users/{name}/orders",
    "/api/v1/products/{slug}",
    "/api/v1/products/search",
    "/api/v1/carts/{hash}",
    "/api/v1/reports/{day}",
    "/login",
    "/logout",
    "/health",
    "/docs",
    "/openapi.json",
]
BLOG = [
    "/",
    "/about",
    "/contact",
    "/posts",
    "/posts/{slug}",
    "/posts/{slug}/comments",
    "/posts/{slug}/comments/{id}",
    "/authors/{name}",
    "/tags/{name}",
    "/archive/{day}",
    "/newsletter/{mail}",
    "/feed.xml",
    "/static/site.css",
    "/admin/login",
    "/admin/posts/{id}/edit",
]
PLATFORM = [
    f"/v2/{kind}{rest}"
    for kind in [
        "projects",
        "teams",
        "members",
        "builds",
        "artifacts",
        "pipelines",
        "runners",
        "secrets",
        "variables",
        "environments",
        "deployments",
        "releases",
        "packages",
        "issues",
        "labels",
        "milestones",
        "boards",
        "epics",
        "merges",
        "branches",
        "tags",
        "commits",
        "hooks",
        "keys",
        "tokens",
        "events",
        "audits",
        "invoices",
        "plans",
        "seats",
    ]
    for rest in ("", "/{id}", "/{id}/history")
] + ["/v2/repos/{name}/{slug}/contents", "/v2/repos/{name}/{slug}", "/healthz", "/metrics"]


def starlette(routes: Sequence[str]) -> Callable[[str], str]:
    app = Starlette(routes=[Route(numbered(route), lambda request: None, name=route) for route in routes])

    def took(path: str) -> str:
        scope = {"type": "http", "path": path, "method": "GET", "headers": []}
        return next(r.name for r in app.routes if isinstance(r, Route) and r.matches(scope)[0] is Match.FULL)

    return took


def flask(routes: Sequence[str]) -> Callable[[str], str]:
    app = Flask("shop", static_folder=None)
    for route in routes:
        app.add_url_rule(
            numbered(route).replace("{", "<").replace("}", ">"),
            endpoint=route.replace(".", "!"),
            view_func=lambda **_: "",
        )
    adapter = app.url_map.bind("shop.example")
    return lambda path: str(adapter.match(path)[0]).replace("!", ".")


def django(routes: Sequence[str]) -> Callable[[str], str]:
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"])
    patterns = [
        django_path(
            numbered(route)[1:].replace("{", "<str:").replace("}", ">"), lambda request, **_: None, name=route
        )
        for route in routes
    ]
    urls = type("Urls", (), {"urlpatterns": patterns})
    return lambda path: str(resolve(path, urls).url_name)


def numbered(route: str) -> str:
    """Names of parameters differ within a route; literal routes stand first, as in every application."""
    names = iter(range(9))
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{found[1]}{next(names)}}}", route)


@pytest.mark.parametrize(
    ("framework", "routes"),
    [(starlette, SHOP), (flask, BLOG), (django, PLATFORM)],
    ids=["starlette shop", "flask blog", "django platform"],
)
def test_templates_are_the_routes(
    framework: Callable[[Sequence[str]], Callable[[str], str]], routes: list[str], tmp_path: Path
) -> None:
    chance = random.Random(7)
    took = framework(sorted(routes, key=lambda route: route.count("{")))
    weights = [chance.randrange(1, 20) for _ in routes]
    wanted: Counter[str] = Counter()
    with (tmp_path / "access.log").open("w") as log:
        for route in chance.choices(routes, weights, k=CALLS):
            path = re.sub(r"\{(\w+)\}", lambda found: VALUES[found[1]](chance), route)
            wanted[re.sub(r"\{\w+\}", "{}", took(path))] += 1
            log.write(
                f'192.0.2.7 - - [27/Nov/2026:19:44:55 +0000] "GET {path} HTTP/1.1" 200 12 "-" "agent"\n'
            )
    found = {one.path: one.seen.times for one in tell([tmp_path / "access.log"]).used}
    right = {path for path in found if path in wanted}
    assert len(right) >= LEAST * len(found), sorted(set(found) - right)
    assert sum(min(found[path], wanted[path]) for path in right) >= LEAST * CALLS
