from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from edge_servers import Answer, Upstream, ask, exchange, upstream

from batten.contract import Contract, load
from batten.engine.review import review
from batten.formats import Workspace
from batten.harden import HardenProblem, Options
from batten.harden.edges.nginx.launch import LAUNCH
from batten.harden.edges.nginx.rendering import FILE, render
from batten.harden.edges.nginx.text import quoted
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.trial import trial
from batten.policy import Policy
from batten.policy.headers import constant
from batten.policy.load import load_policy
from batten.technologies import technologies
from batten.technologies.nginx.validator import nginx
from needs import needs, without

ORDERS = Path(__file__).parents[2] / "examples/orders"
needs_nginx = needs("nginx", nginx())
SHOP = "https://shop.example.com"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load(Workspace(ORDERS), "openapi.yaml")[0]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ORDERS / "batten.yaml")


@dataclass(frozen=True, slots=True)
class Edge:
    tls: int
    plain: int
    ca: Path

    def get(self, target: str, method: str = "GET", more: str = "") -> Answer:
        return ask(self.tls, self.ca, target, method, more=more)


@pytest.fixture(scope="module", params=[(1, 18), (1, 31)], ids=["1.18", "1.31"])
def edge(request: pytest.FixtureRequest, contract: Contract, policy: Policy) -> Iterator[Edge]:
    if not nginx():
        without("nginx")
    with upstream() as url:
        options = Options(upstream=url, version=request.param, body="64k", rate=1000)
        with trial(LAUNCH, Path(*nginx()), Intent(contract, policy, options), render) as running:
            tls, plain = urlsplit(running.url).port, urlsplit(running.plain).port
            assert tls and plain
            yield Edge(tls, plain, running.ca)


@pytest.mark.parametrize("version", [(1, 18), (1, 31)])
@pytest.mark.parametrize("target", ["http://127.0.0.1:8000", "https://api.internal:8443"])
@pytest.mark.parametrize("origins", [(SHOP,), ()])
def test_what_is_rendered_is_judged_clean_and_nginx_takes_it(
    tmp_path: Path, contract: Contract, version: tuple[int, ...], target: str, origins: tuple[str, ...]
) -> None:
    policy = Policy(hosts=("shop.example.com",), origins=origins)
    options = Options(upstream=target, version=version, prefix=str(tmp_path))
    made = render(Intent(contract, policy, options))
    assert made == render(Intent(contract, policy, options))
    (tmp_path / FILE).write_text(made.files[FILE], encoding="utf-8")
    result = review(tmp_path, policy)
    assert result.findings == [] and result.problems == [] and result.facts
    (unit,) = result.units
    assert technologies()["nginx"].validate(unit, result.workspace) is True


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
    for target in (
        "/",
        "/v1/admin/export",
        "/v1/health/",
        "/v1/orders/1/x",
        "/.bash_history",
        "/.problem",
        "/V1/health",
    ):
        assert_problem(edge.get(target), 404)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "BATTEN", "get"])
def test_other_verbs_are_405_with_the_verbs_that_are_allowed(edge: Edge, method: str) -> None:
    answer = edge.get("/v1/products/1", method)
    if method == "get":  # no method's name has small letters, says nginx
        assert answer.status == 400
        return
    assert answer.status == 405 and answer["allow"] == "GET"
    assert edge.get("/v1/orders", "PUT")["allow"] == "GET, POST"
    assert edge.get("/v1/orders")["allow"] == ""


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer["content-type"]) == (status, "application/problem+json")
    document = json.loads(answer.body)
    assert document["status"] == status and document["type"] == "about:blank" and document["title"] != "Error"


def test_the_apis_own_problems_pass_and_other_errors_are_replaced(edge: Edge) -> None:
    assert json.loads(edge.get("/v1/products/404").body)["detail"] == "the API's own"
    for target, status in (("/v1/products/500", 500), ("/v1/products?broken=1", 422)):
        answer = edge.get(target)
        assert_problem(answer, status)
        assert b"Traceback" not in answer.body


