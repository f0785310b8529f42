"""Access policies as data: who gets in by each is argued from AWS's documentation, in `policies/*.yaml`."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batten.facts import Admitted
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.aws.access.documents import complete, statements
from batten.technologies.shared.aws.access.keys import Domain, key_of
from batten.technologies.shared.aws.access.requests import Caller
from batten.technologies.shared.aws.access.scopes import scopes
from batten.technologies.shared.aws.access.verdicts import (
    Asking,
    admission,
    denies_plain,
    outsiders,
    powers,
    reaches,
)
from batten.technologies.shared.aws.access.wildcards import contains, like, overlap

CASES: list[dict[str, Any]] = [
    case
    for file in sorted((Path(__file__).parent / "policies").glob("*.yaml"))
    for case in yaml.safe_load(file.read_text())
]
WIDTH = [Admitted.NOBODY, Admitted.NAMED, Admitted.SUBJECTS, Admitted.SOURCES, UNKNOWN, Admitted.ACCOUNTS, Admitted.EVERYONE]  # fmt: skip


def valued(held: Any) -> Any:
    """The document with what is not known in it."""
    if isinstance(held, dict):
        return {key: valued(one) for key, one in held.items()}
    if isinstance(held, list):
        return [valued(one) for one in held]
    return UNKNOWN if held == "<unknown>" else held


def admitted(policy: Any, kind: str = "resource") -> Admitted | Unknown:
    """The most that a statement of the policy admits."""
    every = statements(policy)
    found = [admission(every, one, trust=kind == "trust").who for one in every]
    return max(found, key=WIDTH.index, default=Admitted.NOBODY)


def given_by(policy: Any) -> tuple[list[str], list[str]]:
    every = statements(policy)
    found = [powers(every, one) for one in every]
    sure = [action for actions, conditioned in found if not conditioned for action in actions]
    return sure, [action for actions, conditioned in found if conditioned for action in actions]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_policy_admits_what_the_documentation_says(case: dict[str, Any]) -> None:
    policy, kind = valued(case["policy"]), case.get("kind", "resource")
    if kind == "identity":
        assert given_by(policy) == (case.get("gives", []), case.get("if", [])), case["why"]
        return
    found = admitted(policy, kind)
    if case["admits"] == "nobody-outside":
        assert found in (Admitted.NOBODY, Admitted.NAMED), case["why"]
    else:
        wanted = UNKNOWN if case["admits"] == "unknown" else Admitted[case["admits"].upper()]
        assert found is wanted, case["why"]


def test_policies_are_many_and_argued() -> None:
    assert len(CASES) >= 120
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert all(case["why"].endswith(".") and case["page"].startswith("https://") for case in CASES)


PRINCIPALS: list[Any] = [
    "*", {"AWS": "*"}, {"AWS": "111122223333"}, {"Service": "sns.amazonaws.com"}, {"AWS": ["*", "111122223333"]},
    {"AWS": UNKNOWN}, {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.com"},
]  # fmt: skip
ACTIONS = ["*", "s3:*", "s3:Get*", "s3:GetObject", "s3:PutObject", "s3:*Object", "kms:Decrypt", UNKNOWN]
RESOURCES = ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/public/*", "arn:aws:s3:::b", UNKNOWN]
TESTED: list[tuple[list[str], str, list[Any]]] = [
    (["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"], "aws:PrincipalOrgID", ["o-1", "o-*", UNKNOWN, "*"]),
    (["ArnLike", "ArnNotLike", "StringLike"], "aws:PrincipalArn", ["arn:aws:iam::*:role/a*", "arn:aws:iam::111122223333:role/a", "*"]),
    (["ArnLike", "ArnNotLike"], "aws:SourceArn", ["arn:aws:sns:*:*:x", "arn:aws:sns:*:111122223333:x"]),
    (["StringLike", "StringNotLike", "StringNotEquals", "StringEquals"], "aws:Referer", ["a*", "ab*", "abc", "*", UNKNOWN]),
    (["Bool"], "aws:SecureTransport", ["true", "false", True]),
    (["IpAddress", "NotIpAddress"], "aws:SourceIp", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "203.0.113.0/24", "::/0", UNKNOWN]),
    (["NumericLessThan", "NumericEquals", "NumericGreaterThan"], "s3:max-keys", ["1", "5", 10]),
    (["DateLessThan", "DateGreaterThan"], "aws:CurrentTime", ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"]),
    (["StringEquals", "StringNotEquals"], "aws:SourceVpce", ["vpce-1", UNKNOWN]),
    (["StringEquals", "StringNotEquals"], "aws:ResourceAccount", ["111122223333", "${aws:PrincipalAccount}"]),
    (["StringEquals"], "s3:NotListed", ["x"]),
    (["Null"], "aws:PrincipalOrgID", ["true", "false"]),
]  # fmt: skip


@st.composite
def a_condition(draw: st.DrawFn) -> tuple[str, str, Any]:
    operators, key, values = draw(st.sampled_from(TESTED))
    operator = draw(st.sampled_from(operators))
    if operator != "Null":
        operator = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"])) + operator
        operator += draw(st.sampled_from(["", "", "IfExists"]))
    return operator, key, draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))


@st.composite
def a_statement(draw: st.DrawFn, effect: str = "") -> dict[str, Any]:
    made: dict[str, Any] = {
        "Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Principal"] * 6 + ["NotPrincipal"])): draw(st.sampled_from(PRINCIPALS)),
        draw(st.sampled_from(["Action"] * 4 + ["NotAction"])): draw(
            st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
        ),
        "Resource": draw(st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2)),
    }
    for operator, key, values in draw(st.lists(a_condition(), max_size=3)):
        made.setdefault("Condition", {}).setdefault(operator, {})[key] = values
    return made


POLICIES = st.lists(a_statement(), min_size=1, max_size=4)
GRADES = [False, UNKNOWN, True]


def policy_of(held: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": held}


def reached(held: list[dict[str, Any]]) -> dict[Caller, int]:
    """How surely each kind of outsider gets in by any statement: 0 not, 1 perhaps, 2 surely."""
    every = statements(policy_of(held))
    made = dict.fromkeys(Caller, 0)
    for one in every:
        if one.effect == "Allow" and one.who is not None:
            asking = Asking(every, one)
            for caller in outsiders(one, one.who, False):
                found = [GRADES.index(reaches(asking, scope, caller)) for scope in scopes(one, every)]
                made[caller] = max(made[caller], *found, 0)
    return made


def no_more(after: dict[Caller, int], before: dict[Caller, int]) -> bool:
    return all(after[caller] <= before[caller] for caller in Caller)


@settings(max_examples=150, deadline=None)
@given(POLICIES, a_statement("Deny"))
def test_a_deny_never_opens(policy: list[dict[str, Any]], added: dict[str, Any]) -> None:
    assert no_more(reached([*policy, added]), reached(policy))


@settings(max_examples=100, deadline=None)
@given(POLICIES, a_statement("Allow"))
def test_an_allow_never_closes(policy: list[dict[str, Any]], added: dict[str, Any]) -> None:
    assert no_more(reached(policy), reached([*policy, added]))


@settings(max_examples=100, deadline=None)
@given(POLICIES, st.integers(0, 3))
def test_a_wider_principal_never_closes(policy: list[dict[str, Any]], number: int) -> None:
    chosen = policy[number % len(policy)]
    if chosen["Effect"] == "Allow" and "Principal" in chosen:
        wider = [{**one, "Principal": "*"} if one is chosen else one for one in policy]
        before, after = reached(policy), reached(wider)
        assert all(before[c] <= after[c] for c in (Caller.ANONYMOUS, Caller.ACCOUNT, Caller.SERVICE))


@settings(max_examples=150, deadline=None)
@given(POLICIES, st.integers(0, 3), a_condition())
def test_a_condition_on_an_allow_never_opens(
    policy: list[dict[str, Any]], number: int, added: tuple[str, str, Any]
) -> None:
    chosen, (operator, key, values) = policy[number % len(policy)], added
    held = chosen.get("Condition", {})
    if chosen["Effect"] == "Allow" and key not in held.get(operator, {}):
        condition = {**held, operator: {**held.get(operator, {}), key: values}}
        narrowed = [{**one, "Condition": condition} if one is chosen else one for one in policy]
        assert no_more(reached(narrowed), reached(policy))


@settings(max_examples=60, deadline=None)
@given(POLICIES, st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(policy: list[dict[str, Any]], dice: random.Random) -> None:
    shuffled = list(policy)
    dice.shuffle(shuffled)
    assert reached(shuffled) == reached(policy)


@settings(max_examples=60, deadline=None)
@given(POLICIES)
def test_a_text_of_json_is_the_document(policy: list[dict[str, Any]]) -> None:
    known = json.loads(json.dumps(policy_of(policy), default=lambda _: "x"))
    assert statements(json.dumps(known)) == statements(known)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8) | st.just(UNKNOWN)
    | st.sampled_from(["*", "Allow", "Deny", "${aws:username}", "${", "arn:aws:iam::*:role/x", "0.0.0.0/0", "null"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["Version", "Statement", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                         "NotResource", "Condition", "AWS", "Service", "Federated", "StringLike", "IpAddress", "Null",
                         "DateLessThan", "aws:SourceIp", "aws:PrincipalOrgID", "aws:CurrentTime", "", "Sid"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(ANYTHING)
def test_anything_is_answered(held: Any) -> None:
    admitted(held)
    admitted(held, "trust")
    given_by(held)
    complete(held)
    [denies_plain(one) for one in statements(held)]


def test_deep_documents_are_not_known() -> None:
    assert statements("[" * 50_000 + "]" * 50_000) == []
    assert statements('{"Statement": [[{"Effect": "Allow"}]]}') == []
    assert not complete('{"Statement": [[{"Effect": "Allow"}]]}')


def many(count: int) -> dict[str, Any]:
    """A policy that takes long where each value is tried against each other."""
    networks = [f"{n % 200 + 11}.{n // 200 % 250}.{n % 250}.0/24" for n in range(count)]
    referers = [f"https://{n}.example.com/*" for n in range(count)]
    denied = [
        {"Effect": "Deny", "Principal": "*", "Action": [f"s3:Put{n}*"], "Resource": "*",
         "Condition": {"NotIpAddress": {"aws:SourceIp": networks}, "StringNotLike": {"aws:Referer": referers}}}
        for n in range(count // 100)
    ]  # fmt: skip
    allowed = {"Effect": "Allow", "Principal": "*", "Action": [f"s3:Get{n}" for n in range(count)], "Resource": "*",
               "Condition": {"IpAddress": {"aws:SourceIp": networks}, "StringLike": {"aws:Referer": referers}}}  # fmt: skip
    return policy_of([allowed, *denied])


def test_large_policies_are_answered() -> None:
    assert admitted(many(300)) is Admitted.NAMED
    assert admitted(many(3000)) is Admitted.NOBODY, "AWS takes no such policy"


PATTERNS = st.text("ab*?[", max_size=7)
TEXTS = st.text("ab[", max_size=6)


@settings(max_examples=500, deadline=None)
@given(PATTERNS, PATTERNS, TEXTS)
@example("?*", "*", "")
def test_shapes_of_words_agree_with_what_they_match(one: str, two: str, text: str) -> None:
    assert overlap(one, two) == overlap(two, one)
    if like(text, one) and like(text, two):
        assert overlap(one, two)
    if contains(one, two) and like(text, two):
        assert like(text, one)
    assert contains("*", one) and overlap("*", one) and contains(one, one)


@pytest.mark.parametrize(
    ("networks", "wide"),
    [
        (["0.0.0.0/0"], True), (["0.0.0.0/1", "128.0.0.0/1"], True), (["128.0.0.0/1"], True), (["8.0.0.0/8"], False),
        (["8.0.0.0/8", "9.0.0.0/8"], True), (["8.0.0.1/7"], True), (["::/0"], True), (["2a00::/31"], True),
        (["2a00::/32"], False), (["10.0.0.0/7"], True), (["203.0.113.0/24", "198.51.100.0/24"], False),
    ],
)  # fmt: skip
def test_networks_are_wide_together(networks: list[str], wide: bool) -> None:
    """Networks are public that are wider than /8, or /32 of IPv6, also where several make one."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
                 "Condition": {"IpAddress": {"aws:SourceIp": networks}}}  # fmt: skip
    assert (admitted(policy_of([statement])) is Admitted.EVERYONE) is wide


def test_keys_are_known_whatever_their_letters_and_ends() -> None:
    assert key_of("aws:principaltag/team").domain is Domain.SESSION
    assert key_of("s3:existingobjecttag/x").domain is Domain.FREE
    assert key_of("oidc.eks.eu-central-1.amazonaws.com/id/1:sub").domain is Domain.CLAIM
    assert key_of("s3:neverheardof").domain is Domain.UNLISTED
