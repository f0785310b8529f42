"""What JSON values have in common: types, formats and bounds, and no value but words that recur."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

import jsonschema_rs

from batten.guard.log import redacted
from batten.model.record import record

MOST_WORDS = 8
MOST_MEMBERS = 64  # beyond which names are taken for data
DEEPEST = 12
MOST_NODES = 2_000
_WORD = re.compile(r"[a-z]{2,20}(?:[_-][a-z]{1,20}){0,3}|[A-Z]{2,20}(?:_[A-Z]{1,20}){0,3}")
_MEMBER = re.compile(r"[A-Za-z_$@][A-Za-z_$-]{0,40}[0-9]{0,2}(?:[A-Za-z_.:-]{1,40}[0-9]?)?")
# Members whose values are one of a few words by their name; any other may hold somebody's.
_CHOICE = re.compile(
    r"(?:.*[a-z_-])?(?:status|state|kind|type|category|level|mode|priority|severity|currency|unit|units|direction|order"
    r"|sort|result|outcome|phase|stage|tier|visibility|action|event|method|format|size|colou?r|cache|health|encoding)",
    re.IGNORECASE,
)
_HINTS = {"date-time": "T", "date": "-", "uuid": "-", "email": "@", "ipv4": ".", "ipv6": ":", "uri": "://"}
_FORMATS = {
    name: jsonschema_rs.Draft202012Validator({"type": "string", "format": name}, validate_formats=True)
    for name in _HINTS
}


@record
class Shape:
    """`count` values were seen. A member with a smaller count than its object's was left out at times.

    `longest` is rounded up to a power of two; numbers leave their sign and width, and nothing else.
    """

    count: int = 1
    types: frozenset[str] = frozenset()  # "null", "boolean", "integer", "number", "string", "array", "object"
    objects: int = 0  # how many of them were objects
    members: Mapping[str, Shape] = field(default_factory=dict)
    others: Shape | None = None  # of any member, where names are data
    items: Shape | None = None
    longest: int = 0  # characters
    most_items: int = 0
    formats: frozenset[str] | None = None  # that every string has; None: no string was seen
    words: Mapping[str, int] | None = None  # every string seen, where all are words; None: they are not kept
    negative: bool = False
    wide: int = 32  # bits of the largest integer: 32, 64, or 0 for more
    anything: bool = False  # too deep or too varied to say


def shape_of(value: object, name: str = "", depth: int = 0) -> Shape:
    """The shape of one JSON value; `name` is the member that holds it, which tells whether words may be kept."""
    if depth > DEEPEST:
        return Shape(anything=True)
    match value:
        case None:
            return Shape(types=frozenset(("null",)))
        case bool():
            return Shape(types=frozenset(("boolean",)))
        case int():
            return Shape(
                types=frozenset(("integer",)),
                negative=value < 0,
                wide=32 if -(1 << 31) <= value < 1 << 31 else 64 if -(1 << 63) <= value < 1 << 63 else 0,
            )
        case float():
            return Shape(types=frozenset(("number",)), negative=value < 0)
        case str():
            formats = frozenset(
                n for n, hint in _HINTS.items() if hint in value and _FORMATS[n].is_valid(value)
            )
            words = {value: 1} if _CHOICE.fullmatch(name) and _WORD.fullmatch(value) else None
            return Shape(
                types=frozenset(("string",)), longest=_bucket(len(value)), formats=formats, words=words
            )
        case list():
            items: Shape | None = None
            for item in value:
                shape = shape_of(item, name, depth + 1)
                items = shape if items is None else merged(items, shape)
            return Shape(types=frozenset(("array",)), items=items, most_items=_bucket(len(value)))
        case dict():
            return _object(value, depth)
    return Shape(anything=True)


def _object(value: Mapping[str, object], depth: int) -> Shape:
    if len(value) > MOST_MEMBERS or not all(is_member(name) for name in value):
        others: Shape | None = None
        for held in value.values():
            shape = shape_of(held, "", depth + 1)
            others = shape if others is None else merged(others, shape)
        return Shape(types=frozenset(("object",)), objects=1, others=others or Shape(0))
    members = {name: shape_of(held, name, depth + 1) for name, held in value.items()}
    return Shape(types=frozenset(("object",)), objects=1, members=members)


def is_member(name: str) -> bool:
    """Whether a name reads like one that a programmer gave, and not like an identifier or an address."""
    return _MEMBER.fullmatch(name) is not None and redacted(name) == name


def _bucket(size: int) -> int:
    """Powers of two, from 16: a bound, not the length of anybody's name."""
    return max(16, 1 << (size - 1).bit_length()) if size else 16


