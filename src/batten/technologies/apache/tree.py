"""A configuration as httpd sees it: includes and conditions resolved, servers and sections nested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from batten.formats.apache import Directive
from batten.formats.document import Text
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Span, Unknown
from batten.technologies._text.places import Places

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
_NAMED = ("header", "alias", "scriptalias", "proxypass", "redirect", "listen", "setenv", "sslproxyverify")
_VARIABLE = re.compile(r"\$\{|\{\{|<%|@@|%%")


@dataclass(slots=True, eq=False)
class Item:
    """A directive in its context, `values` with what `Define` says written out.

    `unread` are includes and conditions of this block that cannot be decided here: each the
    prefixes of the names that it can hold ("$" ends a whole name), or None for anything.
    """

    directive: Directive
    source: Text
    up: Item | None
    values: list[str]
    items: list[Item] = field(default_factory=list)
    unread: list[tuple[str, ...] | None] = field(default_factory=list)
    step: str = ""
    kept: dict[str, Any] = field(default_factory=dict)  # what readers made of the block and ask for again
    _by_name: dict[str, list[Item]] = field(default_factory=dict)
    _indexed: int = 0  # items when the index was made

    @property
    def name(self) -> str:
        return self.directive.name

    @property
    def value(self) -> str:
        """The first argument, "" without one."""
        return self.values[0] if self.values else ""

    @property
    def section(self) -> bool:
        return self.directive.body is not None

    def named(self) -> dict[str, list[Item]]:
        """The items by their name. Main files have thousands, and each server looks at them."""
        if self._indexed != len(self.items):
            self._by_name, self._indexed = {}, len(self.items)
            for item in self.items:
                self._by_name.setdefault(item.name, []).append(item)
        return self._by_name

    def all(self, *names: str) -> list[Item]:
        if len(names) == 1:
            return list(self.named().get(names[0], ()))
        present = [n for n in names if n in self.named()]
        if len(present) < 2:
            return list(self.named()[present[0]]) if present else []
        return [i for i in self.items if i.name in present]

    def first(self, name: str) -> Item | None:
        found = self.named().get(name)
        return found[0] if found else None

    def last(self, name: str) -> Item | None:
        """The directive in force: a later one of the same block takes the place of an earlier."""
        found = self.named().get(name)
        return found[-1] if found else None

    def walk(self) -> Iterator[Item]:
        """Everything below, in reading order."""
        waiting = self.items[::-1]
        while waiting:
            item = waiting.pop()
            yield item
            waiting += item.items[::-1]

    def around(self) -> Iterator[Item]:
        """This block and those around it, innermost first."""
        here: Item | None = self
        while here is not None:
            yield here
            here = here.up

    def hides(self, name: str) -> bool:
        """Whether something that cannot be decided here may hold the directive."""
        if any(prefixes is None or f"{name}$".startswith(prefixes) for prefixes in self.unread):
            return True
        runtime = [i for n in RUNTIME for i in self.named().get(n, ())]
        return any(j.name == name for i in runtime for j in i.walk())

    @property
    def pointer(self) -> str:
        steps = [i.step for i in self.around() if i.step]
        return "/".join(reversed(steps))

    def place(self) -> Location:
        """Where the directive stands, to be replaced."""
        return Location(self.source.path, self.pointer, self.directive.span)

    def block(self) -> Location:
        """The section, to add something to."""
        return Location(self.source.path, self.pointer, self.directive.span, kind=Kind.BLOCK)

    def word(self, index: int) -> Location:
        """One argument's own place."""
        arg = self.directive.args[index]
        return Location(self.source.path, self.pointer, Span(arg.start, arg.end))


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
        if at.span is None:
            return None
        if self._places is None:
            items = (self.root, *self.root.walk())
            self._places = Places((i.source.path, i.directive.span, i) for i in items)
        block = at.kind is Kind.BLOCK
        same = next((i for i in self._places.exact(at.source, at.span) if i.name or block), None)
        around = [i for i in self._places.innermost(at.source, at.span) if i.name]
        return same or (around[-1] if around else None)


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
    if not isinstance(found, Item):
        block = (home or item).block()
        return Setting(UNKNOWN, block) if isinstance(found, Unknown) else Setting(ABSENT, block, default)
    unknown = not found.values or any(varies(v) for v in found.values)
    value = None if unknown else parse(found.values)
    return Setting(UNKNOWN if value is None else value, found.place())


def written(item: Item, name: str) -> Item | None:
    """The directive in force where that is known."""
    found = inherited(item, name)
    return found if isinstance(found, Item) else None


def root_of(item: Item) -> Item:
    return [*item.around()][-1]


def remembered(block: Item, key: str, make: Callable[[], T]) -> T:
    """What `make` makes of a block, once: a tree does not change when it is loaded."""
    if key not in block.kept:
        block.kept[key] = make()
    made: T = block.kept[key]
    return made


def named(root: Item) -> None:
    """Give every item its step of the pointer: names, not positions."""
    taken: set[str] = set()
    for item in root.walk():
        item.step = _step(item)
        if item.name == "virtualhost":
            if item.step in taken:
                item.step = item.step[:-1] + f" {item.value}]"
            taken.add(item.step)


def _step(item: Item) -> str:
    if item.name == "virtualhost":
        name = item.first("servername")
        return f"VirtualHost[{name.value if name else item.value}]"
    if item.name in PATHS or item.name in METHODS:
        return f"{item.name}[{' '.join(item.values)}]"
    if item.name == "header":
        words = [v for v in item.values if v.lower() not in ("always", "onsuccess")]
        return f"header[{words[1] if len(words) > 1 else ''}]"
    return f"{item.name}[{item.value}]" if item.name in _NAMED else item.name