def test_every_status_has_every_header_once(edge: Edge, policy: Policy) -> None:
    big = "Content-Length: 70000\r\nContent-Type: application/json\r\n"
    answers = {
        200: edge.get("/v1/health"),
        204: edge.get("/v1/health", "OPTIONS", f"Origin: {SHOP}\r\nAccess-Control-Request-Method: GET\r\n"),
        400: edge.get("/v1/%2e%2e/x"),
        401: edge.get("/v1/orders"),
        404: edge.get("/none"),
        405: edge.get("/v1/health", "PUT"),
        413: edge.get("/v1/orders", "POST", big),
        414: edge.get("/" + "a" * 9000),
        422: edge.get("/v1/products?broken=1"),
        431: edge.get("/v1/health", more=f"X-Long: {'a' * 9000}\r\n"),
        500: edge.get("/v1/products/500"),
    }
    for status, answer in answers.items():
        assert answer.status == status
        for name, value in constant(policy).items():
            assert answer.headers.get(name.lower()) == [value], f"{name} with {status}"
        assert answer["server"] == "nginx" and answer["x-powered-by"] == ""
        assert "Origin" in answer["vary"]
        if status not in (200, 204, 401):
            assert_problem(answer, status)


@needs_nginx
def test_a_dead_upstream_is_a_502_problem_with_all_headers(contract: Contract, policy: Policy) -> None:
    options = Options(upstream="http://127.0.0.1:9")
    with trial(LAUNCH, Path(*nginx()), Intent(contract, policy, options), render) as running:
        answer = ask(urlsplit(running.url).port or 0, running.ca, "/v1/health")
    assert_problem(answer, 502)
    assert all(answer[name] == value for name, value in constant(policy).items())


@pytest.mark.parametrize(
    "origin",
    ["null", "https://evil.example", SHOP + ".evil.example", "http://shop.example.com", SHOP + ":444", ""],
)
def test_strangers_get_no_cors_header(edge: Edge, origin: str) -> None:
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
    assert answer.status == 204
    assert answer["access-control-allow-methods"] == "GET, POST"
    assert answer["access-control-allow-headers"] == "Authorization, Content-Type"
    assert answer["access-control-expose-headers"] == "Location"
    assert answer["access-control-allow-credentials"] == ""
    assert edge.get("/none", "OPTIONS", more).status == 404


@pytest.mark.parametrize(
    "target",
    [
        "/v1/%2e%2e/v1/health",
        "/v1/../v1/health",
        "/v1/..;/health",
        "/v1/./health",
        "/v1//health",
        "//v1/health",
        "/v1%2fhealth",
        "/v1%5chealth",
        "/v1\\health",
        "/v1/health%00",
        "/v1/products/1%0a",
        "/v1/products/%2531",
        "/v1/products/%c0%ae",
        "/../../etc/passwd",
    ],
)
def test_paths_that_two_servers_may_read_differently_are_refused(edge: Edge, target: str) -> None:
    before = len(Upstream.seen)
    assert_problem(edge.get(target), 400)
    assert len(Upstream.seen) == before


