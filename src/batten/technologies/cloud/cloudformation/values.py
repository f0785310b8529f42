"""Values that intrinsic functions are made of, and those functions that need nothing else."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from typing import TypeAlias

from batten.model import UNKNOWN, Unknown
from batten.model.record import record

MOST = 20_000  # characters of a joined text, items of a list


@record
class Reference:
    """`!Ref Bucket` (attribute "") or `!GetAtt Bucket.Arn`."""

    name: str
    attribute: str = ""


Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | Reference | Unknown | None
Path: TypeAlias = tuple[str | int, ...]


def text_of(value: Value) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            return None


def joined(sign: str, values: list[Value]) -> Value:
    texts = [text_of(value) for value in values]
    known = [text for text in texts if text is not None]
    if len(known) != len(texts) or sum(map(len, known)) > MOST:
        return UNKNOWN
    return sign.join(known)


def partly(values: list[Value]) -> Value:
    """The text of its parts with a NUL for each that is not known; UNKNOWN where that is too long."""
    made = "".join("\0" if (known := text_of(value)) is None else known for value in values)
    return made if len(made) <= MOST else UNKNOWN


def equal(values: list[Value]) -> bool | Unknown:
    if len(values) != 2:
        return UNKNOWN
    one, two = text_of(values[0]), text_of(values[1])
    return UNKNOWN if one is None or two is None else one == two


def combined(name: str, values: list[bool | Unknown]) -> bool | Unknown:
    unsure = any(isinstance(value, Unknown) for value in values)
    match name, values:
        case "Not", [value]:
            return value if isinstance(value, Unknown) else not value
        case "And", [_, *_]:
            return False if False in values else UNKNOWN if unsure else True
        case "Or", [_, *_]:
            return True if True in values else UNKNOWN if unsure else False
        case _:
            return UNKNOWN


def _join(values: list[Value]) -> Value:
    match values:
        case [str() as sign, [one]]:
            return one if not isinstance(one, Unknown) else UNKNOWN if sign else one
        case [str() as sign, list() as items] if len(items) <= MOST:
            return joined(sign, items)
        case _:
            return UNKNOWN


def _select(values: list[Value]) -> Value:
    match values:
        case [str() | int() as index, list() as items] if not isinstance(index, bool):
            number = int(index) if str(index).isdecimal() else len(items)
            return items[number] if number < len(items) else UNKNOWN
        case _:
            return UNKNOWN


def _split(values: list[Value]) -> Value:
    match values:
        case [str() as sign, str() as text] if sign and len(text) <= MOST:
            return [*text.split(sign)]
        case _:
            return UNKNOWN


def _length(values: list[Value]) -> Value:
    return len(values) if not any(isinstance(value, Unknown) for value in values) else UNKNOWN


FUNCTIONS: Table[str, Callable[[list[Value]], Value]] = {
    "Join": _join,
    "Select": _select,
    "Split": _split,
    "Length": _length,
}
