from __future__ import annotations

import pytest

from batten.guard.log import excerpt, redacted
from batten.guard.options import Rule
from batten.guard.tally import MOST, REST, Tally


@pytest.mark.parametrize(
    "text",
    [
        'password="hunter2x"',
        '{"access_token": "hunter2x"}',
        "Authorization: Bearer hunter2x",
        "api_key=hunter2x&a=b",
        "postgres://app:hunter2x@db/orders",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2x\n-----END RSA PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9hunter2x.eyJzdWIiOiIxIn0hunter2x.abc",
    ],
)
def test_secrets_do_not_reach_the_log(text: str) -> None:
    assert "hunter2x" not in redacted(f"at line 3: {text} in f()")


def test_a_trace_stays_readable() -> None:
    text = 'File "/srv/app/products.py", line 30, in get_product'
    assert redacted(text) == text


def test_a_body_cannot_forge_lines() -> None:
    assert "\n" not in excerpt(b"a\n2026-01-01 INFO all is well")


def test_tally_ends_somewhere() -> None:
    tally = Tally()
    for number in range(MOST + 50):
        tally.add(Rule.PATH, f"GET /{number}", enforced=True)
    counts = tally.counts()
    assert len(counts) == MOST + 1 and counts[0].what == REST and counts[0].times == 50
    assert tally.total(Rule.PATH) == MOST + 50
