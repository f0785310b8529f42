"""A configuration as HAProxy sees it: sections, the defaults that each inherits, and who forwards to whom."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.formats import Unreadable, Workspace
from batten.formats.document import SyntaxProblem, Text
from batten.formats.haproxy import Section, Statement, parse
from batten.formats.workspace import parse_problem
from batten.model import ABSENT, UNKNOWN, Kind, Location, Problem, Setting, Span
from batten.technologies import Unit
from batten.technologies.edges.haproxy import versions
from batten.technologies.shared.edges.nodes import Written
from batten.technologies.shared.text.places import Places

PROXIES = ("frontend", "listen", "backend")
# Statements that add up in one section, and so need their arguments to be told apart.
_LISTED = ("bind", "server", "acl", "use_backend", "stats", "timeout", "option", "no", "capture", "cookie")
_RULES = ("http-request", "http-response", "http-after-response", "tcp-request")
_TEMPLATE = re.compile(r"\{\{|<%|@@|\$\{?\w")


@dataclass(slots=True, eq=False)
class Item(Written):
    """A statement in its section."""

    statement: Statement
    home: Block

    @property
    def values(self) -> list[str]:
        return self.statement.values

    @property
    def source(self) -> Text:
        return self.home.source

    @property
    def varies(self) -> bool:
        """Whether the environment, a template or a `.if` decides what it says."""
        return self.statement.conditional or any(
            w.variable or _TEMPLATE.search(w.text) for w in self.statement.words
        )

    def place(self) -> Location:
        """Where the statement stands, to be replaced."""
        return Location(self.source.path, f"{self.home.pointer}/{self._step}", self.statement.span)

    @property
    def _step(self) -> str:
        words = self.values
        if words[0] in _RULES:
            # of the condition the paths only: what else is compared may be a credential
            paths = (word for word in words[3:] if word.startswith("/"))
            return f"{words[0]}[{' '.join((*words[1:3], *paths))}]"
        return f"{words[0]}[{words[1]}]" if words[0] in _LISTED and len(words) > 1 else words[0]


# Statements that are of use in HTTP mode only (manual, 4.1): who writes one means a proxy of HTTP.
_OF_HTTP = frozenset(
    ("http-request", "http-response", "http-after-response", "redirect", "stats", "errorfile")
)
_HTTP_OPTIONS = frozenset(("httplog", "forwardfor", "http-server-close", "httpclose", "httpchk"))


def _of_http(item: Item) -> bool:
    first, *others = item.values
    return first in _OF_HTTP or (first == "option" and others[:1] != [] and others[0] in _HTTP_OPTIONS)


MOST_OUTER = 50  # defaults that inherit from each other


@dataclass(slots=True, eq=False)
class Block(Written):
    """A section, and the defaults sections that it inherits from, nearest first."""

    section: Section
    source: Text = field()
    items: list[Item] = field(default_factory=list)
    outer: tuple[Block, ...] = ()
    unread: bool = False  # defaults may stand in a file that is not here
    _by_keyword: dict[str, list[Item]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.section.kind

    @property
    def name(self) -> str:
        return self.section.name

    @property
    def pointer(self) -> str:
        return f"{self.kind}[{self.name}]" if self.name else self.kind

    @property
    def span(self) -> Span:
        return self.section.span

    def all(self, *words: str) -> list[Item]:
        """The section's own statements that begin with these words."""
        if not self._by_keyword:
            for item in self.items:
                self._by_keyword.setdefault(item.statement.keyword, []).append(item)
                if len(item.values) > 1:
                    self._by_keyword.setdefault("\0".join(item.values[:2]), []).append(item)
        found = self._by_keyword.get("\0".join(words[:2]), [])
        return [i for i in found if i.values[: len(words)] == list(words)] if words[1:] else found

    def inherited(self, *words: str) -> list[Item]:
        """Those in force: of the section itself, else of the nearest defaults that has any."""
        return next((found for b in (self, *self.outer) if (found := b.all(*words))), [])

    def rules(self, *kinds: str) -> Iterator[Item]:
        """Rules in the order they are evaluated: those of named defaults come first."""
        for block in (*reversed(self.outer), self):
            yield from (i for i in block.items if i.values[0] in kinds)

    def option(self, name: str) -> Item | None:
        """The statement that turns an option on or off, whichever is in force."""
        for block in (self, *self.outer):
            own = [
                i
                for i in block.items
                if i.values[:2] == ["option", name] or i.values[1:3] == ["option", name]
            ]
            if own:
                return own[-1]
        return None

    @property
    def mode(self) -> Setting[str]:
        """`http`, `tcp` …; the manual's default is tcp. Without the defaults, what only HTTP has tells it."""
        found = self.inherited("mode")
        if not found:
            telling = next(filter(_of_http, self.items), None) if self.unread else None
            if telling is not None:
                return Setting("http", telling.place())
            return Setting(UNKNOWN if self.unread else ABSENT, self.block(), "tcp")
        last = found[-1]
        return Setting(UNKNOWN if last.varies or len(last.values) < 2 else last.values[1], last.place())

    @property
    def http(self) -> bool:
        return self.mode.known("") == "http"


