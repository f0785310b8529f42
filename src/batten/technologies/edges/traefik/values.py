"""Traefik's configuration as one tree, however it is written: a YAML or TOML file, labels, flags, variables.

Keys are looked up whatever their case, as Traefik does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.formats import tree
from batten.formats.paths import Path
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies.shared.text.fields import Place

_VARIABLE = re.compile(
    r"\{\{.*?\}\}|\$\{[^}]*\}|\0", re.DOTALL
)  # templates of the file provider, envsubst, Compose
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))
_SEGMENT = re.compile(r"([^\[\]]*)((?:\[\d+\])*)")
_DEEPEST = 40
# Tables whose keys are names that people give.
_NAMED = frozenset(
    (
        "routers",
        "middlewares",
        "services",
        "serverstransports",
        "options",
        "stores",
        "entrypoints",
        "certificatesresolvers",
        "customresponseheaders",
        "customrequestheaders",
    )
)


@dataclass(slots=True)
class Value(Place):
    """A place in the configuration, whether something is written there or not.

    `form` is how it is written: "yaml", "toml", "labels", "flags", "variables". `path` are the keys down to
    it as they are written; `place` leads to it in the document `source` (of words: to the nearest one that
    is written). `span` covers the value, `whole` the key too; of what is missing, those of what lacks it.
    """

    source: str = field()
    form: str
    pointer: str = field()
    path: Path
    place: Path
    span: Span
    whole: Span
    text: str | None = None
    table: dict[str, Value] = field(default_factory=dict)
    items: tuple[Value, ...] | None = None
    exists: bool = True

    def __getitem__(self, key: str) -> Value:
        found = self.table.get(key.lower())
        if found is not None:
            return found
        pointer, path = _pointer(self, key), (*self.path, key)
        return Value(self.source, self.form, pointer, path, self.place, self.span, self.whole, exists=False)

    @property
    def name(self) -> str:
        return str(self.path[-1]) if self.path else ""

    @property
    def known(self) -> bool:
        return self.text is None or _VARIABLE.search(self.text) is None

    @property
    def word(self) -> str:
        """A known scalar's text; "" for anything else."""
        return self.text if self.text is not None and self.known else ""

    @property
    def block(self) -> Location:
        """The thing that something below it is missing from."""
        return Location(self.source, self.pointer, self.whole, kind=Kind.BLOCK)

    @property
    def on(self) -> bool:
        """Whether a part that is turned on by being there is: `tls: {}`, `tls=true`, `--accesslog`."""
        return self.exists and self.text not in _FALSE

    def entries(self) -> Iterator[Value]:
        yield from self.table.values()

    def each(self) -> tuple[Value, ...]:
        """The items of a list; a word with commas is a list of one place."""
        return self.items if self.items is not None else ()

    def words(self) -> tuple[str, ...]:
        """A list of words; one that is not known is a NUL."""
        if self.items is not None:
            return tuple(i.word if i.known and i.text is not None else "\0" for i in self.items)
        if self.text is None:
            return ()
        return tuple(w.strip() for w in self.text.split(",") if w.strip()) if self.known else ("\0",)

    def listed(self) -> Iterator[tuple[str, Location]]:
        """The words of a list, each with its place; what is not known is a NUL."""
        if self.items is not None:
            yield from (((i.word or "\0"), i.here) for i in self.items)
        else:
            yield from ((word, self.here) for word in self.words())

    def flag(self, at: Location, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        """A boolean, or ABSENT at the place that lacks it."""
        known: bool | Unknown = True if self.text in _TRUE else False if self.text in _FALSE else UNKNOWN
        return self.setting(known, default, at)

    def says(self, at: Location, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        """A known word, or ABSENT at the place that lacks it."""
        return self.setting(self.word or UNKNOWN, default, at)

    def walk(self) -> Iterator[Value]:
        """This value and all below it."""
        pending = [self]
        while pending:
            value = pending.pop()
            yield value
            pending.extend(value.table.values())
            pending.extend(value.items or ())


def _pointer(holder: Value, key: str) -> str:
    named = bool(holder.path) and str(holder.path[-1]).lower() in _NAMED
    if named:
        return f"{holder.pointer}[{key}]"
    return f"{holder.pointer}/{key}" if holder.pointer else key


def from_tree(
    node: tree.Node, source: str, form: str, pointer: str = "", path: Path = (), whole: Span | None = None
) -> Value:
    """The values of a file's subtree."""
    made = Value(source, form, pointer, path, path, node.span, whole or node.span)
    if isinstance(node, tree.Scalar):
        made.exists = node.value is not None
        made.text = node.text if made.exists else None
        return made
    if isinstance(node, tree.Sequence):
        items = (
            from_tree(item, source, form, f"{pointer}[{n}]", (*path, n), node.aliases.get(n))
            for n, item in enumerate(node)
        )
        made.items = tuple(items)
        return made
    for entry in node:
        key = entry.key.text
        shown = entry.alias or (entry.value.span if entry.merged else entry.span)
        made.table[key.lower()] = from_tree(
            entry.value, source, form, _pointer(made, key), (*path, key), shown
        )
    return made


@record
class Word:
    """A setting written as a word with its value: a label, a flag, a variable."""

    keys: Path
    text: str
    source: str
    place: Path
    span: Span


def from_words(words: Iterable[Word], form: str, root: Value) -> Value:
    """The tree that dotted names make. `root` is what to show for what is missing everywhere."""
    for word in words:
        value = root
        for key in word.keys:
            value = _child(value, key, word, form)
        value.text = word.text
    return root


def _child(holder: Value, key: str | int, word: Word, form: str) -> Value:
    if isinstance(key, int):
        items = holder.items or ()
        if key < len(items):
            return items[key]
        pointer = f"{holder.pointer}[{key}]"
    else:
        found = holder.table.get(key.lower())
        if found is not None:
            return found
        pointer = _pointer(holder, key)
    path = (*holder.path, key)
    made = Value(word.source, form, pointer, path, word.place, word.span, word.span)
    if isinstance(key, int):
        holder.items = (*(holder.items or ()), made)
    else:
        holder.table[key.lower()] = made
    return made


def keys_of(name: str, separator: str = ".") -> Path:
    """`http.services.api.loadbalancer.servers[0].url` as keys and numbers; () when it is too deep."""
    keys: list[str | int] = []
    for segment in name.split(separator):
        found = _SEGMENT.fullmatch(segment)
        if found is None or not found[1]:
            return ()
        keys.append(found[1])
        keys += [int(n) for n in re.findall(r"\d+", found[2])]
    return tuple(keys) if len(keys) <= _DEEPEST else ()


def dotted(path: Path) -> str:
    """The name that `keys_of` takes apart."""
    made = ""
    for key in path:
        made += f"[{key}]" if isinstance(key, int) else f".{key}"
    return made.removeprefix(".")
