"""Terraform: object stores as a module declares them, and the edits that mend them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.terraform.buckets import buckets
from batten.technologies.terraform.module import load
from batten.technologies.terraform.remedies import fix_of

__all__ = ["read", "units", "write"]


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """The files of a folder are one module; variable files alone are none."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(file.rpartition("/")[0], []).append(file)
    for held in folders.values():
        code = [f for f in held if f.endswith(".tf")]
        if code:
            yield Unit("terraform", (*code, *(f for f in held if f.endswith(".tfvars"))))


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    module = load(unit, workspace)
    yield from module.problems
    for bucket in buckets(module):
        yield bucket
        yield from bucket.cors


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(unit, workspace), remedy, at)
