"""Bodies as the decision core and the external processor judge them, without a network: the other carriers play the same cases in
test_proxy.py and test_middleware.py, and Envoy some of them in test_extproc.py."""

from __future__ import annotations

import pytest
from cases import bodies_of
from cases.case import Case
from guard_contracts import compiled

from batten.guard.accounting import Accounting
from batten.guard.decisions import request, request_body
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, BodyMode, GoOn, Instead, Part
from batten.guard.served import Allow
from batten.guard.tally import Tally
from batten.guard.verdicts import Head, Refuse

COMPILED = compiled()


def status_of(case: Case) -> int:
    """204 where the application would be asked."""
    head, _, body = case.sent.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    method, target, _ = line.decode().split(" ")
    pairs = tuple((n.lower(), v.strip(b" \t")) for n, _, v in (row.partition(b":") for row in lines))
    verdict = request(COMPILED, Head(method, target.encode(), b"", pairs, "https"))
    if isinstance(verdict, Refuse):
        return verdict.status
    assert isinstance(verdict, Allow) and verdict.served is not None
    media_type = dict(pairs).get(b"content-type", b"").decode("latin-1")
    refusal = request_body(verdict.served, media_type, body)
    return 204 if refusal is None else refusal.status


@pytest.mark.parametrize("case", bodies_of.CASES, ids=lambda case: case.name)
def test_case(case: Case) -> None:
    assert (status_of(case),) == case.statuses


def said_of(case: Case) -> int:
    """By the external processor, as Envoy asks it; 204 where the application would be asked."""
    head, _, body = case.sent.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    method, target, _ = line.split(b" ")
    pairs = ((n.lower(), v.strip(b" \t")) for n, _, v in (row.partition(b":") for row in lines))
    pseudo = (
        (b":method", method),
        (b":path", target),
        (b":authority", b"api.example.com"),
        (b":scheme", b"https"),
    )
    headers = (*pseudo, *(pair for pair in pairs if pair[0] != b"host"))
    exchange = Exchange(Accounting(COMPILED, Tally()))
    said = exchange.on(Asked(Part.REQUEST_HEADERS, headers, b"", False))
    if isinstance(said, GoOn) and said.request_body is not BodyMode.NONE:
        said = exchange.on(Asked(Part.REQUEST_BODY, (), body, True))
    return said.status if isinstance(said, Instead) else 204


@pytest.mark.parametrize("case", bodies_of.CASES, ids=lambda case: case.name)
def test_the_external_processor(case: Case) -> None:
    assert (said_of(case),) == case.statuses
