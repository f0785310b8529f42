"""Terraform's operators on values."""

from __future__ import annotations

import math

from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.values import Failure, Reference, Value, is_number, same


def operation(operator: str, values: list[Value]) -> Value:
    match operator, values:
        case "==", [one, two]:
            return same(one, two)
        case "!=", [one, two]:
            equal = same(one, two)
            return UNKNOWN if isinstance(equal, Unknown) else not equal
        case "&&" | "||", [one, two]:
            # `false && x` and `true || x` are known whatever x is.
            logic_one = _truth(one)
            logic_two = _truth(two)
            decisive = operator == "||"
            if decisive in (logic_one, logic_two):
                return decisive
            return UNKNOWN if None in (logic_one, logic_two) else not decisive
        case "!", [one]:
            value = _truth(one)
            return UNKNOWN if value is None else not value
        case "-", [one] if is_number(one):
            return -one
        case _, [one, two] if is_number(one) and is_number(two):
            return _arithmetic(operator, one, two)
        case _:
            return UNKNOWN


def _truth(value: Value) -> bool | None:
    if value in ("true", "false") and not isinstance(value, Reference):
        return value == "true"
    return value if isinstance(value, bool) else None


def _arithmetic(operator: str, one: int | float, two: int | float) -> Value:
    try:
        match operator:
            case "+":
                return one + two
            case "-":
                return one - two
            case "*":
                return one * two if max(abs(one), abs(two)) < 1e100 else UNKNOWN
            case "/":
                made = one / two
                return int(made) if made.is_integer() else made
            case "%":
                return math.fmod(one, two) if isinstance(one, float) else one % two
            case ">":
                return one > two
            case "<":
                return one < two
            case ">=":
                return one >= two
            case "<=":
                return one <= two
    except (ZeroDivisionError, OverflowError, ValueError):
        raise Failure from None
    return UNKNOWN
