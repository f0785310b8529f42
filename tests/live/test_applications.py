"""Applications as they are written, open and in order, assessed whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from applications import DJANGO, FLASK, GRAPHQL, GRPC, STARLETTE, express, script
from assessed import run
from live_servers import authority, certificate, nginx, write_anchor, write_pem
from store_servers import binary

from batten.contract import Contract, load
from batten.engine.review import Review, live_findings
from batten.facts import Certificate, Observed
from batten.formats import Workspace
from batten.live.runner import Assessment
from batten.model import Severity
from batten.policy import Environment, Policy
from servers import free_port

CONTRACT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
servers: [{url: "http://localhost:5000"}]
paths:
  /v1/items:
    get: {responses: {"200": {description: All}}}
  /v1/items/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: integer, minimum: 1}}]
      responses: {"200": {description: One}, "4XX": {description: Refused}}
  /v1/items/login:
    post: {responses: {"200": {description: In}, "4XX": {description: Refused}}}
  /v1/createdb:
    get: {responses: {"200": {description: Made}}}
"""


def _contract(folder: Path) -> Contract:
    return load(Workspace(folder, {"openapi.yaml": CONTRACT}), "openapi.yaml")[0]


def _assessed(
    port: int, folder: Path | None = None, patterns: tuple[str, ...] = (), **more: object
) -> Assessment:
    environment = Environment("test", f"http://127.0.0.1:{port}", rate=5000, **more)  # type: ignore[arg-type]
    return run(environment, _contract(folder) if folder else None, patterns=patterns)


def _findings(assessment: Assessment, folder: Path, least: Severity = Severity.LOW) -> set[str]:
    observed = [Observed(fact.at, "test", fact) for fact in assessment.facts]
    found = live_findings(observed, Review(Workspace(folder), Policy()))
    return {f"{f.control}: {f.message}" for f in found if f.severity >= least}


def _slugs(assessment: Assessment, folder: Path) -> set[str]:
    return {message.partition(":")[0] for message in _findings(assessment, folder)}


def test_flask_with_the_debugger_shows_it_and_nothing_is_done(tmp_path: Path) -> None:
    with script(tmp_path, FLASK, DEBUG=True) as port:
        assessment = _assessed(port, tmp_path)
    slugs = _slugs(assessment, tmp_path)
    assert "debug-off" in slugs
    assert "banner-hidden" in slugs  # Werkzeug and Python, with versions
    assert not (tmp_path / "created").exists()
    assert any(
        "/v1/createdb" in p.message and "its name suggests" in p.message for p in assessment.left_alone
    )
    assert assessment.not_assessed == []


def test_flask_without_the_debugger_shows_no_trace(tmp_path: Path) -> None:
    with script(tmp_path, FLASK, DEBUG=False) as port:
        assessment = _assessed(port, tmp_path, active=True)
    found = _findings(assessment, tmp_path)
    assert not [
        f for f in found if f.startswith(("debug-off", "error-free", "file-", "console-", "endpoints-"))
    ]
    assert [f for f in found if f.startswith("verbs-")] == [
        "verbs-as-specified: `PUT /v1/items` is answered, but the contract does not define it"
    ]
    assert not (tmp_path / "created").exists()


@pytest.mark.parametrize("debug", [True, False])
def test_django(tmp_path: Path, debug: bool) -> None:
    with script(tmp_path, DJANGO, DEBUG=debug) as port:
        assessment = _assessed(port, tmp_path)
    assert ("debug-off" in _slugs(assessment, tmp_path)) is debug


