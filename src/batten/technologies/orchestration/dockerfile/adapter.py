"""Dockerfiles: facts out, remedies in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Component, Fact, Image, Workload, in_context
from batten.formats import Unreadable, Workspace, dockerfile
from batten.formats.document import Text
from batten.formats.variables import expand
from batten.model import UNKNOWN, Fix, Kind, Location, Problem, Remedy, Setting
from batten.technologies import Unit
from batten.technologies.orchestration.dockerfile import context as build_contexts
from batten.technologies.orchestration.dockerfile import offers, steps, writer
from batten.technologies.orchestration.dockerfile.stages import (
    Stage,
    block,
    drops_root,
    health_setting,
    other_targets,
    pointer,
    shipped_stage,
    stages,
    user_setting,
)
from batten.technologies.shared.containers import images
from batten.technologies.shared.stores.command_line import fix_of_word


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    path = unit.main
    document = workspace.document(path, dockerfile.parse)
    escape = dockerfile.directives(document.text).get("escape", "\\")
    found = stages(document.tree, escape)
    if not found:
        return
    final = shipped_stage(found)
    held = {id(s) for s in final.lineage()}
    shipped = [s for s in found if id(s) in held]
    folder = build_contexts.context_folder(path, document.tree, workspace)
    others = list(other_targets(found, final))
    told = {id(stage): context for stage, context in others}
    for stage in found:
        shipped_too = id(stage) in held
        for fact in _made(path, stage, found, shipped_too, document.source, folder, workspace):
            yield in_context(fact, told.get(id(stage)))
    yield from _built(path, final, shipped, document.source, workspace)
    for stage, context in others:
        own = [s for s in stage.lineage() if id(s) not in held]
        for fact in _built(path, stage, own[::-1], document.source, workspace):
            yield in_context(fact, context)


def _made(
    path: str,
    stage: Stage,
    stages: list[Stage],
    shipped: bool,
    source: Text,
    folder: str,
    workspace: Workspace,
) -> Iterator[Fact]:
    """How a stage is made. `stages` are all of the file."""
    yield from _base(path, stage, shipped, workspace)
    # Images that files are taken from: `COPY --from=image`, `RUN --mount=from=image`.
    for instruction in stage.instructions:
        for flag in instruction.flags:
            found = _SOURCE.search(f"{flag.name}={flag.value or ''}")
            text = expand(found[1], stage.values) if found else None
            named = {s.name for s in stages}
            if text and (set(":/@") & set(text) or (images.well_known(text) and text not in named)):
                at = Location(path, f"{pointer(stage)}/{instruction.keyword}[--{flag.name}]", flag.span)
                reference = images.parse(text)
                yield Image(
                    at,
                    reference=Setting(text, at),
                    name=reference.name,
                    tag=reference.tag,
                    digest=reference.digest,
                )
    yield from steps.steps(path, stage, shipped, source)
    yield from steps.secrets(path, stage)
    yield from build_contexts.context(path, stage, folder, workspace, [] if shipped else stages)


def _built(path: str, final: Stage, own: list[Stage], source: Text, workspace: Workspace) -> Iterator[Fact]:
    """What the image of a stage is like; `own` are the stages that it alone is made of."""
    yield from offers.debuggers(path, final)
    for stage in own:
        yield from offers.variables(path, stage)
        yield from offers.ports(path, stage)
        yield from offers.logs(path, stage, source)
    yield from offers.served(path, final, own, workspace)
    # The built image as it will run. Whoever runs it decides all but the user and the health check.
    at = block(path, final)
    # Whether an image neither starts a program nor offers a port, nor what it is built on, as far as that is known: a
    # system, a language, or, where its name says that others are built on it, anything.
    if any(final.last(keyword) is not None for keyword in ("CMD", "ENTRYPOINT", "EXPOSE")):
        starts_nothing = False
    else:
        reference = list(final.lineage())[-1].reference or ""
        starts_nothing = (
            images.bare(images.parse(reference)) or _FOUNDATION.search(posixpath.dirname(path)) is not None
        )
    yield Workload(
        at,
        name=path,
        image=Setting(UNKNOWN, at),
        user=user_setting(path, final),
        privileged=Setting(UNKNOWN, at),
        added_capabilities=Setting(UNKNOWN, at),
        dropped_capabilities=Setting(UNKNOWN, at),
        health=health_setting(path, final),
        drops=drops_root(final, path, workspace),
        idle=starts_nothing,
        dockerfile=path,
    )


_ARGUMENT = re.compile(r":\$\{?(?P<name>\w+)\}?(?:-[\w.-]*)?$")
_SOURCE = re.compile(r"(?:^|[=,])from=([^,]+)")


def _base(path: str, stage: Stage, shipped: bool, workspace: Workspace) -> Iterator[Fact]:
    """The image of a FROM. Its age counts where it is shipped; a build stage's stays behind."""
    if not stage.start.words:
        return
    word = stage.start.words[0]
    at = Location(path, f"{pointer(stage)}/FROM", word.span)
    reference = images.parse(stage.reference or "")
    inner = stage.base is not None or reference.name == "scratch"
    bare = (
        not inner
        and bool(reference.name)
        and not (reference.tag or reference.digest or "/" in reference.name)
    )
    inner = inner or (bare and not images.well_known(reference.name) and reference.name in named(workspace))
    setting: Setting[str] = Setting(UNKNOWN if stage.reference is None else stage.reference, at)
    given = _ARGUMENT.search(word.text)
    yield Image(
        at,
        reference=setting,
        name=reference.name,
        tag=reference.tag,
        digest=reference.digest,
        stage=inner,
        given=given["name"] if given is not None else "",
    )
    if inner or stage.reference is None:
        return
    for product, version in images.components(reference):
        main = product == images.PRODUCTS.get(reference.name)
        place = at if main else replace(at, pointer=f"{at.pointer}[{product}]")
        yield Component(
            place,
            product=product,
            version=Setting(version, place),
            evidence=stage.reference,
            beneath=not main and product in images.DISTRIBUTIONS,
            job=not shipped,
        )


