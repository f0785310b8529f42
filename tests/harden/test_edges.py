"""What is rendered for Caddy, Envoy and HAProxy: judged clean, accepted by the vendor, and asked by hand-written requests."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from edge_servers import Answer, Upstream, ask, exchange, upstream

from batten.contract import Contract, load
from batten.engine.hardening.readback import compared
from batten.engine.review import review
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from batten.policy.headers import constant
from batten.policy.load import load_policy
from batten.technologies import technologies
from batten.technologies.envoy.validator import envoy
from batten.technologies.haproxy.validator import haproxy
from needs import where, without
from waiting import BOUND

ORDERS = Path(__file__).parents[2] / "examples/orders"
SHOP = "https://shop.example.com"
PROGRAMS = {"caddy": lambda: where("caddy"), "envoy": envoy, "haproxy": haproxy}
BODY = 65_536
UNREAD: dict[str, set[str]] = {"envoy": set(), "haproxy": {"host names"}}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load(Workspace(ORDERS), "openapi.yaml")[0]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ORDERS / "batten.yaml")


@dataclass(frozen=True, slots=True)
class Edge:
    engine: str
    tls: int
    plain: int
    ca: Path

    def get(self, target: str, method: str = "GET", more: str = "") -> Answer:
        return ask(self.tls, self.ca, target, method, more=more)

    def sent(self, text: str) -> Answer:
        return exchange(self.tls, self.ca, text.replace("\n", "\r\n").encode("latin-1"))


@pytest.fixture(scope="module", params=PROGRAMS)
def edge(request: pytest.FixtureRequest, contract: Contract, policy: Policy) -> Iterator[Edge]:
    engine = str(request.param)
    program = PROGRAMS[engine]() or without(engine)
    with upstream() as url:
        intent = Intent(contract, policy, Options(upstream=url, body="64k", rate=1000))
        with trial(launch_of(engine), Path(program), intent, lambda i: render(engine, i)) as running:
            tls, plain = urlsplit(running.url).port, urlsplit(running.plain).port
            assert tls and plain
            yield Edge(engine, tls, plain, running.ca)


@pytest.mark.parametrize("engine", PROGRAMS)
@pytest.mark.parametrize(
    ("options", "origins"),
    [(Options(), (SHOP,)), (Options(upstream="https://api.internal:8443", plain=""), ())],
)
def test_what_is_rendered_is_judged_clean_and_the_engine_takes_it(
    tmp_path: Path, contract: Contract, engine: str, options: Options, origins: tuple[str, ...]
) -> None:
    policy = Policy(hosts=("shop.example.com",), origins=origins)
    made = render(engine, Intent(contract, policy, options))
    intent = Intent(contract, policy, options)
    assert made == render(engine, intent)
    for name, text in made.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = review(tmp_path, policy)
    assert result.findings == [] and result.problems == [] and result.facts
    read = compared(intent.edge, result.facts)
    assert read.differing == () and set(read.unread) <= UNREAD.get(engine, set(read.unread))
    (unit,) = result.units
    if PROGRAMS[engine]():
        assert technologies()[engine].validate(unit, result.workspace) is True


def test_documented_requests_pass(edge: Edge) -> None:
    for target in (
        "/v1/health",
        "/v1/products/1",
        "/v1/gift-options?wanted=yes&next=%2F..%25",
        "/images/mug.png",
    ):
        assert edge.get(target).status == 200, target
    assert edge.get("/v1/orders", "POST").status == 401


def test_what_is_not_documented_is_a_404_problem(edge: Edge) -> None:
    for target in ("/", "/v1/admin/export", "/v1/health/", "/v1/orders/1/x", "/.bash_history", "/V1/health"):
        assert_problem(edge.get(target), 404)


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer["content-type"]) == (status, "application/problem+json")
    document = json.loads(answer.body)
    assert document["status"] == status and document["type"] == "about:blank" and document["title"] != "Error"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BATTEN"])
def test_other_verbs_are_405_with_the_verbs_that_are_allowed(edge: Edge, method: str) -> None:
    answer = edge.get("/v1/products/1", method)
    if edge.engine == "envoy" and method == "BATTEN":  # which Envoy's parser does not know
        assert answer.status in (400, 405)
        return
    assert answer.status == 405 and answer["allow"] == "GET"
    assert edge.get("/v1/orders", "PUT")["allow"] == "GET, POST"
    assert edge.get("/v1/orders")["allow"] == ""


def test_the_apis_own_problems_pass_and_other_errors_are_replaced(edge: Edge) -> None:
    assert json.loads(edge.get("/v1/products/404").body)["detail"] == "the API's own"
    for target, status in (("/v1/products/500", 500), ("/v1/products?broken=1", 422)):
        answer = edge.get(target)
        assert_problem(answer, status)
        assert b"Traceback" not in answer.body


def test_every_status_has_every_header_once(edge: Edge, policy: Policy) -> None:
    big = f"Content-Length: {BODY + 1}\nContent-Type: application/json\n"
    answers = {
        200: edge.get("/v1/health"),
        204: edge.get("/v1/health", "OPTIONS", f"Origin: {SHOP}\r\nAccess-Control-Request-Method: GET\r\n"),
        400: edge.get("/v1/%2e%2e/x"),
        401: edge.get("/v1/orders"),
        404: edge.get("/none"),
        405: edge.get("/v1/health", "PUT"),
        413: edge.sent(f"POST /v1/orders HTTP/1.1\nHost: shop.example.com\n{big}\n" + "a" * (BODY + 1)),
        414: edge.get("/" + "a" * 9000),
        417: edge.get("/v1/health", more="Expect: nothing\r\n"),
        422: edge.get("/v1/products?broken=1"),
        431: edge.get("/v1/health", more="".join(f"X-{n}: {'a' * 900}\r\n" for n in range(40))),
        500: edge.get("/v1/products/500"),
    }
    for status, answer in answers.items():
        if edge.engine == "envoy" and status in (204, 414):  # it says 200, and has one limit for a head
            assert answer.status == {204: 200, 414: 404}[status]
        else:
            assert answer.status == status
        if edge.engine == "caddy" and status in (
            417,
            431,
        ):  # of Go's server, before anything of the Caddyfile
            continue
        for name, value in constant(policy).items():
            assert answer.headers.get(name.lower()) == [value], f"{name} with {status}"
        assert answer["server"] == answer["x-powered-by"] == answer["via"] == ""
        assert answer["x-envoy-upstream-service-time"] == ""
        assert "Origin" in answer["vary"]
        if status not in (200, 204, 401):
            assert_problem(answer, answer.status)


@pytest.mark.parametrize(
    "head", ["nonsense\n\n", "GET /v1/health HTTP/1.1\nHost: a b\n\n", "GET /v1/health HTTP/1.1\n\n"]
)
def test_requests_that_cannot_be_parsed_get_a_problem_or_no_answer(
    edge: Edge, policy: Policy, head: str
) -> None:
    answer = edge.sent(head)
    if edge.engine == "caddy":  # Go's parser says it in plain text
        assert (answer.status, answer["content-type"]) == (400, "text/plain; charset=utf-8")
    elif answer.status:
        assert_problem(answer, 400)
        assert all(answer[name] == value for name, value in constant(policy).items())


def test_a_body_without_a_length_is_counted_too(edge: Edge) -> None:
    head = "POST /v1/orders HTTP/1.1\nHost: shop.example.com\nTransfer-Encoding: chunked\n\n"
    small = f"{head}5\nabcde\n0\n\n"
    assert edge.sent(small).status == 401
    before = len(Upstream.seen)
    large = edge.sent(f"{head}11000\n{'a' * 0x11000}\n0\n\n")
    if edge.engine == "caddy":  # which cuts it as it passes it on
        assert large.status >= 400
    else:
        assert_problem(large, 413)
        assert len(Upstream.seen) == before


def test_a_body_of_http2_without_a_length_is_counted_too(edge: Edge) -> None:
    if edge.engine != "haproxy":  # Caddy cuts it, and Envoy ends the stream while this client still sends
        return
    context = ssl.create_default_context(cafile=str(edge.ca))
    with httpx.Client(http2=True, verify=context, timeout=BOUND) as client:
        for body, status in ((b"{}", 401), (b"a" * (BODY + 1), 413)):
            answer = client.post(f"https://localhost:{edge.tls}/v1/orders", content=iter((body,)))
            assert (answer.http_version, answer.status_code) == ("HTTP/2", status)


def test_a_body_where_no_operation_takes_one_is_refused(edge: Edge) -> None:
    before = len(Upstream.seen)
    assert_problem(edge.get("/v1/health", more="Content-Length: 3\r\n\r\nabc"), 413)
    assert len(Upstream.seen) == before


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", SHOP + ".evil.example", "http://shop.example.com", SHOP + ":444", ""],
)
def test_foreign_origins_get_no_cors_header(edge: Edge, origin: str) -> None:
    for method, more in (("GET", ""), ("OPTIONS", "Access-Control-Request-Method: GET\r\n")):
        answer = edge.get("/v1/health", method, f"Origin: {origin}\r\n{more}")
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "Origin" in answer["vary"]
        assert answer.status == (200 if method == "GET" else 405)


def test_the_listed_origin_may_read_answers_and_ask_before(edge: Edge) -> None:
    for target in ("/v1/health", "/none", "/v1/products/500"):
        assert edge.get(target, more=f"Origin: {SHOP}\r\n").headers["access-control-allow-origin"] == [SHOP]
    more = f"Origin: {SHOP}\r\nAccess-Control-Request-Method: POST\r\n"
    answer = edge.get("/v1/orders", "OPTIONS", more)
    assert answer.status == (200 if edge.engine == "envoy" else 204)
    assert answer["access-control-allow-methods"] == "GET, POST"
    assert answer["access-control-allow-headers"] == "Authorization, Content-Type"
    assert answer["access-control-allow-credentials"] == ""
    assert edge.get("/v1/orders", more=f"Origin: {SHOP}\r\n")["access-control-expose-headers"] == "Location"
    assert edge.get("/none", "OPTIONS", more).status == 404


@pytest.mark.parametrize(
    "target",
    [
        "/v1/%2e%2e/v1/health", "/v1/../v1/health", "/v1/..;/health", "/v1/./health", "/v1//health", "//v1/health",
        "/v1%2fhealth", "/v1%5chealth", "/v1\\health", "/v1/health%00", "/v1/products/1%0a", "/v1/products/%2531",
        "/v1/products/%c0%ae", "/../../etc/passwd", "http://shop.example.com/v1/health",
    ],
)  # fmt: skip
def test_paths_that_two_servers_may_read_differently_are_refused(edge: Edge, target: str) -> None:
    before = len(Upstream.seen)
    absolute = target.startswith("http")
    if edge.engine == "caddy" and absolute:  # one path for Go: that of the URL
        assert edge.get(target).status == 200
        return
    assert_problem(edge.get(target), 404 if edge.engine == "envoy" and absolute else 400)
    assert len(Upstream.seen) == before


def test_the_upstream_gets_what_the_edge_knows(edge: Edge) -> None:
    claims = "X-Forwarded-For: 1.2.3.4\r\nX-HTTP-Method-Override: DELETE\r\nX-Original-URL: /admin\r\nProxy: evil\r\n"
    edge.get(
        "/v1/products/1?a=b", more=f"{claims}X-Remote-User: root\r\nX_Remote_User: root\r\nUpgrade: h2c\r\n"
    )
    heard = {name.lower(): value for name, value in Upstream.seen[-1].items()}
    assert (heard["host"], heard["x-forwarded-for"], heard["x-forwarded-proto"]) == (
        "localhost",
        "127.0.0.1",
        "https",
    )
    assert heard["path"] == "/v1/products/1?a=b"
    assert (
        not {"x-http-method-override", "x-original-url", "proxy", "x-remote-user", "x_remote_user", "upgrade"}
        & heard.keys()
    )
    assert not [name for name in heard if name.startswith("x-envoy")]


@pytest.mark.parametrize(
    "claim", ["Transfer-Encoding: gzip, chunked", "Content-Length: 5\r\nContent-Length: 6"]
)
def test_requests_of_two_lengths_are_refused(edge: Edge, claim: str) -> None:
    before = len(Upstream.seen)
    answer = edge.get("/v1/orders", "POST", f"{claim}\r\n\r\n0\r\n\r\n")
    assert answer.status in (0, 400, 422, 501) and len(Upstream.seen) == before


def test_plain_http_redirects_and_keeps_verb_port_and_query(edge: Edge) -> None:
    answer = ask(edge.plain, None, "/v1/orders?a=%2F", "POST")
    assert answer.status == 308
    assert answer["location"] == f"https://shop.example.com:{edge.tls}/v1/orders?a=%2F"
    assert answer["strict-transport-security"] == answer["server"] == ""
    assert ask(edge.plain, None, "/v1/health", host="evil.example").status in (0, 421)


def test_other_hosts_get_no_handshake_or_421(edge: Edge) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(edge.tls, edge.ca, "/v1/health", host="evil.example")
    other = edge.sent("GET /v1/health HTTP/1.1\nHost: evil.example\nConnection: close\n\n")
    if edge.engine == "caddy":  # before any site's own answers to errors
        assert (other.status, other.body) == (421, b"")
    else:
        assert_problem(other, 421)
    assert (
        edge.sent("GET /v1/health HTTP/1.1\nHost: SHOP.example.com:99\nConnection: close\n\n").status == 200
    )


@pytest.mark.parametrize("engine", ["envoy", "haproxy"])  # Caddy itself counts no requests
def test_a_dead_upstream_and_too_many_requests_are_problems_with_all_headers(
    contract: Contract, policy: Policy, engine: str
) -> None:
    program = PROGRAMS[engine]() or without(engine)
    intent = Intent(contract, policy, Options(upstream="http://127.0.0.1:9", rate=2, plain=""))
    with trial(launch_of(engine), Path(program), intent, lambda i: render(engine, i)) as running:
        port, origin = urlsplit(running.url).port or 0, f"Origin: {SHOP}\r\n"
        ca = running.ca
        dead = ask(port, ca, "/v1/health", more=origin)
        refused = [ask(port, ca, "/v1/orders", "PUT", more=origin) for _ in range(12)][-1]
    assert_problem(dead, 503)
    assert_problem(refused, 429)
    assert refused["retry-after"]
    for answer in (dead, refused):
        assert all(answer.headers[name.lower()] == [value] for name, value in constant(policy).items())
        assert answer.headers["access-control-allow-origin"] == [SHOP]
