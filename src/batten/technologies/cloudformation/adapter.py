"""CloudFormation, SAM and CDK output: what a template declares, and the edits that fix it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies._aws.facts import facts
from batten.technologies.cloudformation.buckets import buckets
from batten.technologies.cloudformation.sam_apis import cross_origin, others, routes
from batten.technologies.cloudformation.scripts import scripted
from batten.technologies.cloudformation.secrets import secrets
from batten.technologies.cloudformation.stacks import stack, units
from batten.technologies.cloudformation.writer import fix_of

__all__ = ["read", "units", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
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
