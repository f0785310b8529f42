"""Query parameters that the contract does not declare: observed, refused or stripped, counted and learnt."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from guard_clients import Client
from guard_proxies import settings, working
from guard_upstream import upstream
from test_wsgi import Answer, _environ

from batten.cli.guard import command
from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard import GuardProblem, Mode, Options, Rule, compile_contract
from batten.guard.accounting import Accounting
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.decisions import request
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, GoOn, Part
from batten.guard.learning.digest import sorted_out
from batten.guard.parameters.inputs import MOST_NAMES, OTHERS, Names
from batten.guard.served import Allow
from batten.guard.tally import Tally
from batten.guard.traffic.counts import Traffic
from batten.guard.traffic.traffic_file import read
from batten.guard.verdicts import Head, Refuse
from batten.guard.wsgi import Guard as WsgiGuard
from batten.policy import Policy
from batten.policy.guarding import Guarding, UndeclaredQuery
from batten.policy.load import parse_policy

TEXT = """\
openapi: 3.1.0
info: {title: Things, version: "1"}
paths:
  /things:
    get:
      parameters: [{name: limit, in: query, schema: {type: integer}}]
      responses: {"204": {description: ok}}
  /plain:
    get: {responses: {"204": {description: ok}}}
  /keyed:
    get: {security: [{key: []}], responses: {"204": {description: ok}}}
  /colors:
    get:
      parameters:
      - {name: color, in: query, schema: {type: object, properties: {R: {type: integer}}}}
      - {name: filter, in: query, style: deepObject, schema: {type: object}}
      responses: {"204": {description: ok}}
