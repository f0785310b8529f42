"""CloudFormation, SAM and CDK output: what a template declares, and the edits that fix it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import takewhile

from batten.facts import Fact, Secret, in_context
from batten.formats import Mapping, Node, Sequence, Workspace
from batten.model import Context, Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.buckets import buckets
from batten.technologies.cloud.cloudformation.sam_apis import cross_origin, others, routes
from batten.technologies.cloud.cloudformation.scripts import scripted
from batten.technologies.cloud.cloudformation.secrets import secrets
from batten.technologies.cloud.cloudformation.stacks import stack, units
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.cloud.cloudformation.writer import fix_of
from batten.technologies.shared.aws.facts import facts

_DEEPEST = 20

__all__ = ["read", "settings", "units", "write"]


# What the comment at the head of a template says that only runs functions on a developer's machine (`sam local`).
_LOCAL = re.compile(
    r"\b(?:for|to)\s+(?:test|try|debug|develop)\w*\b[^.\n]{0,40}\blocal(?:ly)?\b|\blocal\s+(?:test\w*|development|invocations?)\b",
    re.IGNORECASE,
)
_PRODUCTION = re.compile(r"\b(?:production|staging)\b", re.IGNORECASE)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    # Whether the comment at the head of a template says that it is for tests on a developer's machine, and no parent
    # or settings of `sam deploy` say otherwise.
    if len(unit.files) > 1 or workspace.exists(
        posixpath.join(posixpath.dirname(unit.main), "samconfig.toml")
    ):
        is_local = False
    else:
        lines = workspace.text(unit.main).text[:4_000].split("\n")
        head = "\n".join(takewhile(lambda line: line.startswith("#") or not line.strip(), lines))
        is_local = _LOCAL.search(head) is not None and _PRODUCTION.search(head) is None
    aside = Context.DEVELOPMENT if is_local else None
    for fact in _facts(unit, workspace):
        yield fact if isinstance(fact, Problem) or fact.at.context is not None else in_context(fact, aside)


def _facts(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    made = stack(unit, workspace)
    if made is None:
        return
    for bucket in buckets(made):
        yield bucket
        yield from bucket.cors
    yield from (fact for fact in facts(made) if not isinstance(fact, Secret))  # the next read every property
    yield from routes(made)
    yield from others(made)
    yield from cross_origin(made)
    yield from secrets(made)
    yield from scripted(made)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    made = stack(unit, workspace, at.source)
    return None if made is None else fix_of(made, remedy, at)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The properties of each resource, by their types: `AWS::SQS::Queue.KmsMasterKeyId`."""
    made = stack(unit, workspace)
    if made is None:
        return
    for declared in made.template.resources.values():
        if declared.properties is not None:
            yield from used(made.template, declared.properties, declared.type)


def used(template: Template, properties: Node, type_: str) -> Iterator[tuple[str, Location]]:
    """Every property below a node, with the way to it behind a name."""
    pending = [(type_, properties, 0)]
    while pending:
        name, here, depth = pending.pop()
        if isinstance(here, Sequence) and depth < _DEEPEST:
            pending += [(name, item, depth + 1) for item in here.items]
        elif isinstance(here, Mapping) and depth < _DEEPEST:
            for entry in here:
                below = f"{name}.{entry.key.text}"
                yield below, template.place(entry.value, below)
                pending.append((below, entry.value, depth + 1))
