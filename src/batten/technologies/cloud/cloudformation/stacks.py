"""A file read as the stack it makes: with what its parent gives it, and what SAM adds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import UNKNOWN, Absent
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.resources import Held, Resource, Stack, stack_of
from batten.technologies.cloud.cloudformation.sam import expanded
from batten.technologies.cloud.cloudformation.template import Template, load
from batten.technologies.cloud.cloudformation.values import Value

NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
_NESTED = re.compile(r"[\"']?\b(?:TemplateURL|Location)[\"']?\s*:\s*[\"']?([^\s\"'{}!,]+)")


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each template, with those that nest it: they come before it."""
    parents: dict[str, list[str]] = {}
    known = set(files)
    for file in files:
        for child in _children(file, workspace):
            if child in known and child != file:
                parents.setdefault(child, []).append(file)
    above = {file: _ancestors(file, parents) for file in files}
    for file in sorted(files, key=lambda f: (len(above[f]), f)):
        yield Unit("cloudformation", (file, *sorted(above[file])))


def _children(file: str, workspace: Workspace) -> Iterator[str]:
    try:
        text = workspace.text(file).text
    except Unreadable:
        return
    for name in dict.fromkeys(_NESTED.findall(text)):
        child = None if "://" in name else workspace.resolve(file, name)
        if child is not None:
            yield child


def _ancestors(file: str, parents: dict[str, list[str]]) -> list[str]:
    found: list[str] = []
    pending = list(parents.get(file, ()))
    while pending:
        here = pending.pop()
        if here not in found and here != file:
            found.append(here)
            pending += parents.get(here, ())
    return found


def stack(unit: Unit, workspace: Workspace, path: str = "") -> Stack | None:
    """The stack of a unit's file. Raises Unreadable and SyntaxProblem of that file."""
    path = path or unit.main
    return workspace.kept(("cloudformation", unit, path), lambda: _stack(unit, workspace, path))


def _stack(unit: Unit, workspace: Workspace, path: str) -> Stack | None:
    template = load(workspace, path)
    if template is None:
        return None
    parents = unit.files[1:] if path == unit.main else ()
    made = stack_of(template, _given(path, parents, workspace))
    made.made = [one for resource in made.made for one in expanded(resource)]
    return made


def _given(path: str, parents: Sequence[str], workspace: Workspace) -> dict[str, Value]:
    """What the templates that nest this one set its parameters to; UNKNOWN where they differ or take part in
    a nesting of their own."""
    given: dict[str, Value] = {}
    for parent in parents:
        try:
            template = load(workspace, parent)
        except (SyntaxProblem, Unreadable):
            continue  # its own unit tells
        for nested in _nested(template, path, workspace) if template is not None else ():
            parameters = nested.value("Parameters")
            for name, value in _parameters(parameters.known(None)).items():
                given[name] = value if given.get(name, value) == value else UNKNOWN
    return given


def _parameters(value: object) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _nested(template: Template, path: str, workspace: Workspace) -> Iterator[Resource]:
    for resource in stack_of(template).of(*NESTED):
        held = resource.held(NESTED[resource.type])
        name = resource.evaluator.value(held.node) if isinstance(held, Held) else None
        if (
            isinstance(name, str)
            and not isinstance(name, Absent)
            and workspace.resolve(template.path, name) == path
        ):
            yield resource