components: {securitySchemes: {key: {type: apiKey, in: query, name: api_key}}}
"""
STRIP = Options(undeclared=UndeclaredQuery.STRIP)


def _contract() -> Contract:
    found, problems = load(Workspace(Path(), {"openapi.yaml": TEXT}), "openapi.yaml")
    assert not problems
    return found


def _empty(environ: Any, start_response: Any) -> Any:
    start_response("204 No Content", [])
    return []


def _verdict(target: str, options: Options | None = None, policy: Policy | None = None) -> Any:
    path, _, query = target.encode().partition(b"?")
    head = Head("GET", path, query, ((b"host", b"api.example.com"),), "https")
    return request(compile_contract(_contract(), policy or Policy(), options or Options()), head)


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("/things?limit=1", []),
        ("/things?limit=1&page=2", ["page"]),
        ("/things?page=2&page=3&sort=a", ["page", "sort"]),
        ("/things?Limit=1", ["Limit"]),
        ("/things?limit%20=1", [OTHERS]),
        ("/things?3f2b8c1e8d7a=1&ann@example.com=2", [OTHERS]),
        ("/things?%ff=1", [OTHERS]),
        ("/things?page[size]=1&page[number]=2", ["page[]"]),
        ("/plain?utm_source=a", ["utm_source"]),
        ("/keyed?api_key=a&b=c", ["b"]),
        ("/colors?R=1&filter[a]=1", []),
        ("/colors?X=1&filter=1", ["X", "filter"]),
    ],
)
def test_names(target: str, names: list[str]) -> None:
    verdict = _verdict(target)
    assert isinstance(verdict, Allow) and verdict.query is None
    assert [refusal.name for refusal in verdict.noted] == names
    assert {refusal.rule for refusal in verdict.noted} <= {Rule.UNDECLARED}
    refused = _verdict(target, Options(undeclared=UndeclaredQuery.REFUSE))
    assert isinstance(refused, Refuse if names else Allow)
    if isinstance(refused, Refuse):
        assert (refused.rule, refused.status) == (Rule.UNDECLARED, 400) and names[0] not in refused.detail


@pytest.mark.parametrize(
    ("options", "policy", "outcome"),
    [
        (Options(), "refuse", "refuse"),
        (Options(), "strip", "strip"),
        (Options(undeclared=UndeclaredQuery.OBSERVE), "refuse", "pass"),
        (Options(rules={"undeclared": Mode.ENFORCE}), "observe", "refuse"),
        (Options(rules={"undeclared": Mode.OBSERVE}), "refuse", "pass"),
        (Options(Mode.OBSERVE), "refuse", "pass"),
        (Options(Mode.OBSERVE), "strip", "pass"),
        (Options(rules={"GET /things": Mode.OBSERVE}), "strip", "pass"),
    ],
)
def test_which_rule_counts(options: Options, policy: str, outcome: str) -> None:
    verdict = _verdict(
        "/things?a=1&limit=%35&b",
        options,
        parse_policy("batten.yaml", f"guard: {{undeclared-query: {policy}}}"),
    )
    if outcome == "refuse":
        assert isinstance(verdict, Refuse)
        return
    assert isinstance(verdict, Allow) and [refusal.name for refusal in verdict.noted] == ["a", "b"]
    assert verdict.query == (b"limit=%35" if outcome == "strip" else None)


def test_stripped_for_asgi() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["query_string"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None: ...

    guard = AsgiGuard(app, _contract(), Policy(), undeclared_query="strip")
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/things",
        "raw_path": b"/things",
        "query_string": b"a=1&limit=1",
        "headers": [(b"host", b"a")],
    }
    for _ in range(3):
        asyncio.run(guard(scope, receive, send))
    assert seen == [b"limit=1"] * 3 and scope["query_string"] == b"a=1&limit=1"
    assert [(c.what, c.times) for c in guard.tally.counts()] == [("GET /things?a", 3)]


@pytest.mark.parametrize(("query", "left"), [("a=1&limit=1", "limit=1"), ("a=1", ""), ("limit=1", "limit=1")])
def test_stripped_for_wsgi(query: str, left: str) -> None:
    seen: list[Any] = []

    def app(environ: Any, start_response: Any) -> Any:
        seen.append((environ["QUERY_STRING"], environ["RAW_URI"]))
        start_response("204 No Content", [])
        return []

    guard = WsgiGuard(app, _contract(), Policy(choices=Guarding(undeclared_query=UndeclaredQuery.STRIP)))
    Answer(guard, _environ("/things", QUERY_STRING=query, RAW_URI=f"/things?{query}"))
    assert seen == [(left, f"/things?{left}" if left else "/things")]


def test_stripped_for_envoy() -> None:
    exchange = Exchange(Accounting(compile_contract(_contract(), Policy(), STRIP), Tally()))
    pairs = (
        (b":method", b"GET"),
        (b":path", b"/things?a=1&limit=1"),
        (b":authority", b"a"),
        (b":scheme", b"https"),
    )
    said = exchange.on(Asked(Part.REQUEST_HEADERS, pairs, b"", True))
    assert isinstance(said, GoOn) and (b":path", b"/things?limit=1") in said.changes.added


def test_stripped_by_the_proxy(tmp_path: Path) -> None:
    with upstream() as behind:
        chosen = settings(tmp_path, behind.port, options=STRIP)
        chosen.contract.write_text(TEXT, encoding="utf-8")
        with working(chosen) as (port, worker):
            client = Client(port)
            for query in ("a=1", "a=1", "limit=1&a=1", "limit=2"):
                client.send(f"GET /things?{query} HTTP/1.1\r\nHost: a\r\nX-Play: 204\r\n\r\n".encode())
                assert client.answer().status == 204
            client.close()
            assert [target for _, target, _ in behind.seen] == [
                b"/things",
                b"/things",
                b"/things?limit=1",
                b"/things?limit=2",
            ]
            assert worker.accounting.tally.total(Rule.UNDECLARED) == 3


def test_it_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    guard = WsgiGuard(_empty, _contract(), Policy())
    with caplog.at_level(logging.INFO, "batten.guard"):
        for _ in range(3):
            Answer(guard, _environ("/things", QUERY_STRING="page=1"))
    assert caplog.text.count("GET /things?page") == 1


def test_names_have_an_end() -> None:
    names = Names()
    words = [
        f"{a}{b}"
        for a in ("red", "green", "blue", "black", "white", "brown", "grey")
        for b in ("Page", "Size", "Sort", "Name", "Kind", "Unit", "Mode", "From", "Till")
    ]
    assert [names.told(word) for word in words].count(OTHERS) == len(words) - MOST_NAMES
    assert names.told(words[0]) == words[0]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 60,
        "ann@example.com",
        "3f2b8c1e",
        "kJhGtRfDeSwQaZxC",
        "eyJhbGciOiJIUzI1NiJ9",
        "a b",
        "größe",
        "deadbeefdeadbeef",
    ],
)
def test_names_that_may_be_somebodys(name: str) -> None:
    assert Names().told(name) == OTHERS


def test_a_choice_that_is_none() -> None:
    with pytest.raises(GuardProblem, match="write one of: 'observe', 'refuse', 'strip'"):
        AsgiGuard(lambda *_: None, _contract(), Policy(), undeclared_query="drop")  # type: ignore[arg-type, return-value]


def test_it_is_reported_and_learnt(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    traffic = Traffic(tmp_path / "traffic.db", learns=True, every=3600)
    guard = WsgiGuard(
        _empty,
        _contract(),
        Policy(),
        traffic=traffic,
    )
    for query in ("limit=1&page=2", "page=3", "token=hunter2", "3f2b8c1e8d7a=1", "limit=1", "limit=hunter2"):
        Answer(guard, _environ("/things", QUERY_STRING=query))
    traffic.flush()
    rows, _ = read(traffic.path)
    assert {(row.rule, row.path, row.reason, row.times) for row in rows} == {
        ("undeclared", "/things", "page", 2), ("undeclared", "/things", "token", 1), ("undeclared", "/things", OTHERS, 1),
        ("parameters", "/things", "The query parameter `limit` is not an integer.", 1),
    }  # fmt: skip
    assert b"hunter2" not in traffic.path.read_bytes()
    where = ["--traffic", str(traffic.path), "--contract", str(tmp_path / "openapi.yaml")]
    reported = CliRunner().invoke(command, ["report", *where]).output
    assert "query parameter page" in reported and "`limit` is not an integer" in reported
    done = CliRunner().invoke(command, ["learn", *where, "--output", str(tmp_path / "learnt.yaml")])
    assert done.exit_code == 0, done.output
    learnt = yaml.safe_load((tmp_path / "learnt.yaml").read_text(encoding="utf-8"))["paths"]["/things"]["get"]
    assert {p["name"]: p["schema"]["type"] for p in learnt["parameters"]} == {
        "page": "integer",
        "token": "string",
    }
    declared = TEXT.replace("{name: limit,", "{name: page, in: query}, {name: limit,")
    found, _ = load(Workspace(Path(), {"openapi.yaml": declared}), "openapi.yaml")
    left = {entry.row.reason for entry in sorted_out(rows, found)}
    assert left >= {"token", OTHERS} and "page" not in left


def test_requests_with_the_same_names_are_kept() -> None:
    guard = compile_contract(_contract(), Policy(), Options())

    def verdict(query: bytes, scheme: str = "https") -> Any:
        return request(guard, Head("GET", b"/things", query, ((b"host", b"a"),), scheme))

    first = verdict(b"page=1&limit=1")
    assert verdict(b"limit=7&page=2") is first and verdict(b"page=2") is first
    assert verdict(b"page=1", "http") is not first and verdict(b"page=1&sort=a") is not first
    assert isinstance(verdict(b"page=1&limit=a"), Refuse)
    assert isinstance(verdict(b"page=1&limit=1&li%6dit=2"), Refuse)
    assert isinstance(verdict(b"page=1&li%6Dit=a"), Refuse)
    for number in range(1_000):
        assert isinstance(verdict(b"a%d=1" % number), Allow)
    strict = compile_contract(_contract(), Policy(), Options(undeclared=UndeclaredQuery.REFUSE))
    for _ in range(2):
        assert isinstance(request(strict, Head("GET", b"/things", b"page=1", (), "https")), Refuse)
