"""The plan of an operation's parameters as a Lua table, which lua/parameters.lua reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from batten.contract import Schema
from batten.contract.parameters import Slot, Style, is_json
from batten.contract.readings import TEXT, Readings, Way
from batten.contract.surface import EXPRESSION
from batten.guard.export.routes import Route, judged_slots
from batten.guard.lua.parts import Parts
from batten.guard.lua.text import names, quoted
from batten.guard.parameters.judging import is_one
from batten.guard.parameters.written import consumed, is_several
from batten.guard.served import Served

Checked = Callable[[Schema], str]  # a condition over `v`; "true" where everything is valid
_MAGIC = re.compile(r"[-^$()%.\[\]*+?]")


def plan(served: Served, route: Route, refuses: bool, parts: Parts, checked: Checked) -> str:
    """ "" where nothing can be wrong. `refuses` is whether undeclared query parameters are refused."""
    inputs, judged = served.inputs, judged_slots(served)
    if not judged and not refuses:
        return ""
    pattern, places = _path(route.path.sent)
    owned = {*inputs.keys, *(slot.name for slot in inputs.slots if slot.location == "query")}
    in_query = (slot for slot in inputs.slots if slot.location in ("query", "querystring"))
    declared = {*inputs.keys, *(name for slot in in_query for name in consumed(slot, (), frozenset()))}
    rows = [
        f"pattern = {quoted(pattern)}",
        f"places = {{{', '.join(f'[{quoted(name)}] = {at}' for at, name in places)}}}",
        f"owned = {parts.constant(names(sorted(owned)))}",
        f"declared = {parts.constant(names(sorted(declared)))}",
    ]
    if any(slot.required or slot.location in ("header", "cookie", "path") for slot in judged):
        rows.append("asks = true")
    if refuses:
        rows.append("refuses = true")
    # Shared by all operations that have the same.
    rows += (parts.constant(f"{{ {', '.join(_fields(slot, parts, checked))} }}") for slot in judged)
    return f"{{ {', '.join(rows)} }}"


def _path(sent: str) -> tuple[str, list[tuple[int, str]]]:
    """A Lua pattern whose captures are the template's expressions, each as short as it can be."""
    literals = [_MAGIC.sub(r"%\g<0>", piece) for piece in EXPRESSION.split(sent)]
    found = [unquote(expression[1:-1]) for expression in EXPRESSION.findall(sent)]
    return "^" + "([^/][^/]-)".join(literals) + "$", list(enumerate(found, 1))


def _fields(slot: Slot, parts: Parts, checked: Checked) -> Iterator[str]:
    yield f"name = {quoted(slot.name)}, at = {quoted(slot.location)}, style = {quoted(slot.style.value)}"
    yield f"separator = {quoted(slot.separator)}, readings = {_readings(slot.readings, parts, checked)}"
    if slot.location == "header":
        yield f"header = {quoted(slot.name.lower())}"
    flags = {
        "several": is_several(slot),
        "explode": slot.explode,
        "required": slot.required,
        "empty": slot.allow_empty,
        "one": is_one(slot),
        "json": slot.style is Style.CONTENT and is_json(slot.media_type),
        "problem": bool(slot.problem),
    }
    yield from (f"{name} = true" for name, value in flags.items() if value)
    yield from _check(slot.schema if not slot.problem else None, checked)


def _check(schema: Schema | None, checked: Checked) -> Iterator[str]:
    condition = checked(schema) if schema is not None else "true"
    if condition != "true":
        yield f"check = function(v) return {condition} end"


def _readings(readings: Readings, parts: Parts, checked: Checked) -> str:
    ways = ", ".join(f"{{ {', '.join(_way(way, parts, checked))} }}" for way in readings.ways)
    # Only where there are several does their schema decide between them.
    check = _check(readings.schema if len(readings.ways) > 1 else None, checked)
    return parts.constant(f"{{ {', '.join((f'ways = {{{ways}}}', *check))} }}")


def _way(way: Way, parts: Parts, checked: Checked) -> Iterator[str]:
    yield f"kind = {quoted(way.kind.value)}"
    if way.items is not None and way.items != TEXT:
        yield f"items = {_readings(way.items, parts, checked)}"
    if way.members:
        rows: Iterable[str] = (
            f"[{quoted(name)}] = {_readings(one, parts, checked)}" for name, one in way.members.items()
        )
        yield f"members = {{{', '.join(rows)}}}"
    if way.others is not None and way.others != TEXT:
        yield f"others = {_readings(way.others, parts, checked)}"
    if way.takes_others:
        yield "takes = true"
