"""What a client writes into headers, requests to upstreams and redirects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies._edges.nodes import Item
from batten.technologies.nginx.blocks import refuses
from batten.technologies.nginx.tree import Tree
from batten.technologies.nginx.upstreams import VARIABLE, capture, clients, target_of

DECODED = re.compile(r"\$\{?(?:uri|document_uri)\b\}?")
_BUILT = ("return", "rewrite", "add_header", "proxy_pass", "proxy_set_header")
_REDIRECTS = ("301", "302", "303", "307", "308")
_CLASS = re.compile(r"\[\^((?:\\.|[^\]\\])+)\]")
_BREAKS = re.compile(r"\\[nsvR]|\\x0?[aA]\b|\\W")
# Values that a person is led to send by a link; what proxies in front set is not.
_LINKED = re.compile(r"^(?:arg_\w+|args|query_string|cookie_\w+)$")


def splits(tree: Tree) -> Iterator[Feature]:
    """$uri is decoded: %0d%0a in a path becomes a line break in a header, or in the request passed on.
    So is what an expression captures of it."""
    for server in tree.servers:
        if refuses(server):
            continue
        for item in server.walk():
            name = _decoded(item) if item.name in _BUILT else ""
            if name:
                what = f"`{item.name}` with {name}"
                yield Feature(item.place(), Switch.RESPONSE_SPLITTING, Setting(True, item.place()), what)


def _decoded(item: Item) -> str:
    """The variable that may bring a line break along; "" when none does."""
    text = _text(item)
    found = DECODED.search(text)
    if found is not None:
        return found[0].replace("{", "").replace("}", "")
    if item.name == "rewrite":
        return ""  # what it captures itself it encodes again
    for name in VARIABLE.findall(text):
        captured = capture(item, name)
        if captured is not None and takes_line_breaks(captured):
            return f"${name}"
    return ""


def _text(item: Item) -> str:
    """The part of the directive that becomes a header, or the line of a request."""
    words = item.values
    match item.name:
        case "add_header" | "proxy_set_header":
            return words[1] if len(words) > 1 else ""
        case "proxy_pass":
            return target_of(words[0]).path if words else ""
        case "return":
            redirect = bool(words) and (words[0] in _REDIRECTS or "://" in words[0])
            return words[-1] if redirect else ""
        case _:
            away = len(words) > 1 and ("://" in words[1] or words[-1] in ("permanent", "redirect"))
            return words[1] if away else ""


def takes_line_breaks(pattern: str) -> bool:
    """Whether an expression matches a line feed: a negated class that does not name it, or \\s. A dot
    does not (PCRE)."""
    for found in _CLASS.finditer(pattern):
        if not _BREAKS.search(found[1]) and "\n" not in found[1]:
            return True
    return bool(re.search(r"\\[sWD]", _CLASS.sub("", pattern)))


def redirects_elsewhere(tree: Tree) -> Iterator[Feature]:
    """A redirect whose host a link decides."""
    for server in tree.servers:
        for item in server.walk():
            host = _host(item)
            led = [n for n in VARIABLE.findall(host) if _LINKED.match(n) and clients(tree, server, item, n)]
            if led:
                what = f"`{item.name}` to ${led[0]}"
                yield Feature(item.place(), Switch.OPEN_REDIRECT, Setting(True, item.place()), what)


def _host(item: Item) -> str:
    """Where a redirect leads: the host as written; "" for paths."""
    if item.name not in ("return", "rewrite"):
        return ""
    text = _text(item) or (item.value if item.name == "return" and item.value.startswith("$") else "")
    _, scheme, rest = text.partition("://")
    if scheme:
        return re.split(r"[/?#]", rest, maxsplit=1)[0]
    return text if text.startswith("$") else ""