@dataclass(slots=True)
class Tree:
    """One configuration: all files that HAProxy is started with."""

    blocks: list[Block]
    files: tuple[str, ...]
    problems: list[Problem]
    version: str = ""
    _places: tuple[Places[tuple[Block, Item | None]], Places[tuple[Block, Item | None]]] | None = None
    _behind: dict[int, list[Block] | None] = field(default_factory=dict)
    _fronts: dict[int, list[Block]] = field(default_factory=dict)
    _of: dict[tuple[str, ...], tuple[int, list[Block]]] = field(
        default_factory=dict
    )  # with how many blocks there were
    encrypted: bool | None = None  # whether an entrance speaks TLS; None until somebody asks

    def of(self, *kinds: str) -> list[Block]:
        count, found = self._of.get(kinds, (-1, []))
        if count != len(self.blocks):
            found = [b for b in self.blocks if b.kind in kinds]
            self._of[kinds] = (len(self.blocks), found)
        return found

    @property
    def entrances(self) -> list[Block]:
        """Sections that listen and speak HTTP."""
        return [b for b in self.of("frontend", "listen") if b.http and b.inherited("bind")]

    def globally(self, *words: str) -> Item | None:
        """The statement of the global sections that is in force."""
        found = [i for b in self.of("global") for i in b.all(*words)]
        return found[-1] if found else None

    def behind(self, front: Block) -> list[Block] | None:
        """The sections that answer what comes in there; None when one is not in these files. Where a
        request decides it, every backend may."""
        self._join()
        return self._behind.get(id(front))

    def fronts(self, block: Block) -> list[Block]:
        """The sections that listen and forward to this one."""
        self._join()
        return self._fronts.get(id(block), [])

    def _join(self) -> None:
        """Once: who forwards to whom."""
        if self._behind:
            return
        named: dict[str, Block] = {}
        for block in self.of("backend", "listen"):
            named.setdefault(block.name, block)
        for front in self.of("frontend", "listen"):
            behind = self._behind[id(front)] = self._answering(front, named)
            for block in behind or ():
                if block is not front:
                    self._fronts.setdefault(id(block), []).append(front)

    def _answering(self, front: Block, named: dict[str, Block]) -> list[Block] | None:
        names = [i.values[1] for i in front.all("use_backend") if len(i.values) > 1]
        names += [i.values[1] for i in front.inherited("default_backend")[-1:] if len(i.values) > 1]
        if any("%[" in n for n in names):
            return self.of("backend")
        found = [named.get(n) for n in dict.fromkeys(names)]
        own = [front] if front.kind == "listen" and front.all("server") else []
        known = [b for b in found if b is not None]
        return [*own, *known] if len(known) == len(found) else None

    def at(self, at: Location) -> tuple[Block, Item | None] | None:
        """The section, and the statement in it when one is meant, at a location."""
        if at.span is None:
            return None
        if self._places is None:
            sections = ((b.source.path, b.section.span, (b, None)) for b in self.blocks)
            items = ((b.source.path, i.statement.span, (b, i)) for b in self.blocks for i in b.items)
            self._places = Places(sections), Places(items)
        blocks, statements = self._places
        found = (blocks if at.kind is Kind.BLOCK else statements).innermost(at.source, at.span)
        return found[0] if found else None


def load(unit: Unit, workspace: Workspace) -> Tree:
    """The unit's files as one configuration. Raises SyntaxProblem and Unreadable of the first."""
    return workspace.kept(("haproxy", unit), lambda: _load(unit, workspace))


def _load(unit: Unit, workspace: Workspace) -> Tree:
    blocks: list[Block] = []
    problems: list[Problem] = []
    for number, file in enumerate(unit.files):
        try:
            blocks += _of_file(file, workspace)
        except (SyntaxProblem, Unreadable) as error:
            if not number:
                raise
            problems.append(parse_problem(file, error, workspace))
    # A proxy inherits the defaults it names, or else the last ones before it; so do defaults, but only those they
    # name.
    partial = not any(b.kind in ("global", "defaults") for b in blocks)
    named: dict[str, Block] = {}
    last: Block | None = None
    for block in blocks:
        if block.kind not in (*PROXIES, "defaults"):
            continue
        parent = named.get(block.section.parent) if block.section.parent else None
        if parent is None and block.kind != "defaults" and not block.section.parent:
            parent = last
        block.unread = partial or bool(block.section.parent and parent is None)
        if parent is not None:
            block.outer = (parent, *parent.outer[: MOST_OUTER - 1])
            block.unread = block.unread or parent.unread
        if block.kind == "defaults":
            last = block
            named[block.name] = block
    return Tree(blocks, unit.files, problems, versions.version_of(unit.main, workspace))


def _of_file(file: str, workspace: Workspace) -> Iterator[Block]:
    document = workspace.document(file, parse)
    for section in document.tree:
        block = Block(section, document.source)
        block.items = [Item(s, block) for s in section.statements]
        yield block


def units(files: Iterable[str], workspace: Workspace) -> Iterator[Unit]:
    """`haproxy.cfg` with the folder `conf.d` beside it, as `-f` twice reads them; every other file is
    a configuration of its own."""
    left = dict.fromkeys(sorted(files))
    below: dict[str, list[str]] = {}  # the parts in folders of a folder
    inside: dict[str, list[str]] = {}
    for file in left:
        folder = posixpath.dirname(file)
        inside.setdefault(folder, []).append(file)
        if _is_part(file):
            below.setdefault(posixpath.dirname(folder), []).append(file)
    while left:
        first = next(iter(left))
        folder = posixpath.dirname(first)
        if not _is_part(first):
            together = [first]
        else:
            main = posixpath.join(posixpath.dirname(folder), "haproxy.cfg")
            together = [*([main] if main in left else []), *(f for f in inside[folder] if f in left)]
        if posixpath.basename(first) == "haproxy.cfg":
            together += [f for f in below.get(folder, ()) if f in left]
        yield Unit("haproxy", tuple(together))
        for file in together:
            left.pop(file, None)


def _is_part(file: str) -> bool:
    return posixpath.basename(posixpath.dirname(file)) in ("conf.d", "haproxy.d")