_FOUNDATION = re.compile(r"(?:^|[-_./])base(?:[-_./]|$)", re.IGNORECASE)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if (word := fix_of_word(workspace, remedy, at)) is not None:
        return word
    if at.span is None or at.kind is Kind.WIRE:
        return None
    return writer.write(workspace, remedy, at)


# Names that builds give to other images: `contexts` of Bake's targets.
#
# Source: https://docs.docker.com/build/bake/contexts/
_TARGET = re.compile(r"^\s*target\s+\"", re.MULTILINE)
_CONTEXTS = re.compile(r"^\s*contexts\s*=\s*\{(?P<held>[^{}]{0,8000})\}", re.MULTILINE)
_NAME = re.compile(r"^\s*\"?(?P<name>[\w.-]{1,100})\"?\s*=", re.MULTILINE)
_MOST = 400  # folders in which files are looked for
_DEEPEST = 3


def named(workspace: Workspace) -> frozenset[str]:
    """The names that the tree's files of Bake give to images."""
    return workspace.kept(("names of build contexts",), lambda: frozenset(_listed(workspace)))


def _listed(workspace: Workspace) -> set[str]:
    found: set[str] = set()
    level, seen = [""], 0
    for _ in range(_DEEPEST):
        below: list[str] = []
        for folder in level:
            seen += 1
            if seen > _MOST:
                return found
            for entry in workspace.entries(folder):
                if workspace.is_directory(entry):
                    below.append(entry)
                elif entry.endswith(".hcl"):
                    found |= _in_file(entry, workspace)
        level = below
    return found


def _in_file(path: str, workspace: Workspace) -> set[str]:
    try:
        text = workspace.text(path).text
    except Unreadable:
        return set()
    if _TARGET.search(text) is None:
        return set()
    return {name["name"] for block in _CONTEXTS.finditer(text) for name in _NAME.finditer(block["held"])}
