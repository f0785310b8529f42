"""How callers are let in: passwords in clear text, keys in URLs, logins that a nested location gives up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Content, Feature
from batten.model import Setting, Switch
from batten.technologies.edges.nginx.blocks import (
    DULL,
    GUARDS,
    content_of,
    guarded,
    is_acme,
    locations,
    match_of,
    only_redirects_or_refuses,
    passes,
    private,
    refuses,
)
from batten.technologies.edges.nginx.routes import methods_of
from batten.technologies.edges.nginx.tls.listeners import plain_listens
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.edges.nodes import Item

_ARGUMENT = re.compile(r"\$\{?arg_(\w+)\}?")
_SENT = ("proxy_set_header", "grpc_set_header", "fastcgi_param", "uwsgi_param", "scgi_param")
_WRITES = ("PUT", "DELETE", "MOVE", "COPY", "MKCOL")
_BEHIND = ("set_real_ip_from", "real_ip_header")  # another proxy, which may end TLS, is in front


def logins(tree: Tree) -> Iterator[Feature]:
    for server in tree.servers:
        if refuses(server):
            continue
        yield from _plain(tree, server)
        for location in locations(server):
            yield from _given_up(location)
            yield from _writes(server, location)
    # A parameter that becomes a credential, or is held against one.
    for http in tree.own:
        for item in http.below(*_SENT, "if", "map", "auth_jwt"):
            name = _argument(item)
            if name:
                yield Feature(
                    item.place(), Switch.CREDENTIAL_IN_URL, Setting(True, item.place()), f"$arg_{name}"
                )


def _plain(tree: Tree, server: Item) -> Iterator[Feature]:
    """Basic authentication sends the password with every request, encoded but not encrypted."""
    if not any(map(_basic, (server, *locations(server)))):
        return
    open_to_all = plain_listens(server) or not server.all("listen")
    if not open_to_all or private(server) or only_redirects_or_refuses(server) is not False:
        return
    if any(inherited(server, n) != [] for n in _BEHIND) or "$http_x_forwarded_proto" in _words(server):
        return
    login = next(filter(None, map(_basic, (server, *locations(server)))))
    yield Feature(login.place(), Switch.PLAIN_LOGIN, Setting(True, login.place()), "`auth_basic`")


def _basic(block: Item) -> Item | None:
    """What requires a password here."""
    login = block.first("auth_basic")
    return login if login is not None and login.value != "off" else None


def _words(server: Item) -> str:
    return " ".join(v for i in server.walk() for v in i.values)


def _given_up(location: Item) -> Iterator[Feature]:
    match = match_of(location)
    if (
        location.up is None
        or location.first(*GUARDS) is None
        or passes(location) is None
        or DULL.search(match.path)
        or is_acme(location)
    ):
        return
    if guarded(location) or match.kind == "regex" or content_of(location) is Content.ASSET:
        return
    for name in GUARDS:
        off = location.first(name)
        outer = inherited(location.up, name)
        if off is not None and off.value == "off" and outer and outer[-1].value != "off":
            yield Feature(off.place(), Switch.LOGIN, Setting(False, off.place()), match.path)


def _writes(server: Item, location: Item) -> Iterator[Feature]:
    """ngx_http_dav_module: files may be uploaded and deleted."""
    found = inherited(location, "dav_methods")
    verbs = [v.upper() for v in found[-1].values if v.upper() in _WRITES] if found else []
    if not found or not verbs:
        return
    allowed = methods_of(location)
    if guarded(location) or private(server) or passes(location):
        return
    if allowed.written and not set(verbs) & set(allowed.known(tuple(verbs))):
        return
    if location.first("limit_except"):
        return
    what = f"{', '.join(verbs)} below {match_of(location).path}"
    yield Feature(found[-1].place(), Switch.ANONYMOUS_WRITES, Setting(True, found[-1].place()), what)


def _argument(item: Item) -> str:
    words = item.values
    if item.name in _SENT and len(words) > 1 and credential(words[0].removeprefix("HTTP_").replace("_", "-")):
        text = words[1]
    elif item.name == "if":
        text = " ".join(words)
    elif item.name == "map" and words:
        text = words[0]
    elif item.name == "auth_jwt":
        text = next((w for w in words if w.startswith("token=")), "")
    else:
        return ""
    names = (n for n in _ARGUMENT.findall(text) if credential(n) and "csrf" not in n.lower())
    return next(names, "")
