"""Dockerfiles: facts out, remedies in."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, Fact, Feature, Image, Workload
from batten.formats import Workspace, dockerfile
from batten.formats.variables import expand
from batten.model import UNKNOWN, Fix, Kind, Location, Problem, Remedy, Setting
from batten.technologies import Unit, _images, _switches
from batten.technologies.dockerfile import context, steps, writer
from batten.technologies.dockerfile.stages import (
    Stage,
    assignments,
    block,
    health_setting,
    pointer,
    stages,
    user_setting,
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    document = workspace.document(path, dockerfile.parse)
    escape = dockerfile.directives(document.text).get("escape", "\\")
    found = stages(document.tree, escape)
    if not found:
        return
    final = found[-1]
    shipped = [s for s in found if s in list(final.lineage())]
    folder = posixpath.dirname(path)
    for stage in found:
        yield from _base(path, stage, stage in shipped)
        yield from steps.steps(path, stage, stage in shipped)
        yield from steps.secrets(path, stage)
        yield from context.context(path, stage, folder, workspace)
    for stage in shipped:
        yield from _switched(path, stage)
    yield _workload(path, final)


def _base(path: str, stage: Stage, shipped: bool) -> Iterator[Fact]:
    """The image of a FROM. Its age counts where it is shipped; a build stage's stays behind."""
    if not stage.start.words:
        return
    word = stage.start.words[0]
    at = Location(path, f"{pointer(stage)}/FROM", word.span)
    reference = _images.parse(stage.reference or "")
    inner = stage.base is not None or reference.name == "scratch"
    setting: Setting[str] = Setting(UNKNOWN if stage.reference is None else stage.reference, at)
    yield Image(at, setting, reference.name, reference.tag, reference.digest, stage=inner)
    if inner or stage.reference is None:
        return
    for product, version in _images.components(reference):
        main = product == _images.PRODUCTS.get(reference.name)
        place = at if main else replace(at, pointer=f"{at.pointer}[{product}]")
        yield Component(place, product, Setting(version, place), evidence=stage.reference)


def _switched(path: str, stage: Stage) -> Iterator[Feature]:
    for instruction in stage.instructions:
        for name, value, span in assignments(instruction) if instruction.keyword == "ENV" else ():
            expanded = expand(value, stage.values) if value is not None else None
            switch = _switches.debug(name, expanded) if expanded is not None else None
            if switch:
                at = Location(path, f"{pointer(stage)}/ENV[{name}]", span)
                yield Feature(at, "debug", Setting(switch[0], at), switch[1])


def _workload(path: str, stage: Stage) -> Workload:
    """The built image as it will run. Whoever runs it decides all but the user and the health check."""
    at = block(path, stage)
    return Workload(
        at,
        posixpath.basename(path),
        Setting(UNKNOWN, at),
        user_setting(path, stage),
        Setting(UNKNOWN, at),
        Setting(UNKNOWN, at),
        Setting(UNKNOWN, at),
        health=health_setting(path, stage),
        dockerfile=path,
    )


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if at.span is None or at.kind is Kind.WIRE:
        return None
    return writer.write(workspace, remedy, at)
