"""What a client writes into headers, requests to upstreams and redirects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.technologies.edges.nginx.blocks import refuses
from batten.technologies.edges.nginx.taint import as_path, led, line_break
from batten.technologies.edges.nginx.tree import Tree
from batten.technologies.edges.nginx.upstreams import target_of
from batten.technologies.shared.edges.nodes import Item

DECODED = re.compile(r"\$\{?(?:uri|document_uri)\b\}?")
_NAMED = (
    "add_header",
    "add_trailer",
    "proxy_set_header",
    "grpc_set_header",
)  # a header's name, and its value
_BUILT = (
    "return",
    "rewrite",
    "proxy_pass",
    "error_page",
    "more_set_headers",
    "more_set_input_headers",
    *_NAMED,
)
_REDIRECTS = ("301", "302", "303", "307", "308")

# What ends the host of an address; these variables start with a slash or a question mark.
_BEHIND_HOST = re.compile(r"[/?#]|\$\{?(?:request_uri|document_uri|uri|is_args)\b")


def splits(tree: Tree) -> Iterator[Feature]:
    """$uri is decoded: %0d%0a in a path becomes a line break in a header, or in the request passed on.
    So is what an expression captures of it."""
    for server in tree.servers:
        if refuses(server) or _refuses_line_breaks(server):
            continue
        for item in server.below(*_BUILT):
            # The variable that may bring a line break along; "" when none does.
            text = _text(item)
            if "$" not in text:
                name = ""
            else:
                # What a `rewrite` captures itself it encodes again.
                name = line_break(tree, item, text, quoted=item.name == "rewrite")
            if name:
                what = f"`{item.name}` with {name}"
                yield Feature(item.place(), Switch.RESPONSE_SPLITTING, Setting(True, item.place()), what)


def _refuses_line_breaks(server: Item) -> bool:
    """Whether the server refuses requests with an encoded line break before it does anything else."""
    for condition in server.all("if"):
        words = " ".join(condition.values).lower()
        if (
            "$request_uri" in words
            and "~" in words
            and "%0a" in words
            and "%0d" in words
            and refuses(condition)
        ):
            return True
    return False


def _text(item: Item) -> str:
    """The part of the directive that becomes a header, or the line of a request."""
    words = item.values
    match item.name:
        case name if name in _NAMED:
            return words[1] if len(words) > 1 else ""
        case "more_set_headers" | "more_set_input_headers":
            return " ".join(words)
        case "error_page":
            return words[-1] if words and "://" in words[-1] else ""
        case "proxy_pass":
            return target_of(as_path(item, words[0])).path if words else ""
        case "return":
            redirect = bool(words) and (words[0] in _REDIRECTS or "://" in words[0])
            return words[-1] if redirect else ""
        case _:
            away = len(words) > 1 and ("://" in words[1] or words[-1] in ("permanent", "redirect"))
            return words[1] if away else ""


def redirects_elsewhere(tree: Tree) -> Iterator[Feature]:
    """A redirect whose host a link decides."""
    for server in tree.servers:
        for item in server.below("return", "rewrite"):
            host = _host(item)
            name = led(tree, item, host) if "$" in host else ""
            if name:
                what = f"`{item.name}` to {name}"
                yield Feature(item.place(), Switch.OPEN_REDIRECT, Setting(True, item.place()), what)


def _host(item: Item) -> str:
    """Where a redirect leads: the host as written; "" for paths."""
    text = _text(item) or (item.value if item.name == "return" and item.value.startswith("$") else "")
    text = as_path(item, text)
    _, scheme, rest = text.partition("://")
    if scheme:
        return _BEHIND_HOST.split(rest, maxsplit=1)[0]
    return text.partition("/")[0] if text.startswith("$") else ""
