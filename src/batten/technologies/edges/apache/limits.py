"""Bounds on what clients may send, and the edits that set them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Limits
from batten.model import ABSENT, UNKNOWN, Fix, Quantity, Safety, Setting, Unknown
from batten.technologies.edges.apache import versions
from batten.technologies.edges.apache.placement import into, replaced, word
from batten.technologies.edges.apache.sections import only_redirects, refuses
from batten.technologies.edges.apache.tls.writing import TOP
from batten.technologies.edges.apache.tree import PATHS, Item, Tree, inherited, setting, varies

_LIMITS = {
    Quantity.BODY: ("LimitRequestBody", "clients that send larger bodies"),
    Quantity.HEADER_TIMEOUT: ("RequestReadTimeout", "clients that take longer to send their headers"),
    Quantity.BODY_TIMEOUT: ("RequestReadTimeout", "clients that pause longer while they send a body"),
    Quantity.SEND_TIMEOUT: ("Timeout", "clients that pause longer while they receive"),
}
_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def limits(tree: Tree) -> Iterator[Limits]:
    seen: set[object] = set()
    for server in tree.servers:
        if refuses(server) or only_redirects(server):
            continue
        home = tree.root if tree.kind == "main" else server
        found = Limits(
            server.block(),
            body=setting(server, "limitrequestbody", number, versions.body(tree.version), home),
            headers=setting(server, "limitrequestfieldsize", number, versions.FIELDS, home),
            header_timeout=_reading(tree, server, "header", versions.HEADER_TIME, home),
            body_timeout=_reading(tree, server, "body", versions.BODY_TIME, home),
            send_timeout=setting(server, "timeout", seconds, versions.TIMEOUT, home),
        )
        places = (found.body, found.header_timeout, found.body_timeout, found.send_timeout)
        key = tuple(s.at for s in places if s is not None)
        if key not in seen:
            seen.add(key)
            yield found
    for section in tree.root.walk():
        if section.section and section.name not in ("virtualhost", "") and section.first("limitrequestbody"):
            yield Limits(section.block(), body=setting(section, "limitrequestbody", number))


def number(words: list[str]) -> int | None:
    return int(words[0]) if words and words[0].isdigit() else None


def seconds(words: list[str]) -> float | None:
    """Seconds of a time as httpd writes it: 60, 30s, 500ms, 2m."""
    found = re.fullmatch(r"(\d+)(ms|s|m(?:in|i)?|h)?", words[0]) if words else None
    if found is None:
        return None
    unit = found[2] or "s"
    factor = 0.001 if unit == "ms" else 60.0 if unit.startswith("m") else 3600.0 if unit == "h" else 1.0
    return int(found[1]) * factor


def _reading(tree: Tree, server: Item, part: str, default: float, home: Item) -> Setting[float]:
    """mod_reqtimeout: RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500."""
    if tree.modules is not None and "reqtimeout" not in tree.modules:
        return Setting(ABSENT, home.block())
    found = inherited(server, "requestreadtimeout")
    if isinstance(found, Unknown):
        return Setting(UNKNOWN, home.block())
    text = next((v for v in found.values if v.lower().startswith(f"{part}=")), "") if found else ""
    if not found or not text:
        return Setting(ABSENT, home.block(), default)
    value = re.match(r"\w+=(?:\d+-)?(\d+)", text)
    return Setting(UNKNOWN if varies(text) or value is None else float(value[1]), found.place())


def limit(tree: Tree, item: Item, resource: Quantity, amount: str) -> Fix | None:
    if resource not in _LIMITS:
        return None
    name, breaks = _LIMITS[resource]
    number = re.match(r"(\d+)([kmg]?)", amount)
    if number is None:
        return None
    line = f"{name} {int(number[1]) * _UNITS[number[2]]}"
    if name == "RequestReadTimeout":
        # The vendor's default for the part that has no bound.
        part = "header" if resource is Quantity.HEADER_TIMEOUT else "body"
        made = {"header": "header=20-40,MinRate=500", "body": "body=20,MinRate=500"}[part]
        if item.name != "requestreadtimeout":
            return None
        index = next((n for n, v in enumerate(item.values) if v.lower().startswith(f"{part}=")), -1)
        if index < 0:
            return None
        return Fix(
            f"limit the time for the {part}", (word(item, index, made),), safety=Safety.RISKY, breaks=breaks
        )
    edit = (
        replaced(item, line)
        if item.name == name.lower()
        else (
            into(item, line, ("limitrequest", "timeout", *TOP))
            if item.name in ("", "virtualhost", *PATHS)
            else None
        )
    )
    return (
        None
        if edit is None
        else Fix(
            f"bound the {resource.value.replace('-', ' ')} to {amount}",
            (edit,),
            safety=Safety.RISKY,
            breaks=breaks,
        )
    )
