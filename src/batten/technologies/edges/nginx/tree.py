"""A configuration as nginx sees it: includes expanded, contexts nested, settings inherited."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from batten.formats.placeholders import MARK, shown_filled
from batten.model import ABSENT, UNKNOWN, Absent, Location, Problem, Setting, Unknown
from batten.technologies.shared.edges.nodes import Item, in_force, located, once, places_of, remembered
from batten.technologies.shared.text.places import Places

T = TypeVar("T")

MAIN = ("http", "events", "stream", "mail", "worker_processes", "user", "pid", "load_module", "daemon")
# What stands in http, and in no server or location.
_HTTP_ONLY = frozenset(
    (
        "server",
        "upstream",
        "map",
        "geo",
        "limit_req_zone",
        "limit_conn_zone",
        "proxy_cache_path",
        "log_format",
    )
)
LAST_CONTEXT = ("http", "stream", "mail")
# A header that carries a credential, and what it is held against: none of it may get into a pointer.
CREDENTIAL_TEST = re.compile(
    r"\$\{?(?:http_(?:authorization|proxy_authorization|\w*(?:key|token|secret|password))"
    r"|(?:arg|cookie)_\w*(?:key|token|secret|password))\b\}?",
    re.IGNORECASE,
)
# Directives that a block repeats: their first argument says which one it is, and is never a credential.
_NAMED = frozenset(
    [
        "add_header",
        "allow",
        "deny",
        "error_page",
        "fastcgi_param",
        "grpc_set_header",
        "listen",
        "proxy_cookie_flags",
        "proxy_hide_header",
        "proxy_pass_header",
        "proxy_set_header",
        "rewrite",
        "scgi_param",
        "set",
        "set_real_ip_from",
        "uwsgi_param",
    ]
)
_STEPS = _NAMED.union(("http", "", "server", "location", "upstream", "if", "limit_except", "map", "geo"))
_TEMPLATE = re.compile(rf"\$|\{{\{{|<%|%%|{MARK}")


@dataclass(slots=True)
class Tree:
    """One configuration. In a fragment (conf.d/api.conf by itself) the root is the http context; the
    http block of the nginx.conf that it lies beside, if any, is around it."""

    root: Item
    files: tuple[str, ...]
    problems: list[Problem]
    version: str = ""
    _places: Places[Item] | None = None

    @property
    def fragment(self) -> bool:
        return _fragment(self.root)

    @property
    def inside_server(self) -> bool:
        """Whether this may be a part of a server or a location: the block around it is not known."""
        return self.fragment and self.root.first(*_HTTP_ONLY) is None

    @property
    def own(self) -> list[Item]:
        """The http contexts that this configuration is made of."""
        return _own(self.root)

    @property
    def http(self) -> list[Item]:
        """The http contexts that maps, zones and formats may stand in."""
        own = _own(self.root)
        return own if self.root.up is None else [*own, self.root.up]

    @property
    def servers(self) -> list[Item]:
        """The servers; without any, the block that sets something for those of other files."""
        root = self.root
        if root.named is None:
            return _found(self)
        return remembered(root, "servers", partial(_found, self))

    @property
    def streams(self) -> list[Item]:
        """Servers of raw TCP and of mail."""
        return [s for n in ("stream", "mail") for h in self.root.all(n) for s in h.all("server")]

    def at(self, at: Location) -> Item | None:
        """The item whose span, or one of whose arguments, the location gives."""
        if self._places is None:
            self._places = places_of(self.root)
        return located(self._places, at)


def _fragment(root: Item) -> bool:
    return root.first(*MAIN) is None


def _own(root: Item) -> list[Item]:
    return _found_own(root) if root.named is None else _settled_own(root)


def _found_own(root: Item) -> list[Item]:
    return [root] if _fragment(root) else root.all("http")


_settled_own = once(_found_own)


def _found(tree: Tree) -> list[Item]:
    if tree.inside_server:
        return [tree.root]
    own = tree.own
    found = [s for h in own for s in h.all("server") if s.directive.body is not None]
    return found or [h for h in own if h.items and h.hides("server")]


def varies(text: str) -> bool:
    """Whether a variable or a template's placeholder is in it."""
    return bool(_TEMPLATE.search(text))


def inherited(item: Item, name: str) -> list[Item] | None:
    """The directives in force: those of the innermost block that has any. None: an unread include
    may hold them."""
    block: Item | None = item
    while block is not None:
        if block.named is not None and (own := block.named.get(name)) is not None:
            return own
        if block.unread and block.hides(name):
            return None
        if block.name in LAST_CONTEXT and name != "error_log":
            return []
        block = block.up
    return []


def setting(
    item: Item,
    name: str,
    parse: Callable[[list[str]], T | None],
    default: T | Absent | Unknown = ABSENT,
    home: Item | None = None,
) -> Setting[T]:
    """The effective value of a directive; when it is absent, `home` is the block to write it to."""
    found = inherited(item, name)
    last = UNKNOWN if found is None else found[-1] if found else None
    return in_force(last, (home or item).block(), parse, varies, default)


def flag(values: list[str]) -> bool | None:
    """The value of an on/off directive."""
    return {"on": True, "off": False}.get(values[0].lower()) if values else None


def home_of(server: Item) -> Item:
    """Where a setting for all servers belongs: the http block, or the server in a fragment."""
    return server.up if server.up is not None and server.up.name == "http" else server


def named(root: Item) -> None:
    """Settle the tree, and give every item its step of the pointer: names, not positions."""
    root.settle()
    for item in root.walk():
        plain = item.name not in _STEPS and item.up is not None and item.up.name != "map"
        item.step = item.name if plain else shown_filled(_step(item))
    taken: set[str] = set()
    for item in root.below("server"):
        if item.directive.body is None:
            continue
        if item.pointer in taken:
            listen = item.first("listen")
            item.step = shown_filled(item.step[:-1] + f":{listen.value if listen else 80}]")
            item.forget_pointer()
        taken.add(item.pointer)


def _step(item: Item) -> str:
    if item.up is not None and item.up.name == "map" and CREDENTIAL_TEST.match(item.up.value):
        return "entry"
    match item.name:
        case "http" | "":
            return ""
        case "server" if item.directive.body is not None:
            names, listen = item.first("server_name"), item.first("listen")
            return f"server[{names.value if names else listen.value if listen else ''}]"
        case "if" if (test := CREDENTIAL_TEST.search(" ".join(item.values))) is not None:
            return f"if[{test[0]}]"
        case "location" | "upstream" | "if" | "limit_except" | "map" | "geo":
            return f"{item.name}[{' '.join(item.values)}]"
        case name if name in _NAMED or (name == "server" and item.directive.body is None):
            return f"{name}[{item.value}]"
        case name:
            return name
