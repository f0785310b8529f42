"""Headers of answers by policy: those that the contract does not declare pass, are counted, or are stripped."""

from __future__ import annotations

import pytest
from guard_contracts import asked, contract

from batten.guard import Options, compile_contract
from batten.guard.decisions import answer, request
from batten.guard.options import Mode, Rule
from batten.guard.served import Allow
from batten.guard.verdicts import AnswerHead, Pass, Replace
from batten.policy import Policy
from batten.policy.guarding import Guarding, Undeclared

SENT = (
    (b"content-type", b"application/json"), (b"x-count", b"3"), (b"x-debug", b"1"), (b"etag", b'"a"'), (b"server-timing", b"db;dur=5"),
    (b"access-control-expose-headers", b"x"), (b"set-cookie", b"a=b"),
)  # fmt: skip


def judged(
    choice: Undeclared, rules: tuple[str, ...] = (), sent: tuple[tuple[bytes, bytes], ...] = SENT
) -> Pass | Replace:
    policy = Policy(choices=Guarding(undeclared_answer_headers=choice))
    made = compile_contract(contract(), policy, Options(rules=dict.fromkeys(rules, Mode.OBSERVE)))
    allow = request(made, asked("GET", "/v1/bodies/headers"))
    assert isinstance(allow, Allow)
    return answer(made, allow, AnswerHead(200, sent), b"[]")


@pytest.mark.parametrize("choice", Undeclared)
def test_by_policy(choice: Undeclared) -> None:
    verdict = judged(choice)
    assert isinstance(verdict, Pass)
    names = [name for name, _ in verdict.headers]
    assert (b"x-debug" in names) is (b"server-timing" in names) is (choice is not Undeclared.STRIP)
    assert {b"x-count", b"etag", b"set-cookie", b"content-type"} <= set(names)
    assert [n.rule for n in verdict.noted] == ([Rule.ANSWER_HEADERS] if choice is Undeclared.OBSERVE else [])


def test_an_observed_rule_strips_nothing() -> None:
    verdict = judged(Undeclared.STRIP, ("answer-headers",))
    assert isinstance(verdict, Pass)
    assert b"x-debug" in dict(verdict.headers)
    assert "`x-debug` is not declared" in verdict.noted[0].reason


def test_a_wrong_value_is_named_by_its_header_alone() -> None:
    verdict = judged(Undeclared.PASS, sent=((b"content-type", b"application/json"), (b"x-count", b"secret")))
    assert isinstance(verdict, Replace)
    assert (verdict.rule, verdict.reason) == (Rule.ANSWER_HEADERS, "the header `X-Count` is not an integer")


def test_an_observed_rule_replaces_nothing() -> None:
    verdict = judged(Undeclared.PASS, ("answer-headers",), ((b"content-type", b"application/json"),))
    assert isinstance(verdict, Pass)
    assert verdict.noted[0].reason == "the header `X-Count` is required"
