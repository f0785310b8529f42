"""Bodies as the decision core judges them, each case once: carriers play them in test_proxy.py and test_middleware.py."""

from __future__ import annotations

import pytest
from cases import bodies_of
from cases.case import Case
from guard_contracts import compiled

from batten.guard.decisions import request, request_body
from batten.guard.verdicts import Allow, Head, Refuse

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
