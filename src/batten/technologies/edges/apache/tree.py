"""A configuration as httpd sees it: includes and conditions resolved, servers and sections nested."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from batten.model import ABSENT, UNKNOWN, Absent, Location, Problem, Setting, Unknown
from batten.technologies.shared.edges import nodes
from batten.technologies.shared.text.places import Places

T = TypeVar("T")

RUNTIME = ("if", "elseif", "else")  # sections that a request decides about
REQUIRES = ("requireall", "requireany", "requirenone")
METHODS = ("limit", "limitexcept")
PATHS = (
    "directory",
    "directorymatch",
    "files",
    "filesmatch",
    "location",
    "locationmatch",
    "proxy",
    "proxymatch",
)
_NAMED = frozenset(
    [
        "header",
        "alias",
        "scriptalias",
        "proxypass",
        "balancermember",
        "redirect",
        "rewriterule",
        "listen",
        "setenv",
        "sslproxyverify",
    ]
)
_VARIABLE = re.compile(r"\$\{|\{\{|<%|@@|%%")


@dataclass(slots=True, eq=False, init=False)
class Item(nodes.Item):
    """A directive in its context, `values` with what `Define` says written out."""

    def hides(self, name: str) -> bool:
        """Whether something that cannot be decided here may hold the directive; so may what a request decides."""
        if nodes.Item.hides(self, name):
            return True
        return any(j.name == name for i in self.all(*RUNTIME) for j in i.walk())


@dataclass(slots=True)
class Tree:
    """One configuration. `kind`: "main" (what is not written has the vendor's default), "sites" (virtual
    hosts of a main file that is not here), "part" (.htaccess, a snippet: anything may stand around it)."""

    root: Item
    kind: str
    files: tuple[str, ...]
    problems: list[Problem]
    modules: frozenset[str] | None = None  # what is loaded, "headers"; None: not known
    version: str = ""
    _places: Places[Item] | None = None
    _heard: dict[str, list[str]] | None = None

    @property
    def hosts(self) -> list[Item]:
        return self.root.all("virtualhost")

    @property
    def servers(self) -> list[Item]:
        """Virtual hosts, and the server around them where it answers itself."""
        if self.kind == "sites":
            return self.hosts
        return [*([self.root] if self.kind == "part" or self.own_ports else []), *self.hosts]

    def heard(self, port: str) -> list[str]:
        """The addresses on which `Listen` directives say that a port is listened on; "" for all."""
        if self._heard is None:
            self._heard = {}
            for item in self.root.all("listen"):
                address = item.value.rpartition(":")[0].strip("[]")
                self._heard.setdefault(port_in(item.value), []).append(address)
        return self._heard.get(port, [])

    @property
    def own_ports(self) -> list[Item]:
        """`Listen` directives whose port no virtual host takes."""
        taken = {p for host in self.hosts for p in map(port_in, host.values)}
        return [i for i in self.root.all("listen") if "*" not in taken and port_in(i.value) not in taken]

    def at(self, at: Location) -> Item | None:
        """The item whose span, or one of whose arguments, the location gives."""
        if self._places is None:
            self._places = nodes.places_of(self.root)
        return nodes.located(self._places, at)


def port_in(address: str) -> str:
    """The port of a `Listen` or a <VirtualHost>; "*" for any."""
    port = address.rpartition(":")[2] if ":" in address and not address.endswith("]") else address
    return port if port.isdigit() else "*"


def varies(text: str) -> bool:
    """Whether a variable that is not defined here, or a template's placeholder, is in it."""
    return bool(_VARIABLE.search(text))


def inherited(item: Item, name: str) -> Item | Unknown | None:
    """The directive in force: that of the innermost block that has it. UNKNOWN: something that cannot be
    decided here may hold it."""
    for block in item.around():
        if block.hides(name):
            return UNKNOWN
        own = block.last(name)
        if own is not None:
            return own
    return None


def setting(
    item: Item,
    name: str,
    parse: Callable[[list[str]], T | None],
    default: T | Absent | Unknown = ABSENT,
    home: Item | None = None,
) -> Setting[T]:
    """The effective value of a directive; when it is absent, `home` is the block to write it to."""
    found = inherited(item, name)
    return nodes.in_force(found, (home or item).block(), parse, varies, default)


def written(item: Item, name: str) -> Item | None:
    """The directive in force where that is known."""
    found = inherited(item, name)
    return found if isinstance(found, Item) else None


def root_of(item: Item) -> Item:
    return [*item.around()][-1]


def named(root: Item) -> None:
    """Settle the tree, and give every item its step of the pointer: names, not positions."""
    root.settle()
    taken: set[str] = set()
    for item in root.walk():
        if item.name == "virtualhost":
            name = item.first("servername")
            item.step = f"VirtualHost[{name.value if name else item.value}]"
        elif item.name in PATHS or item.name in METHODS:
            item.step = f"{item.name}[{' '.join(item.values)}]"
        elif item.name in ("header", "requestheader"):
            words = [v for v in item.values if v.lower() not in ("always", "onsuccess")]
            item.step = f"{item.name}[{words[1] if len(words) > 1 else ''}]"
        else:
            item.step = f"{item.name}[{item.value}]" if item.name in _NAMED else item.name
        if item.name == "virtualhost":
            if item.step in taken:
                item.step = item.step[:-1] + f" {item.value}]"
            taken.add(item.step)
