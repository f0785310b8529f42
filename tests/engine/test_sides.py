"""What was seen live and what is declared, joined by cause and by the service that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from batten.engine.review import Review, read, review
from batten.engine.sides import Declared, differences, joined
from batten.formats import Workspace
from batten.model import Finding, Kind, Location, SetHeader, Severity
from batten.policy import Policy
from batten.reports import words

TWO_SERVERS = """events {}
http {
    server {
        listen 443 ssl;
        server_name api.example.com;
        ssl_certificate a.pem;
        ssl_certificate_key a.key;
        location / { proxy_pass http://127.0.0.1:8000; }
        location /files/ { root /srv; autoindex on; }
        location /open/ { root /srv; autoindex on; }
    }
    server {
        listen 443 ssl;
        server_name other.example.com;
        ssl_certificate a.pem;
        ssl_certificate_key a.key;
        location / { proxy_pass http://127.0.0.1:9000; }
    }
}
"""
COMPOSE = """services:
  edge:
    image: nginx:1.30
    ports: ["8443:443"]
    volumes: ["./edge/nginx.conf:/etc/nginx/nginx.conf:ro"]
  cache:
    image: redis:8.0
    ports: ["6379:6379"]
  sessions:
    image: redis:8.0
    ports: ["6380:6379"]
"""


def reviewed(files: Mapping[str, str]) -> Review:
    return review(Workspace(Path("/"), files), Policy(), list(files))


def declared_by(result: Review) -> Declared:
    return Declared(result.facts, result.contexts.of)


def seen(like: Finding, source: str, pointer: str) -> Finding:
    """The same weakness, seen live."""
    at = Location(source, pointer, kind=Kind.WIRE)
    return replace(like, at=at, environment="live", region=None, mend=None, also=(), technology="")


def named(live: Finding, result: Review) -> list[tuple[str, str]]:
    """The places that a live finding names: file and pointer."""
    first, *_ = joined([live, *result.findings], declared_by(result))
    return [(twin.at.source, twin.at.pointer) for twin in first.twins]


def of(result: Review, control: str) -> Finding:
    return next(f for f in result.findings if f.control == control)


@pytest.mark.parametrize("host", ["api", "other"])
def test_the_server_of_the_host_is_named(host: str) -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    live = seen(of(result, "hsts-sent"), f"https://{host}.example.com", "GET / response.headers")
    assert named(live, result) == [("nginx.conf", f"server[{host}.example.com]")]


def test_the_location_of_the_path_is_named() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    live = seen(of(result, "listing-off"), "https://api.example.com", "GET /open/a/ response.body")
    assert [pointer for _, pointer in named(live, result)] == [
        "server[api.example.com]/location[/open/]/autoindex"
    ]


def test_the_store_behind_the_port_is_named() -> None:
    result = reviewed({"compose.yaml": COMPOSE})
    live = seen(of(result, "store-authenticated"), "redis://10.0.0.5:6380", "store redis")
    assert named(live, result) == [("compose.yaml", "services[sessions]")]


def test_a_published_port_leads_into_the_container() -> None:
    files = {"compose.yaml": COMPOSE, "edge/nginx.conf": TWO_SERVERS, "old/nginx.conf": TWO_SERVERS}
    result = reviewed(files)
    live = seen(of(result, "hsts-sent"), "https://api.example.com:8443", "GET / response.headers")
    assert named(live, result) == [("edge/nginx.conf", "server[api.example.com]")]


def test_where_no_file_says_who_answers_all_that_fit_are_named() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS.replace("443", "4433")})
    live = seen(of(result, "hsts-sent"), "https://load-balancer.example.net", "GET / response.headers")
    assert len(named(live, result)) == 2


def test_another_weakness_is_not_named() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    hsts = of(result, "hsts-sent")
    other = replace(of(result, "nosniff-sent"), control="hsts-sent")  # another header
    assert named(seen(other, "https://api.example.com", "GET / response.headers"), result) == []
    product = replace(
        of(result, "banner-hidden"), message="Server discloses the version of Jetty: `Jetty(12.0.1)`"
    )
    assert named(seen(product, "https://api.example.com", "GET / response.headers[server]"), result) == []
    assert named(seen(hsts, "https://api.example.com", "GET / response.headers"), result) != []


def test_a_declared_finding_names_where_it_was_seen_and_the_fix_is_told() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    live = seen(of(result, "hsts-sent"), "https://api.example.com", "GET /v1 response.headers")
    first, *others = joined([live, *result.findings], declared_by(result))
    assert words.declared(first) == ["nginx.conf:3"]
    assert words.changed_by_fix(first) == "`batten fix --risky --control hsts-sent` changes nginx.conf:3"
    (named,) = [f for f in others if f.twins]
    assert words.seen_at(named) == ["GET https://api.example.com/v1 in live"]
    assert named.related[-1] == live.at


def test_a_header_that_no_file_decides_names_the_listener_that_answers() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    lone = replace(
        of(result, "hsts-sent"),
        control="cross-origin-isolation-sent",
        remedy=SetHeader("Cross-Origin-Resource-Policy", "same-origin"),
    )
    live = seen(lone, "https://other.example.com", "GET / response.headers")
    others = [f for f in result.findings if f.control != "cross-origin-isolation-sent"]
    first, *_ = joined([live, *others], declared_by(result))
    assert first.twins == ()
    assert [at.pointer for at in first.related] == ["server[other.example.com]/listen[443]"]


def test_what_differs_is_told_of_the_service_that_answers() -> None:
    result = reviewed({"nginx.conf": TWO_SERVERS})
    declared = declared_by(result)
    hsts = of(result, "hsts-sent")
    bug = seen(
        replace(hsts, control="responses-match-schema", severity=Severity.MEDIUM, remedy=None),
        "https://api.example.com",
        "GET /",
    )
    found = joined([bug, *result.findings], declared)
    judged = frozenset({"hsts-sent", "responses-match-schema"})
    told = differences(found, "live", ["https://api.example.com"], judged, declared)
    assert told.undeclared == ("responses-match-schema",)
    assert {(f.control, f.at.pointer) for f in told.unseen} == {("hsts-sent", "server[api.example.com]")}
    assert differences(found, "live", ["https://elsewhere.example.net"], judged, declared).unseen == ()


def test_nothing_is_declared_by_what_was_only_read() -> None:
    result = read(Workspace(Path("/"), {"nginx.conf": TWO_SERVERS}), Policy(), ["nginx.conf"])
    there = declared_by(result).answering("https://api.example.com")
    assert there.known and there.blocks == {("nginx.conf", "server[api.example.com]")}
