"""Properties of Pulumi as those of Terraform: nodes of the same places, with other names and references."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.formats.tree import Entry
from batten.technologies.cloud.pulumi.names import property_of, single, snake

_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_NAMED = re.compile(r"([\w-]+)(?:\.(\w+)|\[\"(\w+)\"\])?\Z", re.ASCII)
_UNKNOWN = "${after_apply}"  # a name that nothing declares
# Marks of a secret and of a value that is known after it is deployed (pulumi/sdk, resource properties).
_SECRET = "4dabf18193072939515e22adb298388d"
_LATER = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_DEEPEST = 40


@dataclass(slots=True)
class Names:
    """`resources`: Terraform's address of each; `values`: what the program itself says of a name; `made`: resources
    by what an exported stack knows them by. `left`: nodes that may still be made, since variables can name each other."""

    resources: Table[str, str]
    values: Table[str, Node]
    made: Table[str, str]
    left: int = 20_000
    inside: int = 0  # of how many variables a node is a part


def converted(node: Node, names: Names, raw: bool = False, depth: int = 0) -> Node:
    """`raw`: keys are the content's own, as in a policy document."""
    names.left -= names.inside > 0
    if depth > _DEEPEST or names.left < 0:
        return _unknown(node)
    if isinstance(node, Scalar):
        return _scalar(node, names, depth)
    if isinstance(node, Sequence):
        return Sequence([converted(item, names, raw, depth + 1) for item in node.items], node.span)
    if any(entry.key.text.startswith("fn::") for entry in node):
        # Functions that only wrap a value are seen through.
        ((name, entry),) = [(e.key.text, e) for e in node][:1]
        if name == "fn::toJSON":
            return converted(entry.value, names, True, depth + 1)
        return converted(entry.value, names, True, depth + 1) if name == "fn::secret" else _unknown(node)
    if _SECRET in node.entries:
        return _unknown(node)
    entries: dict[str, Entry] = {}
    for entry in node:
        key = entry.key.text if raw else property_of(entry.key.text)
        held = converted(entry.value, names, raw, depth + 1)
        for name in (
            (key, single(key))
            if isinstance(held, Sequence)
            and any(isinstance(item, Mapping) for item in held.items)
            and not raw
            else (key,)
        ):
            entries[name] = Entry(Scalar(name, entry.key.span), held, entry.value.span)
    return Mapping(entries, node.span)


def _unknown(node: Node) -> Scalar:
    return Scalar(_UNKNOWN, node.span)


def _scalar(node: Scalar, names: Names, depth: int) -> Node:
    text = node.value
    if not isinstance(text, str):
        return node
    if text == _LATER:
        return _unknown(node)
    if text in names.made and len(text) > 3:
        return Scalar(f"${{{names.made[text]}.id}}", node.span)
    whole = _REFERENCE.fullmatch(text)
    if whole is not None and whole[1] in names.values:
        names.inside += 1
        try:
            return converted(names.values[whole[1]], names, False, depth + 1)
        finally:
            names.inside -= 1
    if "${" not in text:
        return node
    return Scalar(_REFERENCE.sub(lambda found: _reference(found[1], names), text), node.span, node.style)


def _reference(path: str, names: Names) -> str:
    found = _NAMED.match(path.strip())
    address = names.resources.get(found[1]) if found is not None else None
    if found is None or address is None:
        return _UNKNOWN
    return f"${{{address}.{snake(found[2] or found[3] or 'id')}}}"
