"""What expressions come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeGuard

from batten.model import UNKNOWN, Unknown
from batten.model.record import record

LARGEST = 20_000  # members, all levels together; no configuration people write comes near
LONGEST = 1_000_000  # characters of one text


class Failure(Exception):
    """Terraform would stop here with an error: `try` and `can` go on from it."""


@record
class Reference:
    """An attribute of a resource or data source: `aws_s3_bucket.images.arn`. An index is left out.

    `module` is the address of the module that declares it, "" for the root.
    """

    kind: str
    name: str
    attribute: str
    data: bool = False
    module: str = ""

    @property
    def address(self) -> str:
        written = f"{'data.' if self.data else ''}{self.kind}.{self.name}"
        return f"{self.module}.{written}" if self.module else written


Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | Reference | Unknown | None
Function: TypeAlias = Callable[[list[Value]], Value]


def text(value: Value) -> str | None:
    """The value as a template writes it; None for what no template can, or what is not known."""
    match value:
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case str() | int() | float():
            return str(value)
        case _:
            return None


def bounded(value: Value) -> Value:
    """The value, or UNKNOWN when it holds more than anybody writes."""
    waiting, seen = [value], 0
    while waiting:
        held = waiting.pop()
        seen += 1
        if seen > LARGEST or (isinstance(held, str) and len(held) > LONGEST):
            return UNKNOWN
        if isinstance(held, list):
            waiting += held
        elif isinstance(held, dict):
            waiting += held.values()
    return value


def certain(value: Value) -> bool:
    """Whether nothing in the value is UNKNOWN or a reference."""
    waiting, seen = [value], 0
    while waiting:
        held = waiting.pop()
        seen += 1
        if isinstance(held, Unknown | Reference) or seen > LARGEST:
            return False
        if isinstance(held, list):
            waiting += held
        elif isinstance(held, dict):
            waiting += held.values()
    return True


def same(one: Value, two: Value) -> bool | Unknown:
    """Whether two values are equal as Terraform compares them: 1 is not "1", and not true."""
    if one is None and not isinstance(two, Unknown | Reference):
        return two is None
    if not certain(one) or not certain(two):
        return UNKNOWN
    return isinstance(one, bool) == isinstance(two, bool) and one == two


def is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