def merged(one: Shape, other: Shape) -> Shape:
    """What fits both."""
    count = one.count + other.count
    if one.anything or other.anything:
        return Shape(count, anything=True)
    if one.formats is None or other.formats is None:
        formats: frozenset[str] | None = one.formats if other.formats is None else other.formats
    else:
        formats = one.formats & other.formats
    names = dict.fromkeys((*one.members, *other.members))
    if one.others is None and other.others is None and len(names) <= MOST_MEMBERS:
        members_found = ((name, _either(one.members.get(name), other.members.get(name))) for name in names)
        members: tuple[Mapping[str, Shape], Shape | None] = (
            {name: shape for name, shape in members_found if shape is not None},
            None,
        )
    else:
        others = _either(one.others, other.others)
        for shape in (*one.members.values(), *other.members.values()):
            # Without words: whose they were is not known any more.
            others = _either(others, replace(shape, words=None) if shape.words is not None else shape)
        members = {}, others
    found = Shape(
        count,
        one.types | other.types,
        one.objects + other.objects,
        *members,
        _either(one.items, other.items),
        max(one.longest, other.longest),
        max(one.most_items, other.most_items),
        formats,
        _words(one, other),
        one.negative or other.negative,
        0 if 0 in (one.wide, other.wide) else max(one.wide, other.wide),
    )
    return found if nodes(found) <= MOST_NODES else Shape(count, anything=True)


def nodes(shape: Shape) -> int:
    below = [*shape.members.values(), *(s for s in (shape.others, shape.items) if s is not None)]
    return 1 + sum(map(nodes, below))


def _either(one: Shape | None, other: Shape | None) -> Shape | None:
    return (one or other) if one is None or other is None else merged(one, other)


def _words(one: Shape, other: Shape) -> Mapping[str, int] | None:
    """Kept while there are few, and while every string was a word."""
    if one.words is None or other.words is None:
        has_strings = "string" in (one.types if one.words is None else other.types)
        return None if has_strings else one.words if other.words is None else other.words
    found = {word: one.words.get(word, 0) + other.words.get(word, 0) for word in (*one.words, *other.words)}
    return found if len(found) <= MOST_WORDS else None


def to_plain(shape: Shape) -> dict[str, Any]:
    """For a file; what is as in an empty shape is left out."""
    plain: dict[str, Any] = {"count": shape.count, "types": sorted(shape.types)}
    for name in ("objects", "longest", "most_items", "negative", "anything"):
        if getattr(shape, name):
            plain[name] = getattr(shape, name)
    if shape.wide != 32:
        plain["wide"] = shape.wide
    if shape.formats is not None:
        plain["formats"] = sorted(shape.formats)
    if shape.words is not None:
        plain["words"] = dict(shape.words)
    if shape.members:
        plain["members"] = {name: to_plain(member) for name, member in shape.members.items()}
    for name in ("others", "items"):
        if getattr(shape, name) is not None:
            plain[name] = to_plain(getattr(shape, name))
    return plain


def from_plain(plain: Mapping[str, Any]) -> Shape:
    """Raises ValueError, TypeError, KeyError or AttributeError for what is no shape."""
    return Shape(
        int(plain["count"]),
        frozenset(map(str, plain["types"])),
        int(plain.get("objects", 0)),
        {str(name): from_plain(member) for name, member in plain.get("members", {}).items()},
        from_plain(plain["others"]) if "others" in plain else None,
        from_plain(plain["items"]) if "items" in plain else None,
        int(plain.get("longest", 0)),
        int(plain.get("most_items", 0)),
        frozenset(map(str, plain["formats"])) if "formats" in plain else None,
        {str(w): int(n) for w, n in plain["words"].items()} if "words" in plain else None,
        bool(plain.get("negative")),
        int(plain.get("wide", 32)),
        bool(plain.get("anything")),
    )
