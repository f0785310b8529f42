"""Values of manifests, patched by others, each knowing where it is written."""

from __future__ import annotations

from dataclasses import dataclass

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import Span

# How items of these lists are told apart when a patch is laid over them (`patchMergeKey` of the API).
_KEYS = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "secrets": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "hostAliases": ("ip",),
    "ports": ("containerPort", "port"),
    "topologySpreadConstraints": ("topologyKey",),
}


@dataclass(slots=True)
class Part:
    """A scalar, a mapping (`table`) or a list (`items`). `span` is the value's own; `whole` is that of its
    key and value, where it has a key."""

    source: str
    span: Span
    whole: Span
    value: str | int | float | bool | None = None
    style: str = ""
    table: dict[str, Part] | None = None
    items: list[Part] | None = None

    def __getitem__(self, key: str) -> Part | None:
        return self.table.get(key) if self.table is not None else None

    @property
    def text(self) -> str:
        return "" if self.value is None else str(self.value)

    def of(self, *keys: str) -> Part | None:
        found: Part | None = self
        for key in keys:
            found = found[key] if found is not None else None
        return found


def part_of(node: Node, source: str, whole: Span | None = None) -> Part:
    """A file's subtree as a part."""
    place = whole or node.span
    match node:
        case Mapping():
            table = {e.key.text: part_of(e.value, source, None if e.merged else e.span) for e in node}
            return Part(source, node.span, place, table=table)
        case Sequence():
            return Part(source, node.span, place, items=[part_of(item, source) for item in node])
        case Scalar():
            return Part(source, node.span, place, node.value, node.style)


def copied(part: Part) -> Part:
    """A part of its own: patches change parts in place, and bases are shared."""
    table = {k: copied(v) for k, v in part.table.items()} if part.table is not None else None
    items = [copied(i) for i in part.items] if part.items is not None else None
    return Part(part.source, part.span, part.whole, part.value, part.style, table, items)


def patched(base: Part, patch: Part, key: str = "") -> Part | None:
    """`patch` laid over `base` as a strategic merge; None when it deletes it."""
    if patch.table is not None:
        directive = patch["$patch"]
        if directive is not None and directive.text == "delete":
            return None
        if base.table is None or (directive is not None and directive.text == "replace"):
            return _clean(patch)
        for name, over in patch.table.items():
            table = base.table
            if not name.startswith("$"):
                if over.value is None and over.table is None and over.items is None:
                    table.pop(name, None)
                elif name in table:
                    made = patched(table[name], over, name)
                    if made is None:
                        del table[name]
                    else:
                        table[name] = made
                else:
                    table[name] = _clean(over)
        return base
    if patch.items is not None and base.items is not None and key in _KEYS:
        assert base.items is not None and patch.items is not None
        for over in patch.items:
            identity = _identity(over, key)
            index = next((n for n, item in enumerate(base.items) if _identity(item, key) == identity), None)
            if index is None or identity is None:
                base.items.append(_clean(over))
                continue
            made = patched(base.items[index], over)
            if made is None:
                del base.items[index]
            else:
                base.items[index] = made
        return base
    return patch


def _clean(part: Part) -> Part:
    if part.table is not None:
        part.table = {k: _clean(v) for k, v in part.table.items() if not k.startswith("$")}
    return part


def _identity(item: Part, key: str) -> tuple[str, ...] | None:
    for name in _KEYS[key]:
        found = item[name]
        if found is not None:
            protocol = item["protocol"] if key == "ports" else None
            return found.text, protocol.text if protocol is not None else "TCP"
    return None
