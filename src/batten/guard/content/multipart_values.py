"""The parts of a multipart form as the object that their schema describes (RFC 7578, OpenAPI's `encoding`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batten.contract import Encoding
from batten.contract.strict_json import strict_json
from batten.contract.validators import Validators
from batten.guard.content import octets
from batten.guard.content.leaves import leaf
from batten.guard.content.media_types import Kind, fits_charset, kind_of
from batten.guard.content.multipart import Part
from batten.guard.content.unreadable import Unreadable
from batten.guard.content.views import View

_TRANSFERS = frozenset(("", "7bit", "8bit", "binary"))
_NOTHING = Encoding()


def value_of(
    parts: Iterable[Part], view: View, encodings: Mapping[str, Encoding], validators: Validators
) -> dict[str, object]:
    """Raises ValueError."""
    made: dict[str, object] = {}
    for part in parts:
        if part.name == "_charset_" and part.body.lower() != b"utf-8":  # RFC 7578, 4.6
            raise Unreadable("its parts are in another charset than UTF-8")
        sub = view.properties.get(part.name, view.rest)
        encoding = encodings.get(part.name, _NOTHING)
        if sub is not None and sub.leads == "array":
            items = made.setdefault(part.name, [])
            assert isinstance(items, list)
            items.append(_value(part, sub.items, encoding, validators))
        elif part.name in made:
            raise Unreadable("a part is repeated, but its property is not an array")
        else:
            made[part.name] = _value(part, sub, encoding, validators)
    return made


def _value(part: Part, view: View | None, encoding: Encoding, validators: Validators) -> object:
    name = part.media_type.name if part.media_type is not None else "text/plain"  # RFC 7578, 4.4
    if encoding.content_type:
        family = name.partition("/")[0]
        is_among = any(one in (name, f"{family}/*", "*/*") for one in _names(encoding.content_type))
        if not is_among:
            raise Unreadable("the media type of a part is not the declared one")
    if not encoding.headers <= part.headers.keys():
        raise Unreadable("a part lacks a header that is required")
    _check_transfer(part, view)
    kind = kind_of(name)
    charset = part.media_type.charset if part.media_type is not None else "utf-8"
    if not fits_charset(kind, charset):
        raise Unreadable("a part is in another charset than UTF-8")
    if view is None or view.says_nothing:
        return (
            part.body.decode("latin-1") if part.filename is not None else octets.text_of(part.body, charset)
        )
    if view.leads != "leaf" or (encoding.content_type and kind is Kind.JSON):
        # Objects are JSON, which scripts in a browser cannot name without making a file of it, and others do not
        # name.
        if kind is not Kind.JSON and kind is not Kind.TEXT:
            raise Unreadable("the media type of a part is not the declared one")
        return strict_json(part.body)
    if view.is_binary:
        is_file = True
    else:
        names = [kind_of(name) for name in _names(encoding.content_type)]
        is_file = bool(names) and all(kind is not Kind.TEXT for kind in names)
    if is_file:
        return octets.octets_of(part.body, view)
    if part.filename is not None:
        raise Unreadable("a part is a file where a field is declared")
    if kind is not Kind.TEXT:
        raise Unreadable("the media type of a part is not the declared one")
    return leaf(octets.text_of(part.body, charset), view, validators)


def _check_transfer(part: Part, view: View | None) -> None:
    """Some readers decode what others leave (RFC 7578, 4.7), so an encoding is one that the schema declares."""
    declared = view.first("contentEncoding") if view is not None else None
    if part.transfer_encoding not in _TRANSFERS and part.transfer_encoding != declared:
        raise Unreadable("a part has a transfer encoding")


def _names(declared: str) -> list[str]:
    return [one.partition(";")[0].strip().lower() for one in declared.split(",") if one.strip()]
