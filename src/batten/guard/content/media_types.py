"""A Content-Type as every reader takes it, or not at all (RFC 9110, 8.3.1 and 5.6.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from batten.model.record import record

MOST_PARAMETERS = 32
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(rf"({_TOKEN}/{_TOKEN})(?=[\t ]*(?:;|\Z))")
# Empty parameters are allowed by the grammar, white space around `=` is not. Of quoted pairs there is one that is of
# use in no parameter that is read here, and that readers undo in different ways, so there is none.
_PARAMETER = re.compile(rf'[\t ]*;[\t ]*(?:({_TOKEN})=(?:({_TOKEN})|"([\t !#-\[\]-~]*)"))?')
_UTF_8 = frozenset(("utf-8", "utf8"))
_ASCII = frozenset(("us-ascii", "ascii"))


@record
class MediaType:
    """Name and parameters' names are in lower case."""

    name: str
    parameters: Mapping[str, str]

    @property
    def charset(self) -> str:
        """In lower case; UTF-8 where none is named."""
        return self.parameters.get("charset", "utf-8").lower()


class Kind(Enum):
    """How bodies of a media type are read."""

    JSON = "JSON"
    FORM = "form"
    MULTIPART = "multipart form"
    XML = "XML"
    TEXT = "text"
    LINES = "JSON lines"
    RECORDS = "JSON text sequence"  # RFC 7464
    EVENTS = "event stream"
    OCTETS = "octets"  # anything else: only its size can be judged


_BY_NAME = {
    "application/json": Kind.JSON,
    "text/json": Kind.JSON,
    "application/x-www-form-urlencoded": Kind.FORM,
    "multipart/form-data": Kind.MULTIPART,
    "application/xml": Kind.XML,
    "text/xml": Kind.XML,
    "application/jsonl": Kind.LINES,
    "application/jsonlines": Kind.LINES,
    "application/x-jsonlines": Kind.LINES,
    "application/x-ndjson": Kind.LINES,
    "application/ndjson": Kind.LINES,
    "application/json-seq": Kind.RECORDS,
    "text/event-stream": Kind.EVENTS,
}


def media_type_of(text: str) -> MediaType | None:
    """None for what does not follow the grammar, or has a parameter twice, or too many."""
    found = _NAME.match(text.strip(" \t"))
    if found is None:
        return None
    rest, at, parameters = text.strip(" \t"), found.end(), {}
    if rest.count(";") > MOST_PARAMETERS:
        return None
    while at < len(rest):
        one = _PARAMETER.match(rest, at)
        if one is None:
            return None
        at = one.end()
        if one[1] is not None:
            name = one[1].lower()
            if name in parameters:
                return None
            parameters[name] = one[2] if one[2] is not None else one[3]
    return MediaType(found[1].lower(), parameters)


def kind_of(name: str) -> Kind:
    """`name` is a media type's, in lower case and without parameters."""
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    if name.endswith("+json"):
        return Kind.JSON
    if name.endswith("+json-seq"):
        return Kind.RECORDS
    if name.endswith("+xml"):
        return Kind.XML
    return Kind.TEXT if name.startswith("text/") else Kind.OCTETS


def fits_charset(kind: Kind, charset: str) -> bool:
    """Whether a declared charset leaves one reading.

    JSON between systems is UTF-8 (RFC 8259, 8.1), and knows no such parameter; servers that believe one decode UTF-7 of
    it. Forms are UTF-8 (URL Standard), whatever is declared; where a framework believes the parameter, ASCII makes other
    characters of `%C3%A9`. Text and XML may be the part of UTF-8 that is ASCII, and are decoded as that.
    """
    match kind:
        case Kind.OCTETS:
            return True
        case Kind.TEXT | Kind.XML:
            return charset in _UTF_8 or charset in _ASCII
        case _:
            return charset in _UTF_8


def decoded_text(body: bytes, charset: str) -> str:
    """Text of a charset that fits. Raises UnicodeDecodeError."""
    return body.decode("ascii" if charset in _ASCII else "utf-8")
