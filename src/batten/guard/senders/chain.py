"""The addresses that a request came through, as X-Forwarded-For and Forwarded (RFC 7239) tell them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from batten.guard.senders.trust import Trusted, spelled
from batten.model.record import record

MOST = 64  # elements; what is left of them is not read
_V4 = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){3})(?::[0-9]{1,5})?")
_V6 = re.compile(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::[0-9]{1,5})?|([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)")
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PAIR = re.compile(rf'({_TOKEN})=(?:({_TOKEN})|"((?:[\t !#-\[\]-~]|\\[\t -~])*)")')
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@record
class Hop:
    """What one proxy said of its peer; "" is what it left out."""

    client: str = ""
    scheme: str = ""
    host: str = ""


@lru_cache(maxsize=4_096)
def node(text: str) -> str:
    """The address of an element, in one spelling; "" for what is none, as `unknown` and `_hidden` are."""
    found = _V4.fullmatch(text)
    if found is None and (found := _V6.fullmatch(text)) is None:
        return ""
    return spelled(next(group for group in found.groups() if group))


def walked(elements: Sequence[str], trusted: Trusted, peer: str) -> tuple[str, int]:
    """The client, and how many elements from the right were believed; 0 is where the peer itself is all that is known.

    Each proxy adds its peer at the right, so an element is as true as who is right of it: the first that is not trusted is
    the client, and what it wrote is left of it.
    """
    client, depth = peer, 0
    for element in reversed(elements[-MOST:]):
        address = node(element)
        if not address:
            break
        client, depth = address, depth + 1
        if not trusted.knows(address):
            break
    return client, depth


def told_of(values: Sequence[str], depth: int, length: int) -> str:
    """Of a list beside X-Forwarded-For with `length` elements: what was said of the client, else what the peer said."""
    if not values:
        return ""
    return values[-depth] if depth and len(values) == length else values[-1]


def scheme_of(text: str) -> str:
    """`http` or `https`, "" for what is neither."""
    return _SCHEMES.get(text.lower(), "")


def listed(values: Sequence[bytes]) -> list[str]:
    """The elements of all header lines of one name, from left to right."""
    return [part.strip(" \t") for value in values for part in value.decode("latin-1").split(",")]


def hops(values: Sequence[bytes]) -> list[Hop] | None:
    """Of Forwarded, from left to right; None where it is not what RFC 7239 writes."""
    found = []
    for part in _parted(", ".join(value.decode("latin-1") for value in values), ","):
        pairs: dict[str, str] = {}
        for text in _parted(part, ";"):
            pair = _PAIR.fullmatch(text)
            if pair is None or pair[1].lower() in pairs:
                return None
            pairs[pair[1].lower()] = pair[2] or re.sub(r"\\(.)", r"\1", pair[3] or "")
        found.append(Hop(pairs.get("for", ""), pairs.get("proto", ""), pairs.get("host", "")))
    return found


def _parted(text: str, mark: str) -> list[str]:
    """Split at a mark outside of quotes."""
    parts, quoted, begun, at = [], False, 0, 0
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif text[at] == mark and not quoted:
            parts.append(text[begun:at].strip(" \t"))
            begun = at + 1
        at += 1
    parts.append(text[begun:].strip(" \t"))
    return parts