@pytest.mark.parametrize(
    ("pattern", "trick"),
    [
        (r"https://shop.example\.com", "unescaped-dot"),
        (r"https://.*example\.com", "prefix"),
        (r"https?://shop\.example\.com(:\d+)?.*", "suffix"),
        (r"https://(shop|admin)\.example\.com", ""),
        (r"https://[a-z]+\.example\.com", ""),
    ],
)
def test_a_policy_over_other_domains_than_the_apis_own_is_tried_from_its_expression(
    tmp_path: Path, pattern: str, trick: str
) -> None:
    with script(tmp_path, STARLETTE, PATTERN=pattern) as port:
        assessment = _assessed(port, tmp_path, patterns=(pattern,))
    found = [f for f in _findings(assessment, tmp_path) if f.startswith("cors-") and "foreign" in f]
    assert bool(found) is bool(trick)
    assert all("with the user's credentials" in f for f in found)
    assert trick in " ".join(found)


@pytest.mark.parametrize(
    ("pattern", "trick"),
    [(r"https://shop.example\.com", "unescaped-dot"), (r"https://shop\.example\.com", "")],
)
def test_a_policy_that_nobody_knows_is_tried_from_an_origin_that_is_allowed(
    tmp_path: Path, pattern: str, trick: str
) -> None:
    with script(tmp_path, STARLETTE, PATTERN=pattern) as port:
        environment = Environment("test", f"http://127.0.0.1:{port}", rate=5000)
        assessment = run(environment, _contract(tmp_path), origins=("https://shop.example.com",))
    found = [f for f in _findings(assessment, tmp_path) if f.startswith("cors-") and "foreign" in f]
    assert (trick in " ".join(found)) and bool(found) is bool(trick)


def test_graphql_is_shown_and_only_read(tmp_path: Path) -> None:
    with script(tmp_path, GRAPHQL) as port:
        found = _findings(_assessed(port), tmp_path)
    assert any("`/graphql` serves GraphQL introspection" in f for f in found)
    assert any("many GraphQL queries in one request" in f for f in found)
    assert not any("mutation" in f for f in found)


@pytest.mark.parametrize("reflection", [True, False])
def test_grpc_reflection(tmp_path: Path, reflection: bool) -> None:
    with script(tmp_path, GRPC, REFLECTION=reflection, PEM=()) as port:
        found = _findings(_assessed(port, budget=400), tmp_path)
    assert any("serves gRPC reflection" in f for f in found) is reflection


@pytest.mark.parametrize("reflection", [True, False])
def test_grpc_reflection_over_tls(tmp_path: Path, reflection: bool) -> None:
    anchor = authority()
    cert, key = write_pem(tmp_path, certificate(anchor))
    ca = str(write_anchor(tmp_path, anchor))
    with script(tmp_path, GRPC, REFLECTION=reflection, PEM=(str(key), str(cert))) as port:
        assessment = run(Environment("test", f"https://localhost:{port}", ca=ca, rate=5000, budget=400))
    found = _findings(assessment, tmp_path)
    assert any("serves gRPC reflection" in f for f in found) is reflection
    assert not any("tls-certificate" in f for f in found)
    (shown,) = (f for f in assessment.facts if isinstance(f, Certificate))
    assert shown.trusted.value is True  # by a handshake that offers what the port speaks


def test_grpc_reflection_behind_an_edge_and_no_call_where_nobody_speaks_grpc(tmp_path: Path) -> None:
    pem = [str(p) for p in write_pem(tmp_path, certificate(authority()))]
    port, other = free_port(), free_port()
    ssl = f"http2 on; ssl_certificate {pem[0]}; ssl_certificate_key {pem[1]}"
    with script(tmp_path, GRPC, REFLECTION=True, PEM=()) as back:
        servers = f"""log_format verbs '$request_method $server_protocol';
        server {{ listen 127.0.0.1:{port} ssl; {ssl}; location / {{ return 404; }}
            location /grpc. {{ grpc_pass grpc://127.0.0.1:{back}; }} }}
        server {{ listen 127.0.0.1:{other} ssl; {ssl}; access_log {tmp_path}/verbs.log verbs; return 404; }}"""
        with nginx(tmp_path, port, servers, binary("nginx")):
            behind, none = (
                run(Environment("test", f"https://127.0.0.1:{p}", rate=5000)) for p in (port, other)
            )
    assert any("serves gRPC reflection" in f for f in _findings(behind, tmp_path))
    assert not any("gRPC" in f for f in _findings(none, tmp_path))
    spoken = set((tmp_path / "verbs.log").read_text().split("\n"))
    assert "OPTIONS HTTP/2.0" in spoken
    assert not any(line.startswith("POST") for line in spoken)


