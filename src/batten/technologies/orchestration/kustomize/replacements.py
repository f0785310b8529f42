"""Replacements: a field of one object copied into fields of others.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.technologies.orchestration.kustomize.parts import Part, copied
from batten.technologies.orchestration.kustomize.patches import identity

_STEP = re.compile(r"\[([^=\]]+)=([^\]]*)\]|((?:\\\.|[^.\[])+)")
_NAME = ("metadata", "name")


def replaced(found: list[Part], replacement: Part) -> None:
    """Lay the value of a source over its targets; what names no place does nothing."""
    source = replacement["source"]
    if source is None:
        return
    origin = next((part for part in found if _selected(part, source)), None)
    path = source["fieldPath"]
    way = _steps(path.text) if path is not None else list(_NAME)
    value = _one(origin, way) if origin is not None else None
    if value is None:
        return
    for target in _items(replacement, "targets"):
        select = target["select"]
        for part in found if select is not None else ():
            if (
                select is not None
                and _selected(part, select)
                and not any(_selected(part, reject) for reject in _items(target, "reject"))
            ):
                for field in _items(target, "fieldPaths"):
                    _put(part, _steps(field.text), _taken(value, source), target["options"])


def _items(part: Part, key: str) -> list[Part]:
    listed = part[key]
    return listed.items or [] if listed is not None else []


def _selected(part: Part, select: Part) -> bool:
    kind, name, namespace = identity(part)
    for key, own in (("kind", kind), ("name", name), ("namespace", namespace)):
        wanted = select[key]
        if wanted is not None and wanted.text and wanted.text != own:
            return False
    return True


def _steps(path: str) -> list[str]:
    """`spec.template.spec.containers.[name=app].image` in its steps; `[name=app]` stays as it is."""
    return [
        f"[{found[1]}={found[2]}]" if found[1] else found[3].replace("\\.", ".")
        for found in _STEP.finditer(path)
    ]


def _one(part: Part, way: list[str]) -> Part | None:
    return next(iter(_at(part, way)), None)


def _at(part: Part, way: list[str]) -> Iterator[Part]:
    if not way:
        yield part
        return
    for below in _below(part, way[0]):
        yield from _at(below, way[1:])


def _below(part: Part, step: str) -> Iterator[Part]:
    items = part.items or []
    if step.startswith("["):
        key, _, value = step[1:-1].partition("=")
        yield from (i for i in items if (held := i[key]) is not None and held.text == value)
    elif step == "*":
        yield from items
    elif step.isdigit() and part.items is not None:
        yield from items[int(step) : int(step) + 1]
    elif (found := part[step]) is not None:
        yield found


def _taken(value: Part, source: Part) -> Part:
    """The part of the value that the source's options take."""
    options = source["options"]
    delimiter = options["delimiter"] if options is not None else None
    if options is None or delimiter is None or not delimiter.text:
        return value
    index = options["index"]
    words = value.text.split(delimiter.text)
    number = int(index.text) if index is not None and index.text.lstrip("-").isdigit() else 0
    made = copied(value)
    made.value = words[number] if 0 <= number < len(words) else value.text
    return made


def _put(part: Part, way: list[str], value: Part, options: Part | None) -> None:
    """The value at the end of a way, or one word of what is there where the target names a delimiter."""
    *above, last = way or [""]
    creates = options is not None and (create := options["create"]) is not None and create.text == "true"
    for holder in _at(part, above):
        if holder.table is not None and (last in holder.table or creates):
            holder.table[last] = _joined(holder.table.get(last), value, options)
        elif holder.items is not None:
            for index, item in enumerate(holder.items):
                if item in list(_below(holder, last)):
                    holder.items[index] = _joined(item, value, options)


def _joined(old: Part | None, value: Part, options: Part | None) -> Part:
    delimiter = options["delimiter"] if options is not None else None
    if old is None or options is None or delimiter is None or not delimiter.text:
        return copied(value)
    index = options["index"]
    words = old.text.split(delimiter.text)
    number = int(index.text) if index is not None and index.text.isdigit() else 0
    if number < len(words):
        words[number] = value.text
    made = copied(value)
    made.value = delimiter.text.join(words)
    return made
