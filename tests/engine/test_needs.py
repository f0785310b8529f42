"""What a deployment needs is taken from the folder; what the folder does not show is asked by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.hardening.asked import Asked
from batten.engine.needs import Needs, Wanted, needs
from batten.engine.review import read
from batten.formats import Workspace
from batten.policy import Policy

ROOT = Path(__file__).parents[2]
EMPTY = Path("/nonexistent")
DIGEST = "sha256:" + "a" * 64
API = """services:
  edge: {image: 'nginx:1.27', ports: ['443:443'], volumes: ['./nginx.conf:/etc/nginx/nginx.conf']}
  api: {build: ., environment: {DATABASE_URL: 'postgres://api@db/api', CACHE_URL: 'redis://cache'}}
  db: {image: 'postgres:17@DIGEST'}
  cache: {image: 'redis:7'}
  spare: {image: 'mariadb:11'}
  worker: {build: ./worker}
"""
NGINX = "events {}\nhttp { server { listen 443 ssl; location / { proxy_pass http://api:8000; } } }\n"


def found(files: dict[str, str], **given: object) -> Needs:
    workspace = Workspace(EMPTY, {path: text.replace("DIGEST", DIGEST) for path, text in files.items()})
    asked = Asked(target="compose", **given.pop("asked", {}))  # type: ignore[arg-type]
    return needs(read(workspace, Policy()), asked, Wanted(**given))  # type: ignore[arg-type]


def test_the_application_is_what_the_edge_forwards_to_with_the_stores_it_connects_to() -> None:
    made = found({"compose.yaml": API, "nginx.conf": NGINX})
    assert not made.missing
    assert made.asked.stores == ("postgresql=db", "redis=cache") and made.asked.app_port == 8000
    assert made.asked.edge == "nginx" and made.asked.images == {"db": f"postgres:17@{DIGEST}"}
    assert any("`spare`" in note for note in made.notes) and any("`worker`" in note for note in made.notes)


@pytest.mark.parametrize(
    ("files", "given", "missing"),
    [
        ({"compose.yaml": API}, {}, "--application with one of api, worker"),
        ({"compose.yaml": API}, {"application": "nothing"}, "`nothing` is not a workload"),
        ({"compose.yaml": API}, {"application": "api"}, "the port of `api` is not known; pass --app-port"),
        ({"a.txt": ""}, {}, "no workload in production files"),
        (
            {"compose.yaml": API.replace("redis:7", "memcached:1"), "nginx.conf": NGINX},
            {},
            "`cache` is memcached, which batten does not render; pass --leave-out cache",
        ),
        (
            {"compose.yaml": API.replace("build: .,", "build: ., ports: ['1:9000', '2:9001'],")},
            {"application": "api"},
            "the port of `api` may be 9000 or 9001",
        ),
    ],
)
def test_what_is_not_known_is_asked(files: dict[str, str], given: dict[str, object], missing: str) -> None:
    assert missing in "; ".join(found(files, **given).missing)


def test_what_was_said_stays() -> None:
    files = {"compose.yaml": API, "nginx.conf": NGINX}
    given = {"stores": ("nats",), "app_port": 9, "edge": "caddy", "images": {"api": "mine"}}
    made = found(files, asked=given, named=frozenset(("stores", "app_port", "edge")))
    assert made.asked == Asked(target="compose", **given)  # type: ignore[arg-type]
    left = found(files, left_out=frozenset(("cache",)))
    assert left.asked.stores == ("postgresql=db",) and any("left out" in note for note in left.notes)


def test_the_example_needs_its_edge_its_api_and_its_cache() -> None:
    made = needs(read(Workspace(ROOT / "examples/orders"), Policy()), Asked(target="compose"), Wanted())
    assert (made.missing, made.asked.stores, made.asked.app_port) == ((), ("valkey=cache",), 8000)


def test_pods_that_are_not_told_apart_are_asked_for() -> None:
    result = read(Workspace(ROOT / "tests/stacks/kustomize-shop"), Policy())
    assert "one of catalogue, frontend" in needs(result, Asked(target="kubernetes"), Wanted()).missing[0]
