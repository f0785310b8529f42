"""Expressions of lines, made of the fields that a server writes and what it writes between them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from itertools import pairwise

from batten.logs.calls import LONGEST_CLIENT
from batten.model.record import record


class Part(Enum):
    """What a field holds. The values are the groups of the expression."""

    CLIENT = "client"
    TIME = "time"  # to the minute, as it is written
    REQUEST = "request"  # method, target and protocol
    METHOD = "method"
    TARGET = "target"  # path and query
    PATH = "path"
    QUERY = "query"
    STATUS = "status"
    OTHER = "other"


@record
class Field:
    part: Part
    to: str = ""  # where an OTHER field ends: a character; "" for the next literal's first
    like: str = ""  # an OTHER field's own expression


Piece = str | Field

# Sets are written out, for categories such as \d take longer; what is seldom there is asked for last.
_CLOCKS = {  # and how most times go on
    "[0-9]{2}/[A-Z][a-z][a-z]/[0-9]{4}:[0-9]{2}:[0-9]{2}": ":[0-9.]*+ [+-][0-9]{4}",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T \t][0-9]{2}:[0-9]{2}": ":[0-9.]*+(?:[+-][0-9]{2}:[0-9]{2}|Z)",
    "[0-9]{10}": r"(?:\.[0-9]++)?",
}
_CLOCK = f"(?:{'|'.join(_CLOCKS)})"
_REST_OF_TIME = r"(?::[0-9.,]*+)?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?(?:\.[0-9]+)?"
_ORIGIN = r"(?:(?:https?|wss?)://[^/ \"?\n]*+)?"
_QUOTED = r'[^"\\\n]*+(?:(?=")|(?:\\.[^"\\\n]*+)*+)'
_NAMELESS = r"[^\n]{0,512}?"  # a field that nothing separates from the next
_VERB = r"(?P<method>[A-Z][A-Z-]{0,20})"
_LIKELY_VERB = "(?P<method>[A-Z]{1,21}+)"
_LIKELY_PATH = "(?P<path>/"
_APART = r' \t\n\r\x0b\x0c",'


_GROUPS_OF = {
    Part.REQUEST: {"method", "path", "query"},
    Part.TARGET: {"path", "query"},
}


def whole(pieces: Sequence[Piece]) -> str:
    """A line as far as the last field of interest; the rest of it is not looked at."""
    return _written(pieces, _field)


def likely(pieces: Sequence[Piece]) -> tuple[str, ...]:
    """Expressions of what most lines are, one for each way to write times. What they take, `whole` takes in the same way, but they know
    fewer ways to write it and so are faster."""
    if any(isinstance(a, Field) and isinstance(b, Field) for a, b in pairwise(_joined(pieces))):
        return ()  # where one of them ends is searched
    timed = any(isinstance(piece, Field) and piece.part is Part.TIME for piece in pieces)
    clocks = list(_CLOCKS)[: None if timed else 1]
    return tuple(_written(pieces, partial(_likely, clock)) + r"\n" for clock in clocks)


def _written(pieces: Sequence[Piece], field: Callable[[Field, str, str, set[str]], str]) -> str:
    known: set[str] = set()
    made: list[str] = []
    every = _joined(pieces)
    last = max(
        (n for n, piece in enumerate(every) if isinstance(piece, Field) and piece.part is not Part.OTHER),
        default=-1,
    )
    for number, piece in enumerate(every[: last + 1]):
        if isinstance(piece, str):
            made.append(re.escape(piece))
            continue
        before = every[number - 1] if number else ""
        after = every[number + 1] if number + 1 < len(every) else "\n"
        made.append(field(piece, str(before)[-1:], str(after)[:1] if isinstance(after, str) else "", known))
    return "".join(made) + r"[^\n]*+"


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    made: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and made and isinstance(made[-1], str):
            made[-1] += piece
        elif piece != "":
            made.append(piece)
    return made


def _field(field: Field, before: str, after: str, known: set[str]) -> str:
    """One field's expression. A part that was there before is not taken again: the first one stands."""
    is_quoted = before == '"' and after == '"'
    anything = field.like or (_QUOTED if is_quoted else _until(field.to or after))
    part = field.part
    if part is Part.OTHER or known & _GROUPS_OF.get(part, {part.value}):
        return anything
    known.add(part.value)
    end = re.escape(after) if after not in (" ", '"', "\n", "\t", "?") else ""
    path = _ORIGIN + rf"(?P<path>[^ \"?#\n\t{end}]*+)"
    query = rf"(?P<query>[^ \"\n\t{end}]*+)"
    match part:
        case Part.CLIENT:
            # A port behind it is no part of it. Some are what callers say: what is longer than an address is cut off.
            if after == ":":
                return rf"(?P<client>[^{_APART}]{{0,{LONGEST_CLIENT}}})"
            more = rf"[^{_APART}{end}]"
            return rf"(?P<client>{more}{{0,{LONGEST_CLIENT}}}+){more}*+(?:,{anything})?"
        case Part.TIME:
            return rf"(?P<time>{_CLOCK})" + (r"[^\[\]\"\n]*+" if after in ("]", '"') else _REST_OF_TIME)
        case Part.REQUEST:
            known.update(("method", "path", "query"))
            return rf"(?:{_VERB} {path}{query}{anything}|{anything})"
        case Part.METHOD:
            return rf"(?:{_VERB}|{anything})"
        case Part.TARGET:
            known.update(("path", "query"))
            return path + query
        case Part.PATH:
            return path
        case Part.QUERY:
            return query
        case Part.STATUS:
            return r"(?P<status>[0-9]{1,3}|-|)"
    return anything


def _likely(clock: str, field: Field, before: str, after: str, known: set[str]) -> str:
    """One field's expression, where nothing is unusual about it."""
    part = field.part
    is_quoted = before == after == '"'
    if part.value in known or known & _GROUPS_OF.get(part, set()) or after in ("", ",", "?", "-", "\n"):
        return _field(field, before, after, known)
    match part:
        case Part.OTHER if is_quoted and not field.like:
            return r'[^"\\\n]*+'
        case Part.CLIENT if after != ":":
            known.add(part.value)
            return rf"(?P<client>[^{_APART}{re.escape(after)}]{{1,{LONGEST_CLIENT}}}+)"
        case Part.REQUEST:
            known.update(("method", "path", "query"))
            end = re.escape(after)
            path = rf'{_LIKELY_PATH}[^ "?#\n\t{end}]*+)(?P<query>[^ "\n\t{end}]*+)'
            return rf'{_LIKELY_VERB} {path} HTTP/[^"\\\n{end}]*+'
        case Part.METHOD:
            known.add(part.value)
            return _LIKELY_VERB
        case Part.TIME if after not in ("]", '"'):
            known.add(part.value)
            return rf"(?P<time>{clock}){_CLOCKS[clock]}"
    return (
        _field(field, before, after, known)
        .replace(_CLOCK, clock)
        .replace(_ORIGIN + "(?P<path>", _LIKELY_PATH)
    )


def _until(character: str) -> str:
    return rf"[^{re.escape(character)}\n]*+" if character else _NAMELESS
