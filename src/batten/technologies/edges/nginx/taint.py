"""What a client's request puts into a text with variables: through captures, `set` and `map`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.technologies.edges.nginx.blocks import values_of
from batten.technologies.edges.nginx.captures import VARIABLE, captured
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item

# Decoded by nginx, so a line break may be in it: the path, what is made of it, and what a client is called or sends.
DECODED = frozenset(
    ("uri", "document_uri", "request_filename", "fastcgi_script_name", "fastcgi_path_info", "request_body")
)
# Values that a person is led to send by a link; what proxies in front set is not.
LINKED = re.compile(r"^(?:arg_\w+|args|query_string|cookie_\w+)$")
# What keeps its dots and slashes; the Host header with two dots in a row is refused.
RAW = re.compile(r"^(?:arg_\w+|args|query_string|cookie_\w+|http_(?!host$)\w+)$")


def line_break(tree: Tree, scope: Item, text: str, quoted: bool = False, seen: set[str] | None = None) -> str:
    """The first variable of a text that may bring a line break along; "" when none does. `quoted`: numbered groups are
    encoded again. `seen` are variables that were asked, each once."""
    asked = set() if seen is None else seen
    for name in VARIABLE.findall(text):
        # Whether no login is required, so that the name of the Authorization header is what a client likes.
        if name in DECODED or (name == "remote_user" and inherited(scope.up or scope, "auth_basic") == []):
            return f"${name}"
        found = captured(scope, name)
        if found is not None:
            encoded = quoted and name.isdigit()
            if not encoded and found.takes_line_breaks and line_break(tree, scope, found.source, seen=asked):
                return f"${name}"
        elif name not in asked:
            asked.add(name)
            if any(line_break(tree, i, t, q, asked) for i, t, q in _given(tree, scope, name)):
                return f"${name}"
    return ""


def _given(tree: Tree, scope: Item, name: str) -> Iterator[tuple[Item, str, bool]]:
    """What gives a variable its value, the text, and whether groups in it are encoded again."""
    for item in values_of(tree, scope, name) or ():
        if item.name != "set":
            yield item, item.value, False
        elif item is not scope:
            yield item, item.values[1], True


def led(tree: Tree, scope: Item, text: str) -> str:
    """The first variable of a text that a link sets, the path included; "" when none does."""
    return _brought(tree, scope, text, LINKED, "$uri", set())


def raw(tree: Tree, scope: Item, text: str) -> str:
    """The first variable of a text that is as a client sent it, `../` included; "" when none is."""
    return _brought(tree, scope, text, RAW, "", set())


def _brought(tree: Tree, scope: Item, text: str, names: re.Pattern[str], path: str, seen: set[str]) -> str:
    """The first variable of one of the names, itself or through others. `path`: groups of it count, too."""
    for name in VARIABLE.findall(text):
        if names.match(name):
            return f"${name}"
        found = captured(scope, name)
        if found is not None:
            free = not (found.fixed or found.confined or found.is_path)
            source = found.source
            if free and (
                source == path or (source != text and _brought(tree, scope, source, names, path, seen))
            ):
                return f"${name}"
        elif name not in seen:
            seen.add(name)
            if any(_brought(tree, i, t, names, path, seen) for i, t, _ in _given(tree, scope, name)):
                return f"${name}"
    return ""


def as_path(scope: Item, text: str) -> str:
    """The text with a slash written before each group that begins with one."""

    def slashed(found: re.Match[str]) -> str:
        group = captured(scope, found[1])
        return f"/{found[0]}" if group is not None and group.is_path else found[0]

    return VARIABLE.sub(slashed, text) if "$" in text else text
