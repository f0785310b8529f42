"""Conditions of a statement, and what their operators say of a value that a request has.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from batten.model import UNKNOWN, Unknown
from batten.model.record import record
from batten.technologies.shared.aws.access.addresses import ranges
from batten.technologies.shared.aws.access.wildcards import like
from batten.technologies.shared.aws.resource import Value


class Own(Enum):
    """What the resource's own side has: its author names it, and no other resource's is equal to it."""

    OWN = "own"


OWN = Own.OWN
Held: TypeAlias = str | Own | Unknown  # one value that a request has for a key
Given: TypeAlias = tuple[Held, ...] | None  # all of them; None: the request has none


@record(kw_only=True)
class Condition:
    """`every`: ForAllValues; `some`: ForAnyValue; `lenient`: IfExists. `values` are what the policy compares with."""

    test: str
    key: str  # in small letters; `shown` is what the policy has
    shown: str
    values: tuple[str | Unknown, ...]
    every: bool = False
    some: bool = False
    lenient: bool = False
    filled: bool = True  # `${…}` in values are variables


def conditions(value: Value, filled: bool = True) -> tuple[Condition, ...] | Unknown:
    """All that must hold; UNKNOWN when some cannot be told."""
    if value is None:
        return ()
    if not isinstance(value, dict):
        return UNKNOWN
    made: list[Condition] = []
    for operator, tested in value.items():
        named = operator_of(operator)
        if named is None or not isinstance(tested, dict):
            return UNKNOWN
        test, every, some, lenient = named
        made += [
            Condition(test=test, key=key.lower(), shown=key, values=tuple(_text(item) for item in (wanted if isinstance(wanted, list) else [wanted])), every=every, some=some,
                      lenient=lenient, filled=filled)
            for key, wanted in tested.items()
        ]  # fmt: skip
    return tuple(made)


def operator_of(written: str) -> tuple[str, bool, bool, bool] | None:
    """The operator's name in small letters, and whether ForAllValues, ForAnyValue and IfExists are said of it."""
    set_, _, name = written.lower().rpartition(":")
    lenient = name.endswith("ifexists") and name != "ifexists"
    test = name.removesuffix("ifexists")
    if (test not in TESTS and test != "null") or set_ not in ("", "forallvalues", "foranyvalue"):
        return None
    return test, set_ == "forallvalues", set_ == "foranyvalue", lenient


def _text(value: Value) -> str | Unknown:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return UNKNOWN


Wanted: TypeAlias = (
    str | Own | Unknown
)  # a value of the policy, its variables filled in; OWN: the resource's own
Compare: TypeAlias = Callable[[str, str], bool | Unknown]


def holds(condition: Condition, given: Given, wanted: tuple[Wanted, ...]) -> bool | Unknown:
    """Whether a request that has these values meets the condition."""
    if given == (UNKNOWN,):
        return UNKNOWN
    if condition.test == "null":
        said = {word.lower() if isinstance(word, str) else word for word in wanted}
        absent = "false" if given else "true"
        return True if absent in said else False if said <= {"true", "false"} else UNKNOWN
    if not given:
        # What comes of a key that the request does not have.
        return (
            True if condition.every or condition.lenient else not condition.some and TESTS[condition.test][1]
        )
    compare, negated = TESTS[condition.test]
    matched = [_any_of(compare, one, wanted) for one in given]
    if negated:
        matched = [(one if isinstance(one, Unknown) else not one) for one in matched]
    if condition.some or not (condition.every or negated):
        return _either(matched)
    return _all(matched)


def _any_of(compare: Compare, held: Held, wanted: tuple[Wanted, ...]) -> bool | Unknown:
    known = tuple(one for one in wanted if isinstance(one, str))
    if compare is _inside and isinstance(held, str) and (networks := ranges(known)) is not None:
        inside = ranges((held,))
        found = inside is not None and networks.covers(inside.spans[0][0])
        return found or (UNKNOWN if UNKNOWN in wanted else False)
    return _either(_matches(compare, held, other) for other in wanted)


