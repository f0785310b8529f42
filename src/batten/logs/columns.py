"""The parts of calls out of the JSON objects of a whole block: only the members of interest are decoded, each into a column.

What is unusual (a number where others have a text, an end of line within a path) is left to `objects.py`, which takes line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, cast

import msgspec

from batten.logs.calls import LONGEST_CLIENT, Column, marked

Names = tuple[str, ...]  # of a member within members
_CLOCK = re.compile(rb"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d{10}(?=\d{3}$|\.|$)")
_ORIGIN = rb"^(?:(?:https?|wss?)://[^/?#\n]*+)?"
_TARGET = re.compile(_ORIGIN + rb"([^?#\n]*+)([^ \n]*+)[^\n]*+", re.MULTILINE)
_REQUEST = re.compile(  # ours: of constants of this module
    rb"^(?:([A-Z][A-Z-]{0,20}) " + _ORIGIN[1:] + rb"([^?#\n ]*+)([^\n ]*+))?[^\n]*+", re.MULTILINE
)
_WHOLE = re.compile(rb"^([^\n]*+)", re.MULTILINE)
_PRECISE = 17  # characters in which a time says its minute
_FIRST, _LAST = 1_000_000_000, 9_999_999_999  # seconds since 1970 with as many digits as they have for long
_MOST_KNOWN = 4_096
Values = Sequence[object]


class Unusual(Exception):
    """The objects of this block are to be taken one by one."""


class _Known(dict[Any, bytes]):
    """What values are written as; few, or forgotten."""

    def __init__(self, written: Callable[[Any], bytes]) -> None:
        self._written = written

    def __missing__(self, value: object) -> bytes:
        if len(self) >= _MOST_KNOWN:
            self.clear()
        made = self[value] = self._written(value)
        return made


def written(value: object) -> bytes:
    """A value as a text; nothing for lists and objects."""
    return b"" if value is None or isinstance(value, dict | list) else str(value).encode("utf-8", "replace")


def client(text: bytes) -> bytes:
    """The first of a list of addresses, without its port."""
    text = text.partition(b",")[0].strip()
    before, _, port = text.rpartition(b":")
    if port.isdigit() and (b":" not in before or before.endswith(b"]")):
        text = before.strip(b"[]") or text
    return text[:LONGEST_CLIENT]


def moment(text: str) -> bytes:
    """A time to the minute, or a little more."""
    found = _CLOCK.match(text.encode("utf-8", "replace"))
    return found[0] if found else b""


_moments = _Known(moment)
_minutes = _Known(lambda number: b"%d" % (number * 60))
_numbers = _Known(lambda number: b"%d" % number)


class Decoder:
    """Objects, of which the members that hold the parts of a call are read."""

    def __init__(self, members: Mapping[str, Names]) -> None:
        """Raises Unusual where a member cannot be read with the others."""
        self._members = members
        self._decoder = msgspec.json.Decoder(_record(set(members.values())))
        self.one: Callable[[bytes], object] = self._decoder.decode

    def every(self, block: bytes, count: int) -> Values | None:
        """The objects of so many lines; None where a line is no such object."""
        if not block.startswith(b"{") or block.count(b"\n{") != count - 1:
            return None
        try:
            made = self._decoder.decode_lines(block)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return made if len(made) == count else None

    def columns(self, objects: Values) -> list[Column]:
        """Those of `Calls`. Raises Unusual."""
        nothing = [b""] * len(objects)
        found = {
            part: list(map(attrgetter(".".join(map(_field, path))), objects))
            for part, path in self._members.items()
        }
        if "request" in found:
            methods, paths, queries = _split(_REQUEST, found["request"])
        else:
            (methods,) = _split(_WHOLE, found["method"])
            paths, queries = _split(_TARGET, found["target"])
        if "query" in found:
            beside = marked(_texts(found["query"]))
            queries = [query or other for query, other in zip(queries, beside, strict=True)]
        times = _times(found["time"]) if "time" in found else nothing
        if "client" in found:
            # Those that are nearest to the caller, of each list.
            every = _texts(found["client"])
            joined = b"\n".join(every)
            if (
                b"," in joined
                or b":" in joined
                or len(joined.split()) != len(every)
                or max(map(len, every)) > LONGEST_CLIENT
            ):
                every = [client(one) for one in every]
            clients = every
        else:
            clients = nothing
        values = found["status"]
        if set(map(type, values)) == {int}:
            codes: list[bytes] = list(map(_numbers.__getitem__, values))
        else:
            codes = list(map(written, values))
        return [clients, times, methods, paths, queries, codes]


def _record(paths: set[Names]) -> type[msgspec.Struct]:
    """A record with these members, and those within them."""
    fields: list[tuple[str, Any, Any]] = []
    for name in sorted({path[0] for path in paths}):
        within = {path[1:] for path in paths if path[0] == name}
        if within == {()}:
            fields.append((_field(name), object, None))
        elif () in within:
            raise Unusual
        else:
            inner = _record(within)
            fields.append((_field(name), inner, msgspec.field(default_factory=inner)))
    return msgspec.defstruct("Line", fields, rename={_field(p[0]): p[0] for p in paths}, gc=False)


def _field(name: str) -> str:
    return "m" + name.encode("utf-8", "replace").hex()


def _texts(values: Values) -> list[bytes]:
    try:
        return list(map(str.encode, cast(list[str], values)))
    except (TypeError, UnicodeEncodeError):
        return list(map(written, values))


def _split(expression: re.Pattern[bytes], values: Values) -> list[list[bytes]]:
    """What the groups of an expression are in each of the values, without blanks, as the other formats write it."""
    step = expression.groups + 1
    pieces = cast(list[bytes | None], expression.split(b"\n".join(_texts(values))))
    if len(pieces) != step * len(values) + 1:
        raise Unusual  # an end of line within a value
    return [_whole(pieces[number::step]) for number in range(1, step)]


def _whole(column: list[bytes | None]) -> list[bytes]:
    every = [part or b"" for part in column] if None in column else cast(list[bytes], column)
    return [part.replace(b" ", b"%20") for part in every] if b" " in b"".join(every) else every


def _times(values: Values) -> list[bytes]:
    kinds = set(map(type, values))
    if kinds == {str}:
        return [_moments[text[:_PRECISE]] for text in cast(list[str], values)]
    if kinds <= {int, float}:
        numbers = cast(list[float], values)
        if min(numbers) >= _FIRST and max(numbers) <= _LAST:
            return [_minutes[number // 60] for number in numbers]
    return [moment(written(value).decode()) for value in values]
