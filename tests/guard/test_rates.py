"""How often a caller may ask: counted exactly, by what tells callers apart, in every carrier that runs in Python."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from cases.case import asked as request
from guard_clients import Client
from guard_contracts import contract
from guard_proxies import settings, working
from guard_upstream import upstream

from batten.guard import GuardProblem, Options, Rule, asgi, compile_contract, wsgi
from batten.guard.accounting import Accounting
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, GoOn, Instead, Part
from batten.guard.options import Mode
from batten.guard.requests.buckets import WAYS, Buckets
from batten.guard.requests.rates import excess, rates
from batten.guard.tally import Tally
from batten.policy import Policy, PolicyProblem
from batten.policy.load import parse_policy
from batten.policy.rates import Per, Rate

SECOND = 1_000_000


def test_limit_burst_and_refill() -> None:
    buckets = Buckets()
    interval = 10 * SECOND  # six a minute
    waits = [buckets.take(b"a", interval, 3, now=0) for _ in range(5)]
    assert waits == [0, 0, 0, interval, interval]
    assert buckets.take(b"b", interval, 3, now=0) == 0
    assert [buckets.take(b"a", interval, 3, now=interval) for _ in range(2)] == [0, interval]
    assert [buckets.take(b"a", interval, 3, now=100 * interval) for _ in range(4)] == [0, 0, 0, interval]


def test_memory_is_bounded_and_the_one_who_loses_least_makes_room() -> None:
    buckets = Buckets(sets=1)
    for number in range(WAYS):
        assert buckets.take(b"%d" % number, SECOND * (number + 1), 1, now=0) == 0
    assert buckets.take(b"new", 100 * SECOND, 1, now=0) == 0  # in the place of 0, whose time comes first
    assert [buckets.take(b"%d" % n, SECOND, 1, now=0) > 0 for n in range(1, WAYS)] == [True] * (WAYS - 1)


def test_workers_count_together() -> None:
    buckets = Buckets()
    process = os.fork()
    if process == 0:
        buckets.take(b"a", SECOND, 1, now=0)
        os._exit(0)
    os.waitpid(process, 0)
    assert buckets.take(b"a", SECOND, 1, now=0) == SECOND


def _is_same(
    row: str, one: dict[str, Any], other: dict[str, Any], operation: str = "GET /v1/things/mine"
) -> bool:
    """Whether two requests are counted as one caller's."""
    made = compile_contract(contract(), Policy(), Options(rates=rates((row,))))
    served = next(made.served(o) for o in contract().operations if o.label == operation)
    buckets = Buckets()
    answers = [
        excess(
            buckets,
            served.rates,
            served.demand,
            each.get("fields", {}),
            each.get("query", b""),
            each.get("address", "192.0.2.1"),
        )
        for each in (one, other)
    ]
    assert answers[0] is None
    return answers[1] is not None


@pytest.mark.parametrize(
    ("per", "one", "other", "same"),
    [
        ("address", {}, {"address": "192.0.2.2"}, False),
        ("address", {}, {"fields": {b"authorization": b"Basic x"}}, True),
        ("address", {"address": "2001:db8::1"}, {"address": "2001:db8::ffff:1"}, True),
        ("address", {"address": "2001:db8::1"}, {"address": "2001:db8:0:1::1"}, False),
        ("address", {}, {"address": "::ffff:192.0.2.1"}, True),
        ("credential", {"query": b"api_key=a"}, {"query": b"api_key=a&b=c", "address": "192.0.2.2"}, True),
        ("credential", {"query": b"api_key=a"}, {"query": b"api_key=b"}, False),
        ("credential", {}, {"address": "192.0.2.2"}, False),
        ("api-key", {"query": b"api_key=a"}, {"query": b"api_key=b"}, False),
        ("api-key", {"fields": {b"authorization": b"Basic x", b"cookie": b"sid=1"}},
                    {"fields": {b"authorization": b"Basic y", b"cookie": b"a=b; sid=1"}}, True),
        ("credential", {"fields": {b"authorization": b"Basic x", b"cookie": b"sid=1"}},
                       {"fields": {b"authorization": b"Basic y", b"cookie": b"sid=1"}}, False),
    ],
)  # fmt: skip
def test_what_tells_callers_apart(per: str, one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    assert _is_same(f"limit=1/day,per={per}", one, other) is same


def test_rows_hold_for_their_operation() -> None:
    made = compile_contract(
        contract(), Policy(), Options(rates=rates(("limit=1/day,operation=GET /v1/things",)))
    )
    numbers = {o.label: len(made.served(o).rates) for o in contract().operations}
    assert numbers["GET /v1/things"] == 1 and sum(numbers.values()) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("100", "is not a limit"),
        ("0/minute", "is not a limit"),
        ("100/fortnight", "is not a limit"),
        ("limit=1/day,per=moon", "is not a kind of caller"),
        ("limit=1/day,burst=0", "is not a burst"),
        ("limit=1/day,window=3", "has no key 'window'"),
        ("limit=1/day,operation=GET /v1/thing", "did you mean|is not an operation"),
    ],
)
def test_rows_that_cannot_be(row: str, said: str) -> None:
    with pytest.raises(GuardProblem, match=said):
        compile_contract(contract(), Policy(), Options(rates=rates((row,))))