def _matches(compare: Compare, held: Held, wanted: Wanted) -> bool | Unknown:
    if isinstance(held, Unknown) or isinstance(wanted, Unknown):
        return UNKNOWN
    if isinstance(held, Own) or isinstance(wanted, Own):
        return held is wanted or (isinstance(wanted, str) and FOREIGN not in wanted)
    return compare(held, wanted)


FOREIGN = "\ue006" * 12  # the account of somebody else, and a mark in all that is somebody else's


def _either(found: Iterable[bool | Unknown]) -> bool | Unknown:
    seen = set(found)
    return True if True in seen else UNKNOWN if UNKNOWN in seen else False


def _all(found: Iterable[bool | Unknown]) -> bool | Unknown:
    seen = set(found)
    return False if False in seen else UNKNOWN if UNKNOWN in seen else True


def _alike(held: str, wanted: str) -> bool:
    return like(held, wanted)


def _same(held: str, wanted: str) -> bool:
    return held == wanted


def _same_in_any_case(held: str, wanted: str) -> bool:
    return held.lower() == wanted.lower()


def _arn(held: str, wanted: str) -> bool:
    """The six parts of an ARN are compared one by one."""
    parts, shapes = held.split(":", 5), wanted.split(":", 5)
    return wanted == "*" or (len(parts) == len(shapes) and all(map(like, parts, shapes)))


def _inside(held: str, wanted: str) -> bool | Unknown:
    inside, network = ranges((held,)), ranges((wanted,))
    if network is None:
        return UNKNOWN
    return inside is not None and network.covers(inside.spans[0][0])


def _number(order: Callable[[float, float], bool], read: Callable[[str], float | None]) -> Compare:
    """What a request has is of the key's type; what a policy compares with may be wrong, and AWS rejects it."""

    def compare(held: str, wanted: str) -> bool | Unknown:
        one, two = read(held), read(wanted)
        return UNKNOWN if two is None else one is not None and order(one, two)

    return compare


def number(text: str) -> float | None:
    try:
        return float(text) if len(text) < 40 else None
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def moment(text: str) -> float | None:
    """Seconds since 1970 of a date as W3C's profile of ISO 8601 writes it, or of such a number."""
    if (seconds := number(text)) is not None and not re.fullmatch(r"\d{4}", text):
        return seconds
    try:
        at = datetime.fromisoformat(f"{text}-01-01" if len(text) == 4 else text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


ORDERS: dict[str, tuple[Callable[[float, float], bool], bool]] = {
    "equals": (lambda one, two: one == two, False),
    "notequals": (lambda one, two: one == two, True),
    "lessthan": (lambda one, two: one < two, False),
    "lessthanequals": (lambda one, two: one <= two, False),
    "greaterthan": (lambda one, two: one > two, False),
    "greaterthanequals": (lambda one, two: one >= two, False),
}
# Each operator with whether it holds where none of the values does.
TESTS: dict[str, tuple[Compare, bool]] = {
    "stringequals": (_same, False),
    "stringnotequals": (_same, True),
    "stringequalsignorecase": (_same_in_any_case, False),
    "stringnotequalsignorecase": (_same_in_any_case, True),
    "stringlike": (_alike, False),
    "stringnotlike": (_alike, True),
    "bool": (_same_in_any_case, False),
    "binaryequals": (_same, False),
    "ipaddress": (_inside, False),
    "notipaddress": (_inside, True),
    "arnequals": (_arn, False),
    "arnlike": (_arn, False),
    "arnnotequals": (_arn, True),
    "arnnotlike": (_arn, True),
    **{f"numeric{name}": (_number(order, number), negated) for name, (order, negated) in ORDERS.items()},
    **{f"date{name}": (_number(order, moment), negated) for name, (order, negated) in ORDERS.items()},
}
