"""Examples of a document against the properties that its schemas declare."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Mapping, Sequence
from batten.model import Span
from batten.model.record import record

_OPENED = ("additionalProperties", "unevaluatedProperties", "patternProperties")
_COMPOSING = ("allOf", "anyOf", "oneOf")
DEEPEST = 30  # objects in an example's objects


@record
class Shown:
    """How many objects of a document are open, and the places of schemas whose examples have what they do not declare."""

    open_objects: int
    contradicted: frozenset[Span]


def shown_by(top: object) -> Shown:
    # How many objects declare properties and do not say whether there are others.
    # The places of schemas whose examples have a property that they do not declare.
    found: set[Span] = set()
    for holder in _mappings(top):
        schema = holder.mapping("schema") or (
            holder if "properties" in holder or any(k in holder for k in _COMPOSING) else None
        )
        if schema is not None:
            for example in _examples(holder):
                _compare(top, schema, example, found, 0)
    return Shown(
        open_objects=sum("properties" in m and not any(key in m for key in _OPENED) for m in _mappings(top)),
        contradicted=frozenset(found),
    )


def _mappings(top: object) -> Iterator[Mapping]:
    stack = [top]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            yield node
            stack += [entry.value for entry in node if entry.alias is None]
        elif isinstance(node, Sequence):
            stack += list(node)


def _examples(holder: Mapping) -> Iterator[object]:
    for key in ("example", "default", "x-example"):
        entry = holder.entry(key)
        if entry is not None:
            yield entry.value
    entry = holder.entry("examples")
    several = entry.value if entry is not None else None
    if isinstance(several, Sequence):
        yield from several
    elif isinstance(several, Mapping):
        for one in several:
            wrapped = one.value.entry("value") if isinstance(one.value, Mapping) else None
            yield wrapped.value if wrapped is not None else one.value


def _compare(top: object, schema: Mapping, example: object, found: set[Span], depth: int) -> None:
    schemas = list(_alternatives(top, schema))
    if depth > DEEPEST or not schemas:
        return
    if isinstance(example, Sequence):
        for items in filter(None, (s.mapping("items") for s in schemas)):
            for one in example:
                _compare(top, items, one, found, depth + 1)
    elif isinstance(example, Mapping):
        for entry in example:
            declared = [
                p.mapping(entry.key.text)
                for s in schemas
                if (p := s.mapping("properties")) and entry.key.text in p
            ]
            if not declared:
                found.update(s.span for s in (schema, *schemas))
            for inner in filter(None, declared):
                _compare(top, inner, entry.value, found, depth + 1)


def _alternatives(top: object, schema: Mapping) -> Iterator[Mapping]:
    """A schema with what it refers to and is composed of, in the same document."""
    waiting, seen = [schema], set[Span]()
    while waiting:
        one = waiting.pop()
        if one.span in seen:
            continue
        seen.add(one.span)
        yield one
        reference = one.text("$ref") or ""
        target: object = top if reference.startswith("#/") else None
        for token in reference[2:].split("/") if target is not None else ():
            step = (
                target.entry(token.replace("~1", "/").replace("~0", "~"))
                if isinstance(target, Mapping)
                else None
            )
            target = step.value if step is not None else None
        if isinstance(target, Mapping):
            waiting.append(target)
        for key in _COMPOSING:
            entry = one.entry(key)
            waiting += [
                b
                for b in (entry.value if entry is not None and isinstance(entry.value, Sequence) else ())
                if isinstance(b, Mapping)
            ]