@pytest.mark.parametrize("override", [True, False])
def test_express(tmp_path: Path, override: bool) -> None:
    with express(tmp_path, override) as port:
        found = _findings(_assessed(port, tmp_path), tmp_path)
    assert any(f.startswith("method-override-ignored: `X-HTTP-Method-Override") for f in found) is override
    assert any("an Express stack trace" in f for f in found)
    assert not any(f.startswith(("verbs-", "endpoints-", "file-", "console-")) for f in found)


STRICT = """
    add_header X-Content-Type-Options nosniff always; add_header X-Frame-Options DENY always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header Referrer-Policy no-referrer always; add_header Cross-Origin-Resource-Policy same-origin always;
    add_header Permissions-Policy "geolocation=()" always; add_header Cache-Control no-store always;
    server_tokens off; etag off; charset utf-8;
"""
WELCOME = """<!DOCTYPE html>
<html><head><title>Welcome to nginx!</title></head>
<body><h1>Welcome to nginx!</h1><p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p><p>For online documentation and support please refer to
<a href="https://nginx.org/">nginx.org</a>.</p></body></html>
"""


def test_a_welcome_page_behind_strict_headers_raises_no_alarm(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text(WELCOME)
    port = free_port()
    server = f"{STRICT} server {{ listen 127.0.0.1:{port}; root {tmp_path}/web; if ($request_method !~ ^(GET|HEAD)$) {{ return 405; }} }}"
    with nginx(tmp_path, port, server):
        assessment = _assessed(port)
    assert {f for f in _findings(assessment, tmp_path) if not f.startswith("tls-required")} == set()
    assert assessment.not_assessed == []


SPA = "<!doctype html><html><head><title>{title}</title></head><body><div id=root></div><script src=/app.js></script></body></html>"


@pytest.mark.parametrize("title", ["Shop", "Grafana", "Index of /"])
def test_an_application_that_answers_200_to_everything_exposes_nothing(tmp_path: Path, title: str) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text(SPA.format(title=title))
    port = free_port()
    server = f"server {{ listen 127.0.0.1:{port}; root {tmp_path}/web; location / {{ try_files $uri /index.html; }} }}"
    with nginx(tmp_path, port, server):
        found = _findings(_assessed(port, tmp_path), tmp_path)
    exposure = (
        "file-",
        "console-",
        "listing-",
        "endpoints-",
        "debug-",
        "error-",
        "verbs-",
        "cors-",
        "method-",
    )
    assert {f for f in found if f.startswith(exposure)} == set()


def test_scripts_name_endpoints_that_the_contract_does_not(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text(SPA.format(title="Shop"))
    (tmp_path / "web" / "app.js").write_text(
        'fetch("/v1/secret-report");fetch(`/v1/items/${id}`);fetch("/v1/reset")'
    )
    port = free_port()
    server = f"""server {{ listen 127.0.0.1:{port}; root {tmp_path}/web;
        location = /v1/secret-report {{ default_type application/json; return 200 '[]'; }}
        location = /v1/reset {{ access_log {tmp_path}/reset.log; default_type application/json; return 200 '[]'; }}
        location / {{ try_files $uri /index.html; }} }}"""
    with nginx(tmp_path, port, server):
        found = _findings(_assessed(port, tmp_path), tmp_path)
    named = [f for f in found if f.startswith("endpoints-")]
    assert named == ["endpoints-documented: `GET /v1/secret-report` is answered, but no contract lists it"]
    assert (tmp_path / "reset.log").read_text() == ""
