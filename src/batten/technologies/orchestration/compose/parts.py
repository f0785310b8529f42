"""Values of a project, merged from several files, each knowing where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from batten.formats import tree
from batten.formats.paths import Path
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies.orchestration.compose.interpolation import UNKNOWN_PART, interpolate

_TRUE = frozenset(("true", "yes", "on", "y", "1"))
_KEYED = frozenset(["environment", "labels", "args", "annotations", "sysctls", "extra_hosts"])
_NAMED = frozenset(("networks", "depends_on"))
_REPLACED = frozenset(("command", "entrypoint", "test"))


@record
class Part:
    """A scalar (`value`), a mapping (`table`) or a list (`items`).

    `span` is what to show: a scalar's own text, a collection's whole entry. `path` leads to it in the
    tree of the file `source`. `raw` is a scalar before interpolation.
    """

    source: str
    path: Path
    span: Span
    value: str | int | float | bool | None = None
    table: Mapping[str, Part] | None = None
    items: tuple[Part, ...] | None = None
    raw: str = ""
    tag: str = ""
    base: str = ""  # a path in the project's folder, where that is not the file's

    @property
    def beside(self) -> str:
        """What relative paths in it are beside of."""
        return self.base or self.source

    @property
    def known(self) -> bool:
        return not (isinstance(self.value, str) and UNKNOWN_PART in self.value)

    @property
    def text(self) -> str:
        """A scalar as a word; booleans as YAML has them."""
        match self.value:
            case None:
                return ""
            case bool():
                return "true" if self.value else "false"
            case _:
                return str(self.value)

    def __getitem__(self, key: str) -> Part | None:
        return self.table.get(key) if self.table is not None else None

    def at(self, pointer: str) -> Location:
        kind = Kind.VALUE if self.table is None and self.items is None else Kind.BLOCK
        return Location(self.source, pointer, self.span, kind=kind)

    def block(self, pointer: str) -> Location:
        return Location(self.source, pointer, self.span, kind=Kind.BLOCK)

    def each(self) -> Iterator[Part]:
        """A list's items; a scalar stands for a list of itself."""
        if self.items is not None:
            yield from self.items
        elif self.table is None and self.value is not None:
            yield self

    def entries(self) -> Iterator[tuple[str, Part]]:
        yield from (self.table or {}).items()

    def names(self) -> tuple[str, ...]:
        """Keys of a mapping, or words of a list: Compose takes both for networks and dependencies."""
        if self.table is not None:
            return tuple(self.table)
        return tuple(p.text for p in self.each() if p.known)

    def word(self, pointer: str) -> Setting[str]:
        return Setting(self.text if self.known else UNKNOWN, self.at(pointer))

    def flag(self, pointer: str) -> Setting[bool]:
        value: bool | Unknown = truth(self) if self.known else UNKNOWN
        return Setting(value, self.at(pointer))


def truth(part: Part) -> bool:
    return part.text.lower() in _TRUE


def flag_setting(holder: Part, key: str, pointer: str, default: bool | Absent | Unknown) -> Setting[bool]:
    part = holder[key]
    if part is None or (part.value is None and part.table is None):
        return Setting(ABSENT, holder.block(pointer), default)
    return part.flag(f"{pointer}/{key}")


def word_setting(
    holder: Part, key: str, pointer: str, default: str | Absent | Unknown = ABSENT
) -> Setting[str]:
    part = holder[key]
    if part is None or part.value is None:
        return Setting(ABSENT, holder.block(pointer), default)
    return part.word(f"{pointer}/{key}")


def part_of(
    node: tree.Node,
    source: str,
    path: Path,
    values: Mapping[str, str],
    span: Span | None = None,
    base: str = "",
) -> Part:
    """The part that a file's subtree makes, its variables replaced. `base`: see Part."""
    match node:
        case tree.Mapping():
            table = {
                e.key.text: part_of(e.value, source, (*path, e.key.text), values, _shown(e), base)
                for e in node
            }
            return Part(source, path, span or node.span, table=table, tag=node.tag, base=base)
        case tree.Sequence():
            items = tuple(
                part_of(item, source, (*path, n), values, node.aliases.get(n), base)
                for n, item in enumerate(node)
            )
            return Part(source, path, span or node.span, items=items, tag=node.tag, base=base)
        case tree.Scalar():
            value = interpolate(node.value, values) if isinstance(node.value, str) else node.value
            raw = node.text if node.value is not None else ""
            return Part(source, path, node.span, value, raw=raw, tag=node.tag, base=base)


def _shown(entry: tree.Entry) -> Span | None:
    """A collection is shown with its key; what an alias brings, where the alias is."""
    if entry.merged or isinstance(entry.value, tree.Scalar):
        return None
    return entry.span


def keyed(part: Part) -> Part:
    """`- NAME=value` items as the mapping they stand for; a lone NAME is decided by the shell."""
    if part.items is None:
        return part
    table: dict[str, Part] = {}
    for item in part.items:
        name, sign, value = item.text.partition("=")
        raw = item.raw.partition("=")[2]
        table[name.strip()] = replace(item, value=value if sign else None, raw=raw)
    return replace(part, items=None, table=table)


def named(part: Part) -> Part:
    """A list of names as the mapping it stands for."""
    if part.items is None:
        return part
    return replace(part, items=None, table={i.text: replace(i, value=None) for i in part.items})


def normal(key: str, part: Part) -> Part:
    if key in _KEYED:
        return keyed(part)
    return named(part) if key in _NAMED else part


def merged(base: Part, over: Part, key: str = "") -> Part:
    """`over` laid over `base` as the Compose specification's merge rules say. The place of a merged
    collection is the base's."""
    if over.tag == "!override":
        return over
    base, over = normal(key, base), normal(key, over)
    if base.table is not None and over.table is not None:
        table = dict(base.table)
        for tables_key, part in over.table.items():
            if part.tag == "!reset":
                table.pop(tables_key, None)
            elif tables_key in table:
                table[tables_key] = merged(table[tables_key], part, tables_key)
            else:
                table[tables_key] = part
        return replace(base, table=table)
    if base.items is not None and over.items is not None and key not in _REPLACED:
        identities = {identity(p, key) for p in over.items}
        return replace(
            base, items=(*(p for p in base.items if identity(p, key) not in identities), *over.items)
        )
    return over


def identity(part: Part, key: str) -> str:
    """What makes two items of a list the same: a volume's target, otherwise all of it."""
    if key == "volumes":
        return mount_target(part)
    if part.table is not None:
        return repr(sorted((k, v.text) for k, v in part.table.items()))
    return part.text


def mount_target(part: Part) -> str:
    if part.table is not None:
        target = part["target"]
        return target.text if target else ""
    fields = mount_fields(part.text)
    return fields[1] if len(fields) > 1 else fields[0]


def mount_fields(text: str) -> list[str]:
    """`source:target:mode`, a Windows drive's colon left alone."""
    drive = text[1:3] in (":\\", ":/") and text[:1].isalpha()
    fields = text[2:].split(":") if drive else text.split(":")
    return [text[:2] + fields[0], *fields[1:]] if drive else fields
