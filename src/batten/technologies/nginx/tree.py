"""A configuration as nginx sees it: includes expanded, contexts nested, settings inherited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from batten.formats.document import Text
from batten.formats.nginx import Directive
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Span, Unknown
from batten.technologies._text.places import Places

T = TypeVar("T")

MAIN = ("http", "events", "stream", "mail", "worker_processes", "user", "pid", "load_module", "daemon")
LAST_CONTEXT = ("http", "stream", "mail")
# A header that carries a credential, and what it is held against: none of it may get into a pointer.
CREDENTIAL_TEST = re.compile(
    r"\$\{?(?:http_(?:authorization|proxy_authorization|\w*(?:key|token|secret|password))"
    r"|(?:arg|cookie)_\w*(?:key|token|secret|password))\b\}?",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(r"\$|\{\{|<%|%%|@@")


@dataclass(slots=True, eq=False)
class Item:
    """A directive in its context. `unread` are includes in this block that are not on disk here:
    each the name prefixes that it can hold, or None for anything."""

    directive: Directive
    source: Text
    up: Item | None
    items: list[Item] = field(default_factory=list)
    unread: list[tuple[str, ...] | None] = field(default_factory=list)
    step: str = ""
    name: str = field(init=False, default="")
    values: list[str] = field(init=False, default_factory=list)
    _pointer: str | None = field(init=False, default=None)
    _by_name: dict[str, list[Item]] = field(default_factory=dict)
    _indexed: int = 0  # items when the index was made
    kept: dict[str, Any] | None = None  # what readers made of the block and ask for again

    def __post_init__(self) -> None:
        self.name = self.directive.name
        self.values = [a.text for a in self.directive.args]

    @property
    def value(self) -> str:
        """The first argument, "" without one."""
        return self.directive.args[0].text if self.directive.args else ""

    def all(self, name: str) -> list[Item]:
        if not self.items:
            return []
        if self._indexed != len(self.items):
            self._by_name, self._indexed = {}, len(self.items)
            for item in self.items:
                self._by_name.setdefault(item.name, []).append(item)
        return list(self._by_name.get(name, ()))

    def first(self, name: str) -> Item | None:
        return next(iter(self.all(name)), None)

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
        """Whether an unread include here may hold the directive."""
        return any(prefixes is None or name.startswith(prefixes) for prefixes in self.unread)

    @property
    def pointer(self) -> str:
        """Names from the root to here; fixed once every item has its step (`named`)."""
        if self._pointer is None:
            steps = [i.step for i in self.around() if i.step]
            self._pointer = "/".join(reversed(steps))
        return self._pointer

    def forget_pointer(self) -> None:
        self._pointer = None

    def place(self) -> Location:
        """Where the directive stands, to be replaced."""
        return Location(self.source.path, self.pointer, self.directive.span)

    def block(self) -> Location:
        """The block, to add something to."""
        return Location(self.source.path, self.pointer, self.directive.span, kind=Kind.BLOCK)

    def word(self, index: int) -> Location:
        """One argument's own place."""
        arg = self.directive.args[index]
        return Location(self.source.path, self.pointer, Span(arg.start, arg.end))


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
        return not any(i.name in MAIN for i in self.root.items)

    @property
    def own(self) -> list[Item]:
        """The http contexts that this configuration is made of."""
        return [self.root] if self.fragment else self.root.all("http")

    @property
    def http(self) -> list[Item]:
        """The http contexts that maps, zones and formats may stand in."""
        return [*self.own, *([self.root.up] if self.root.up is not None else [])]

    @property
    def servers(self) -> list[Item]:
        return [s for h in self.own for s in h.all("server") if s.directive.body is not None]

    @property
    def streams(self) -> list[Item]:
        """Servers of raw TCP and of mail."""
        return [s for n in ("stream", "mail") for h in self.root.all(n) for s in h.all("server")]

    def at(self, at: Location) -> Item | None:
        """The item whose span, or one of whose arguments, the location gives."""
        if at.span is None:
            return None
        if self._places is None:
            items = (self.root, *self.root.walk())
            self._places = Places((i.source.path, i.directive.span, i) for i in items)
        same = self._places.exact(at.source, at.span)
        around = [i for i in self._places.innermost(at.source, at.span) if i.name]
        return same[0] if same else around[-1] if around else None


def remembered(block: Item, key: str, make: Callable[[], T]) -> T:
    """What `make` makes of a block, once: a tree does not change when it is loaded."""
    if block.kept is None:
        block.kept = {}
    if key not in block.kept:
        block.kept[key] = make()
    made: T = block.kept[key]
    return made


def varies(text: str) -> bool:
    """Whether a variable or a template's placeholder is in it."""
    return bool(_TEMPLATE.search(text))


def inherited(item: Item, name: str) -> list[Item] | None:
    """The directives in force: those of the innermost block that has any. None: an unread include
    may hold them."""
    for block in item.around():
        own = block.all(name)
        if own:
            return own
        if block.hides(name):
            return None
        if block.name in LAST_CONTEXT and name != "error_log":
            return []
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
    block = (home or item).block()
    if found is None:
        return Setting(UNKNOWN, block)
    if not found:
        return Setting(ABSENT, block, default)
    last = found[-1]
    unknown = not last.values or any(varies(v) for v in last.values)
    value = None if unknown else parse(last.values)
    return Setting(UNKNOWN if value is None else value, last.place())


def flag(values: list[str]) -> bool | None:
    """The value of an on/off directive."""
    return {"on": True, "off": False}.get(values[0].lower()) if values else None


def home_of(server: Item) -> Item:
    """Where a setting for all servers belongs: the http block, or the server in a fragment."""
    return server.up if server.up is not None and server.up.name == "http" else server


def named(root: Item) -> None:
    """Give every item its step of the pointer: names, not positions."""
    taken: set[str] = set()
    for item in root.walk():
        item.step = _step(item)
        if item.name != "server" or item.directive.body is None:
            continue
        if item.pointer in taken:
            listen = item.first("listen")
            item.step = item.step[:-1] + f":{listen.value if listen else 80}]"
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
        case "add_header" | "set" | "allow" | "deny" | "listen" | "proxy_cookie_flags":
            return f"{item.name}[{item.value}]"
        case _:
            return item.name
