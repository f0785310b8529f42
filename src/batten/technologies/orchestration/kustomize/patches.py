"""Patches of a kustomization: which objects they are for, and what they change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from batten.formats import SyntaxProblem, Unreadable, Workspace, yaml
from batten.formats.workspace import parse_problem
from batten.model import Problem
from batten.patterns import BadPattern, compiled
from batten.technologies.orchestration.kustomize.parts import Part, copied, part_of, patched

_LONGEST = 4096  # characters of a selector
_WORDS = re.compile(r"!=|==|[=!,]|\([^()]*\)|[\w./-]+")


def identity(part: Part) -> tuple[str, str, str]:
    """Kind, name and namespace."""
    metadata = part["metadata"]
    name, namespace = (metadata[k] if metadata is not None else None for k in ("name", "namespace"))
    kind = part["kind"]
    return (
        kind.text if kind is not None else "",
        name.text if name is not None else "",
        namespace.text if namespace is not None else "",
    )


def documents(path: str, workspace: Workspace) -> Iterator[Part]:
    """The objects of a file. Raises SyntaxProblem and Unreadable."""
    for root in workspace.document(path, yaml.parse_all).tree:
        part = part_of(root, path)
        items = part["items"]
        kind = part["kind"]
        if kind is not None and kind.text.endswith("List") and items is not None and items.items is not None:
            yield from items.items
        elif part.table is not None or part.items is not None:
            yield part


def loaded(path: str, workspace: Workspace, problems: list[Problem]) -> list[Part]:
    """The same; what is wrong with the file is added to the problems."""
    try:
        return list(documents(path, workspace))
    except (SyntaxProblem, Unreadable) as error:
        problems.append(parse_problem(path, error, workspace))
    return []


def inline(text: Part) -> list[Part]:
    """A patch that is written in the kustomization itself: all of it stands at one place."""
    try:
        roots = yaml.parse_all(text.text)
    except SyntaxProblem:
        return []
    return [_placed(part_of(root, text.source), text) for root in roots]


def _placed(part: Part, at: Part) -> Part:
    part.span, part.whole, part.source = at.span, at.whole, at.source
    for below in (*(part.table or {}).values(), *(part.items or ())):
        _placed(below, at)
    return part


def strategic(objects: list[Part], patch: Part, target: Part | None) -> None:
    """Lay a partial object over those that it is for."""
    kind, name, _ = identity(patch)
    for index in reversed(range(len(objects))):
        found = identity(objects[index])
        if selected(objects[index], target) if target is not None else found[:2] == (kind, name):
            over = copied(patch)
            if target is not None and over.table is not None:
                over.table.pop("metadata", None) if over.of("metadata", "name") else None
                over.table.pop("kind", None)
                over.table.pop("apiVersion", None)
                metadata = copied(patch)["metadata"]
                if metadata is not None and metadata.table is not None:
                    metadata.table.pop("name", None)
                    over.table["metadata"] = metadata
            made = patched(objects[index], over)
            if made is None:
                del objects[index]


def selected(found: Part, target: Part) -> bool:
    """Whether a patch's target names the object; names are anchored expressions."""
    kind, name, namespace = identity(found)
    for key, value in (("kind", kind), ("name", name), ("namespace", namespace)):
        wanted = target[key]
        if wanted is not None and wanted.text and not _matches(wanted.text, value):
            return False
    version = found["apiVersion"]
    group, _, number = ("" if version is None else version.text).rpartition("/")
    for key, value in (("group", group), ("version", number)):
        wanted = target[key]
        if wanted is not None and wanted.text and not _matches(wanted.text, value):
            return False
    return _labelled(found, target, "labelSelector", "labels") and _labelled(
        found, target, "annotationSelector", "annotations"
    )


def _matches(pattern: str, value: str) -> bool:
    try:
        return compiled(pattern).fullmatch(value) is True
    except BadPattern:
        return False


def _labelled(found: Part, target: Part, chosen: str, key: str) -> bool:
    selector = target[chosen]
    labels = found.of("metadata", key)
    have = {k: v.text for k, v in (labels.table or {}).items()} if labels is not None else {}
    words = _WORDS.findall(selector.text[:_LONGEST] if selector is not None else "")
    requirements = [list(group) for comma, group in groupby(words, ",".__eq__) if not comma]
    return all(_holds(have, *requirement) for requirement in requirements)


def _holds(have: dict[str, str], name: str, sign: str = "", value: str = "", *_: str) -> bool:
    """One requirement of a selector of Kubernetes': `a=b`, `a!=b`, `a in (b, c)`, `a`, `!a`."""
    values = [one.strip() for one in value.strip("()").split(",")]
    match sign:
        case "=" | "==" | "in":
            return have.get(name) in values
        case "!=" | "notin":
            return have.get(name) not in values
        case _:
            return sign not in have if name == "!" else name in have


def changed(found: Part, operations: Part) -> None:
    """RFC 6902 operations on one object; one that has no place there does nothing."""
    for operation in operations.items or ():
        op, path, value = (operation[k] for k in ("op", "path", "value"))
        if op is not None and path is not None:
            keys = [k.replace("~1", "/").replace("~0", "~") for k in path.text.split("/")[1:]]
            operate_op = op.text
            holder: Part | None = found
            for key in keys[:-1]:
                if holder is not None:
                    if holder.items is not None:
                        holder = (
                            holder.items[int(key)] if key.isdigit() and int(key) < len(holder.items) else None
                        )
                    else:
                        holder = holder[key]
                else:
                    holder = None
            if holder is not None and keys:
                last = keys[-1]
                if holder.table is not None:
                    if operate_op == "remove":
                        holder.table.pop(last, None)
                    elif operate_op in ("add", "replace") and value is not None:
                        holder.table[last] = copied(value)
                elif holder.items is not None:
                    index = len(holder.items) if last == "-" else int(last) if last.isdigit() else -1
                    if operate_op == "remove" and 0 <= index < len(holder.items):
                        del holder.items[index]
                    elif value is not None and 0 <= index <= len(holder.items):
                        holder.items[index : index + (operate_op == "replace")] = [copied(value)]
