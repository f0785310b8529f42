"""Credentials written out. No value goes into a fact, nor into a pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Secret
from batten.model import Location, Setting
from batten.technologies.edges.lighttpd.tree import Item, Scope, Tree, members
from batten.technologies.edges.lighttpd.upstreams import BACKENDS
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.edges.headers import session_name
from batten.technologies.shared.secrets import credentials

_HEADERS = ("setenv.add-request-header", "setenv.set-request-header")
_VARIABLES = ("setenv.add-environment", "setenv.set-environment", "bin-environment")
_PASSWORDS = frozenset(("auth.backend.ldap.bind-pw", "mysql-vhost.pass", "auth.backend.mysql.pass"))
_NAMED = re.compile(r"([\w-]+)=([\w.~+/-]{8,})")
_LITERAL = re.compile(r"[\w.~+/=-]{8,}")
_SCHEME = re.compile(r"^(?:Basic|Bearer|Token|ApiKey)\s+", re.IGNORECASE)


def secrets(tree: Tree) -> Iterator[Secret]:
    for scope in tree.root.walk():
        yield from _compared(scope)
        for item in scope.items:
            for name, kind, at in _written(item):
                yield Secret(at, name=name, value=Setting(kind, at), place="config")


def _written(item: Item) -> Iterator[tuple[str, str, Location]]:
    text = item.assignment.value.text
    if item.name in _PASSWORDS and text and not credentials.placeholder(text):
        yield item.name, "password", item.place()
    for pair in members(item.pairs):
        value = pair.value
        if not isinstance(value, str) or not pair.key or credentials.placeholder(value):
            continue
        literal = _SCHEME.sub("", value)
        if item.name in _HEADERS:
            known = credential(pair.key) and pair.key.lower() != "cookie"
            if known and len(literal) >= 8 and not re.search(r"\s", literal):
                yield pair.key, "password" if value.lower().startswith("basic") else "token", pair.place()
        elif pair.key == "password" and item.name.startswith(("vhostdb.", "auth.backend.")):
            yield f"{item.name} password", "password", pair.place()
        else:
            kind = credentials.recognise(pair.key, value)
            if kind is not None and (item.name in _VARIABLES or item.name in BACKENDS):
                yield pair.key, kind, pair.place()


def _compared(scope: Scope) -> Iterator[Secret]:
    """`$REQUEST_HEADER["X-Api-Key"] != "…"`, and parameters and cookies that a condition holds against a text."""
    condition = scope.block.condition if scope.block is not None else None
    if condition is None:
        return
    text, name = condition.value.text, ""
    if condition.variable == "REQUEST_HEADER" and condition.key.lower() != "cookie":
        name, text = condition.key, _SCHEME.sub("", text.removeprefix("^").removesuffix("$"))
    elif found := _NAMED.search(text) if condition.key in ("cookie", "querystring", "Cookie") else None:
        name, text = found[1], found[2]
    known = credential(name) or (condition.key != "querystring" and session_name(name))
    if known and _LITERAL.fullmatch(text) and not credentials.placeholder(text):
        at = Location(scope.source.path, scope.pointer, condition.value.span)
        yield Secret(at, name=name, value=Setting("key", at), place="config")