def test_requests_that_cannot_be_read_are_problems_too(edge: Edge) -> None:
    assert exchange(edge.tls, edge.ca, b"GET /v1/health HTTP/1.1\r\n\r\n").status == 0  # no Host: a stranger
    assert_problem(exchange(edge.tls, edge.ca, b"nonsense\r\n\r\n"), 400)
    assert_problem(exchange(edge.tls, None, b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"), 400)


def test_the_upstream_hears_what_the_edge_knows(edge: Edge) -> None:
    claims = "X-Forwarded-For: 1.2.3.4\r\nX-HTTP-Method-Override: DELETE\r\nX-Original-URL: /admin\r\nProxy: evil\r\n"
    edge.get("/v1/products/1?a=b", more=claims)
    heard = {name.lower(): value for name, value in Upstream.seen[-1].items()}
    assert (heard["host"], heard["x-forwarded-for"], heard["x-forwarded-proto"]) == (
        "localhost",
        "127.0.0.1",
        "https",
    )
    assert heard["path"] == "/v1/products/1?a=b"
    assert not {"x-http-method-override", "x-original-url", "proxy"} & heard.keys()


def test_plain_http_redirects_and_keeps_verb_port_and_query(edge: Edge) -> None:
    answer = ask(edge.plain, None, "/v1/orders?a=%2F", "POST")
    assert answer.status == 308
    assert answer["location"] == f"https://shop.example.com:{edge.tls}/v1/orders?a=%2F"
    assert answer["content-type"] == "text/html; charset=utf-8"
    assert answer["strict-transport-security"] == ""


def test_strangers_get_no_answer(edge: Edge) -> None:
    assert ask(edge.plain, None, "/v1/health", host="evil.example").status == 0
    assert exchange(edge.plain, None, b"nonsense\r\n\r\n").status == 0
    with pytest.raises(ssl.SSLError):
        ask(edge.tls, edge.ca, "/v1/health", host="evil.example")


@needs_nginx
def test_an_answer_to_strangers_would_carry_hsts(contract: Contract, policy: Policy) -> None:
    def edited(intent: Intent) -> Made:
        return Made({FILE: render(intent).files[FILE].replace("return 444;", "return 421;")})

    with trial(LAUNCH, Path(*nginx()), Intent(contract, policy, Options()), edited) as running:
        foreign = b"GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        answer = exchange(urlsplit(running.url).port or 0, running.ca, foreign)
    assert answer.status == 421
    assert answer["strict-transport-security"] == constant(policy)["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("upstream", "ftp://api"),
        ("upstream", "http://api/base"),
        ("upstream", "http://a;b"),
        ("listen", "99999"),
        ("plain", "8080; include x"),
        ("names", ("a b",)),
        ("certificate", '/x"; include /etc/passwd; "'),
        ("key", "/$host.key"),
        ("body", "0"),
        ("rate", 0),
        ("user", "a; b"),
    ],
)
def test_options_that_nginx_would_read_differently_are_refused(field: str, value: object) -> None:
    with pytest.raises(HardenProblem):
        Options(**{field: value})  # type: ignore[arg-type]


def test_a_hostile_contract_stays_inside_its_quotes(tmp_path: Path) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "x\n} http { server {", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": {
            '/a"; } include /etc/passwd; {': {"get": {"responses": {"200": {"description": "ok"}}}},
            "/b\\": {"get": {"responses": {"200": {"description": "ok"}}}},
            "/c\nreturn 200;/{d}\\": {"get": {"responses": {"200": {"description": "ok"}}}},
            "/$metadata#x": {"get": {"responses": {"200": {"description": "ok"}}}},
        },
    }
    (tmp_path / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    contract = load(Workspace(tmp_path), "openapi.json")[0]
    (tmp_path / FILE).write_text(render(Intent(contract, Policy(), Options())).files[FILE], encoding="utf-8")
    result = review(tmp_path, Policy(), (FILE,))
    (unit,) = result.units
    assert unit.files == (FILE,) and not result.problems
    assert technologies()["nginx"].validate(unit, result.workspace) is True


def test_nothing_is_rendered_from_nothing(tmp_path: Path, contract: Contract) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\npaths: {}\n", encoding="utf-8")
    empty = load(Workspace(tmp_path), "openapi.yaml")[0]
    with pytest.raises(HardenProblem, match="declares no operation"):
        render(Intent(empty, Policy(), Options()))
    with pytest.raises(HardenProblem, match="not an origin"):
        render(Intent(contract, Policy(origins=('https://x";',)), Options()))
    assert quoted('a\\.b"\\\\x\\') == '"a\\.b\\"\\\\\\x\\\\"'
