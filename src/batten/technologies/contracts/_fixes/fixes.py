"""Fixes that contracts of all kinds share: https in URLs, keys in headers, what is old taken back."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from batten.formats import Mapping
from batten.model import Edit, Fix, Location, Safety, Span
from batten.technologies.shared.text.entries import Page

_KEY = re.compile(r"(?i)(?:x-?)?(?:api|access|subscription|account|auth)?[-_]?key")
_TOKEN = re.compile(r"(?i)token|jwt|authorization|sess")
_HEADER = re.compile(r"[A-Za-z0-9-]+")  # underscores are legal, and dropped by many proxies


def move_to_header(page: Page, at: Location) -> Fix | None:
    """A key in a header of its own. A token or password wants more than another place: that is a question."""
    way = page.find(at.span) if at.span is not None else None
    if way is None:
        return None
    holder = way.node if isinstance(way.node, Mapping) else way.holders[-1]
    place, name = holder.scalar("in"), holder.scalar("name")
    if place is None or name is None:
        return None
    title = "accept the credential in a header"
    if holder.scalar("type") is None or "schema" in holder:  # a parameter, not a scheme
        if _KEY.fullmatch(name.text):
            question = ""
        elif _TOKEN.search(name.text):
            question = "can callers send it as `Authorization: Bearer`? Declare that scheme, and remove the parameter"
        else:
            question = "can callers send it in the body of a POST? Declare it there, and remove the parameter"
        if question:
            return Fix(title, (), safety=Safety.VALUE, question=question)
    edits = [page.reword(place, "header")]
    if not _HEADER.fullmatch(name.text):
        edits.append(page.reword(name, "X-API-Key"))
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks="callers that send it in the query")


def remove(page: Page, at: Location, what: str) -> Fix | None:
    """An operation or a grant that must not exist, removed."""
    way = page.find(at.span) if at.span is not None else None
    if way is None or way.entry is None or way.node is not way.entry.value:
        return None
    name = way.entry.key.text
    edit = page.without(way.holders[-1], way.entry)
    return Fix(f"remove {what} {name}", (edit,), safety=Safety.RISKY, breaks=f"callers that use {name}")


def use_https(page: Page, at: Location) -> Fix | None:
    """TLS for the URL at a place; on a port of its own, only its people know where that is."""
    if at.span is None:
        return None
    written = page.source.text[at.span.start : at.span.end]
    title, breaks = "change the server's URL to https", "callers, until the server supports TLS"
    found = re.search(r"(?i)\b(http|ws)://", written)
    if found is None:
        return None
    if ":" in urlsplit(written[found.start() :].strip("\"' ")).netloc.rpartition("]")[2]:
        return Fix(title, (), safety=Safety.VALUE, question="which port is its TLS port?")
    start = at.span.start + found.end(1)
    return Fix(title, (Edit(at.source, Span(start, start), "s"),), safety=Safety.RISKY, breaks=breaks)