def test_rows_of_the_policy() -> None:
    text = "guard:\n  rates:\n    - {limit: 100/minute}\n    - {operation: all, per: api-key, limit: 5/second, burst: 20}\n"
    read = parse_policy("batten.yaml", text).rates
    assert read == (Rate(100, 60, burst=100), Rate(5, 1, burst=20, per=Per.API_KEY))
    with pytest.raises(PolicyProblem, match=r"batten.yaml:4: .*is not a limit"):
        parse_policy("batten.yaml", text.replace("5/second", "5/moment"))


def test_proxy(tmp_path: Path) -> None:
    chosen = settings(tmp_path, 1, options=Options(rates=rates(("2/hour",))))
    with upstream() as behind:
        chosen = settings(tmp_path, behind.port, options=Options(rates=rates(("2/hour",))))
        with working(chosen) as (port, worker):
            client = Client(port)
            statuses = []
            for _ in range(3):
                client.send(request("GET /v1/things"))
                answer = client.answer()
                statuses.append(answer.status)
            assert statuses == [200, 200, 429] and len(behind.seen) == 2
            head = answer.head
            assert b"\r\nretry-after: 1800\r\n" in head and b'\r\nratelimit: "address";r=0;t=1800\r\n' in head
            assert b'\r\nratelimit-policy: "address";q=2;w=3600\r\n' in head
            client.send(
                request(
                    "POST /v1/things",
                    "Authorization: Bearer a",
                    "Content-Type: application/json",
                    body=b'{"name":"a"}',
                )
            )
            assert client.answer().status == 429  # its body is not read on as a request
            client.close()
            assert worker.accounting.tally.total(Rule.RATE) == 2


def test_middleware_and_observing() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"[]"})

    enforced, observed = (
        asgi.Guard(app, contract(), Policy(), rates=["1/hour"], rules=rules)
        for rules in ({}, {"rate": "observe"})
    )
    assert [asyncio.run(_status(enforced)) for _ in range(2)] == [200, 429]
    assert [asyncio.run(_status(observed)) for _ in range(2)] == [200, 200]
    assert observed.tally.total(Rule.RATE) == 1

    def plain(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"[]"]

    guard = wsgi.Guard(plain, contract(), Policy(), rates=[{"limit": "1/hour"}])
    assert [_wsgi(guard) for _ in range(2)] == ["200 OK", "429 Too Many Requests"]


async def _status(guard: asgi.Guard) -> int:
    statuses: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "GET", "path": "/v1/things", "raw_path": b"/v1/things", "query_string": b"",
             "scheme": "http", "http_version": "1.1", "headers": [(b"host", b"a")], "client": ("192.0.2.1", 1)}  # fmt: skip
    await guard(scope, receive, send)
    return statuses[0]


def _wsgi(guard: wsgi.Guard) -> str:
    statuses: list[str] = []
    environ: dict[str, Any] = {"PATH_INFO": "/v1/things", "REMOTE_ADDR": "192.0.2.1"}
    setup_testing_defaults(environ)
    list(guard(environ, lambda status, headers, info=None: statuses.append(status) or (lambda data: None)))
    return statuses[-1]


def test_external_processor() -> None:
    accounting = Accounting(
        compile_contract(contract(), Policy(), Options(Mode.ENFORCE, rates=rates(("1/hour",)))), Tally()
    )
    pairs = ((b":method", b"GET"), (b":path", b"/v1/things"), (b":authority", b"a"), (b":scheme", b"https"))
    said = [Exchange(accounting).on(Asked(Part.REQUEST_HEADERS, pairs, b"", True)) for _ in range(2)]
    assert isinstance(said[0], GoOn) and isinstance(said[1], Instead) and said[1].status == 429
