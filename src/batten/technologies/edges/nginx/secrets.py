"""Credentials written out. No value goes into a fact, nor into a pointer (see tree.named)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Secret
from batten.model import Location
from batten.technologies.edges.nginx.tree import CREDENTIAL_TEST, Tree, varies
from batten.technologies.shared.edges.credentials import SCHEME, credential
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.secrets import credentials

_SENT = ("proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param", "scgi_param")
_READ = (
    *_SENT, "set", "secure_link_md5", "secure_link_secret", "client_secret", "proxy_password", "auth_http_header", "env",
    "if", "map",
)  # fmt: skip
_VARIABLE = re.compile(r"\$\{?\w+\}?")


def secrets(tree: Tree) -> Iterator[Secret]:
    for item in tree.root.below(*_READ):
        for name, kind, at in _of(item):
            yield credentials.in_config(at, name, kind)


def _of(item: Item) -> Iterator[tuple[str, str, Location]]:
    words = item.values
    if item.name in _SENT and len(words) > 1:
        header = words[0]
        value = words[1]
        name = header.removeprefix("HTTP_").replace("_", "-")
        text = SCHEME.sub("", value)
        if not varies(value) and not credentials.placeholder(text) and not (len(text) < 8):
            if credentials.token(value):
                yield header, credentials.token(value) or "token", item.word(1)
            elif (
                credential(name)
                and name.lower() not in ("cookie", "set-cookie")
                and not re.search(r"\s", text)
            ):
                yield header, "password" if value.lower().startswith("basic") else "token", item.word(1)
    elif item.name == "set" and len(words) > 1 and not varies(words[1]):
        kind = credentials.recognise(words[0].lstrip("$"), words[1])
        if kind is not None:
            yield words[0], kind, item.word(1)
    elif (item.name == "secure_link_md5" and words and _salted(words[0])) or (
        item.name == "secure_link_secret" and words and not _empty(words[0])
    ):
        yield item.name, "secret", item.word(0)
    elif item.name in ("client_secret", "proxy_password") and words and not _empty(words[0]):
        yield item.name, "secret", item.word(0)  # ngx_http_oidc_module, ngx_mgmt_module
    elif item.name == "auth_http_header" and len(words) > 1 and not _empty(words[1]):
        yield words[0], "secret", item.word(1)  # ngx_mail_auth_http_module: the header is a shared secret
    elif item.name == "env" and words and "=" in words[0]:
        name, _, value = words[0].partition("=")
        kind = credentials.recognise(name, value)
        if kind is not None:
            yield name, kind, item.word(0)
    elif item.name == "if":
        yield from _compared(item)
    elif item.name == "map" and words and CREDENTIAL_TEST.match(words[0]):
        yield from _keys(item)


def _empty(text: str) -> bool:
    return varies(text) or credentials.placeholder(text) or not text


def _salted(expression: str) -> bool:
    """A literal of some length between the variables: it is what keeps others from signing."""
    return any(
        len(p.strip()) >= 6 and not credentials.placeholder(p.strip()) for p in _VARIABLE.split(expression)
    )


def _compared(item: Item) -> Iterator[tuple[str, str, Location]]:
    """`if ($http_x_api_key != "…")`."""
    found = CREDENTIAL_TEST.match(" ".join(item.values).lstrip("( "))
    index = max((n for n, w in enumerate(item.values) if w != ")"), default=-1)
    last = item.values[index].rstrip(")").strip("\"'") if index > 1 else ""
    literal = SCHEME.sub("", last.removeprefix("^").removesuffix("$"))
    if found is None or varies(literal) or len(literal) < 8 or credentials.placeholder(literal):
        return
    if not re.search(r"[\[(*|\\]", literal):
        yield found[0], "key", item.word(index)


def _keys(made: Item) -> Iterator[tuple[str, str, Location]]:
    """A map from keys to clients."""
    for entry in made.items:
        key = SCHEME.sub("", entry.name)
        plain = not key.startswith(("~", "!")) and key not in ("default", "hostnames", "volatile", "")
        if plain and credentials.recognise("api_key", key):
            yield made.value, "key", Location(entry.source.path, entry.pointer, entry.directive.span)
            return
