"""Pulumi: what a program in YAML, a preview or an exported stack declares of AWS, and the edits that fix a program."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Secret
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.secrets import walk
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.cloud.pulumi.program import program
from batten.technologies.cloud.pulumi.writing import fix_of
from batten.technologies.cloud.terraform.buckets import buckets
from batten.technologies.cloud.terraform.loose import loose
from batten.technologies.cloud.terraform.resources import resources
from batten.technologies.shared.aws.facts import facts

__all__ = ["read", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    made = program(unit, workspace)
    if made is None:
        return
    for bucket in buckets(made.module, loose(made.module)):
        yield bucket
        yield from bucket.cors
    yield from (fact for fact in facts(resources(made.module)) if not isinstance(fact, Secret))
    template = Template(made.document.source, made.root)
    for entry in made.root:
        yield from walk(template, entry.value, entry.key.text)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    made = program(unit, workspace)
    return None if made is None else fix_of(made, remedy, at)
