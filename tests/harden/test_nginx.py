"""What is nginx's alone of an edge; what every edge does is asked in tests/harden/edges."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from edge_servers import Answer, ask, exchange, upstream

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
from batten.technologies.edges.nginx.validator import nginx
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


def assert_problem(answer: Answer, status: int) -> None:
    assert (answer.status, answer["content-type"]) == (status, "application/problem+json")
    document = json.loads(answer.body)
    assert document["status"] == status and document["type"] == "about:blank" and document["title"] != "Error"


def test_requests_that_cannot_be_read_are_problems_too(edge: Edge) -> None:
    assert exchange(edge.tls, edge.ca, b"GET /v1/health HTTP/1.1\r\n\r\n").status == 0  # no Host: a stranger
    assert_problem(exchange(edge.tls, edge.ca, b"nonsense\r\n\r\n"), 400)
    assert_problem(exchange(edge.tls, None, b"GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n"), 400)


def test_the_page_of_a_redirect_names_its_charset(edge: Edge) -> None:
    answer = ask(edge.plain, None, "/v1/orders?a=%2F", "POST")
    assert (answer.status, answer["content-type"]) == (308, "text/html; charset=utf-8")


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
