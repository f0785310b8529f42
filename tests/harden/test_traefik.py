"""What is rendered for Traefik, which has no answers of its own to give: what reaches the upstream, and what comes back."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from deployments import POLICY, contract, judged, told
from edge_servers import Answer, Upstream, ask, exchange, upstream

from batten.contract import load
from batten.formats import Workspace
from batten.harden import HardenProblem, Options
from batten.harden.intent import Intent
from batten.harden.targets import EDGES, launch_of, offered, render
from batten.harden.trial import trial
from batten.policy import Policy
from needs import program

SHOP = "https://shop.example.com"


@dataclass(frozen=True, slots=True)
class Edge:
    tls: int
    plain: int
    ca: Path

    def get(self, target: str, method: str = "GET", more: str = "") -> Answer:
        return ask(self.tls, self.ca, target, method, more=more)


@pytest.fixture(scope="module")
def edge() -> Iterator[Edge]:
    with upstream() as url:
        intent = Intent(contract(), POLICY, Options(upstream=url, body="64k", rate=1000))
        with trial(
            launch_of("traefik"), Path(program("traefik")), intent, lambda i: render("traefik", i)
        ) as running:
            tls, plain = urlsplit(running.url).port, urlsplit(running.plain).port
            assert tls and plain
            yield Edge(tls, plain, running.ca)


@pytest.mark.parametrize("origins", [(SHOP,), ()])
@pytest.mark.parametrize("options", [Options(), Options(upstream="https://api.internal:8443", plain="")])
def test_what_is_rendered_is_judged_clean(options: Options, origins: tuple[str, ...]) -> None:
    intent = Intent(contract(), Policy(hosts=("shop.example.com",), origins=origins), options)
    made = render("traefik", intent)
    assert made == render("traefik", intent)
    found = judged(made)
    assert told(found) == [] and found.problems == []


def test_documented_requests_pass(edge: Edge) -> None:
    for target in (
        "/v1/health",
        "/v1/products/1",
        "/v1/gift-options?wanted=yes&next=%2F..%25",
        "/images/mug.png",
    ):
        answer = edge.get(target)
        assert answer.status == 200, target
        for name, value in intent_headers().items():
            assert answer.headers.get(name.lower()) == [value], name
        assert answer["server"] == answer["x-powered-by"] == ""
    assert edge.get("/v1/orders", "POST").status == 401


def intent_headers() -> dict[str, str]:
    return dict(Intent(contract(), POLICY, Options()).edge.sent)


@pytest.mark.parametrize(
    "target",
    ["/", "/v1/admin/export", "/v1/health/", "/v1/orders/1/x", "/V1/health", "/v1%2fhealth"],
)
def test_other_paths_do_not_reach_the_upstream(edge: Edge, target: str) -> None:
    before = len(Upstream.seen)
    assert edge.get(target).status in (400, 404)
    assert len(Upstream.seen) == before


def test_the_upstream_gets_the_path_that_rules_are_held_against(edge: Edge) -> None:
    assert edge.get("/v1//health").status == 200
    assert Upstream.seen[-1]["path"] == "/v1/health"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BATTEN"])
def test_other_verbs_do_not_reach_the_upstream(edge: Edge, method: str) -> None:
    before = len(Upstream.seen)
    assert edge.get("/v1/products/1", method).status == 405
    assert len(Upstream.seen) == before


def test_bodies_have_the_limit_of_their_path(edge: Edge) -> None:
    before = len(Upstream.seen)
    assert edge.get("/v1/orders", "POST", "Content-Length: 65537\r\n").status == 413
    assert edge.get("/v1/health", more="Content-Length: 3\r\n\r\nabc").status == 413
    assert len(Upstream.seen) == before


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", SHOP + ".evil.example", "http://shop.example.com"]
)
def test_strangers_get_no_grant(edge: Edge, origin: str) -> None:
    answer = edge.get("/v1/health", more=f"Origin: {origin}\r\n")
    assert answer.status == 200 and answer["access-control-allow-origin"] == ""


def test_the_listed_origin_may_read_answers_and_ask_before(edge: Edge) -> None:
    assert edge.get("/v1/health", more=f"Origin: {SHOP}\r\n")["access-control-allow-origin"] == SHOP
    before = len(Upstream.seen)
    more = f"Origin: {SHOP}\r\nAccess-Control-Request-Method: POST\r\n"
    answer = edge.get("/v1/orders", "OPTIONS", more)
    assert answer.status == 200 and answer["access-control-allow-origin"] == SHOP
    assert len(Upstream.seen) == before


def test_the_upstream_gets_what_the_edge_knows(edge: Edge) -> None:
    claims = "X-Forwarded-For: 1.2.3.4\r\nX-HTTP-Method-Override: DELETE\r\nX-Original-URL: /admin\r\nProxy: evil\r\n"
    edge.get("/v1/health", more=claims)
    seen = {name.lower(): value for name, value in Upstream.seen[-1].items()}
    assert seen["x-forwarded-for"] == "127.0.0.1" and seen["x-forwarded-proto"] == "https"
    assert not {"x-http-method-override", "x-original-url", "proxy"} & set(seen)


def test_other_hosts_and_plain_requests(edge: Edge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(edge.tls, edge.ca, "/v1/health", host="evil.example")
    before = len(Upstream.seen)
    assert exchange(
        edge.tls, edge.ca, b"GET /v1/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    ).status in (404, 421)
    answer = ask(edge.plain, None, "/v1/health")
    assert answer.status in (301, 308) and answer["location"].startswith("https://shop.example.com")
    assert len(Upstream.seen) == before


def test_a_path_of_the_contract_cannot_end_its_rule(tmp_path: Path) -> None:
    path = "/a`) || PathPrefix(`/"
    document = {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {path: {"get": {"responses": {}}}},
    }
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    read = load(Workspace(tmp_path), "openapi.json")[0]
    made = render("traefik", Intent(read, Policy(hosts=("shop.example.com",)), Options()))
    routers = yaml.safe_load(made.files["dynamic.yaml"])["http"]["routers"]
    assert (
        routers["r1"]["rule"] == f"(Host(`shop.example.com`)) && Path({json.dumps(path)}) && (Method(`GET`))"
    )


@pytest.mark.parametrize("engine", [target for target in offered() if target in EDGES])
def test_an_origin_that_ends_its_word_is_refused(engine: str) -> None:
    policy = Policy(hosts=("shop.example.com",), origins=("https://a`)||PathPrefix(`",))
    with pytest.raises(HardenProblem, match="is not an origin"):
        render(engine, Intent(contract(), policy, Options()))
