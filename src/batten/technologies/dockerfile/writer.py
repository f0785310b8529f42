"""Remedies written into Dockerfiles and `.dockerignore`."""

from __future__ import annotations

import posixpath

from batten.formats import Document, Workspace, dockerfile
from batten.formats.dockerfile import Instruction, insert_after, insert_before
from batten.formats.lines import appended, line_break
from batten.model import (
    DenyPaths,
    Edit,
    Fix,
    Kind,
    Location,
    Pin,
    Remedy,
    RunAs,
    Safety,
    Span,
    TurnOff,
    TurnOn,
)
from batten.technologies import _images, _switches
from batten.technologies.dockerfile.context import ignore_file
from batten.technologies.dockerfile.stages import Stage, assignments, stages
from batten.technologies.dockerfile.steps import chosen

_NEEDS_ROOT = frozenset(("RUN", "COPY", "ADD", "WORKDIR"))


def write(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    document = workspace.document(at.source, dockerfile.parse)
    match remedy:
        case RunAs(user):
            return _user(document, at, user)
        case DenyPaths(patterns):
            return _kept_out(workspace, at.source, patterns)
        case Pin(version):
            return _pinned(document, at, version)
        case TurnOn("health-check"):
            question = "which command, run in the container, fails when the service is not healthy?"
            return Fix("add a HEALTHCHECK", (), Safety.VALUE, question=question)
        case TurnOff(feature):
            return _without(document, at, feature)
        case _:
            return None


def _user(document: Document[list[Instruction]], at: Location, user: str) -> Fix | None:
    stage = next((s for s in stages(document.tree) if _holds(s.span, at.span)), None)
    if stage is None or at.span is None:
        return None
    breaks = "programs in the image that write to files of root's, or listen below port 1024 on old engines"
    written = chosen(at.span, stage.instructions) if at.kind is Kind.VALUE else None
    after = stage.instructions[stage.instructions.index(written) + 1 :] if written else []
    if written and not any(i.keyword in _NEEDS_ROOT for i in after):
        edit = Edit(at.source, at.span, user)
    else:
        edit = _new_user(document, stage, user)
    return Fix(f"run as user {user}", (edit,), Safety.RISKY, breaks)


def _new_user(document: Document[list[Instruction]], stage: Stage, user: str) -> Edit:
    """USER below the last step that needs root, and before what starts the service where that follows."""
    line = f"USER {user}"
    needs = [n for n, i in enumerate(stage.instructions) if i.keyword in _NEEDS_ROOT]
    rest = stage.instructions[needs[-1] + 1 if needs else 0 :]
    start = next((i for i in rest if i.keyword in ("CMD", "ENTRYPOINT")), None)
    if start is not None:
        return insert_before(document.source, start, line)
    return insert_after(document.source, stage.instructions[-1] if stage.instructions else stage.start, line)


def _holds(outer: Span, inner: Span | None) -> bool:
    return inner is not None and outer.start <= inner.start and inner.end <= outer.end


def _kept_out(workspace: Workspace, path: str, patterns: tuple[str, ...]) -> Fix:
    folder = posixpath.dirname(path)
    name = ignore_file(path, folder, workspace)
    breaks = "builds that need one of these files"
    if not name:
        text = "".join(f"{p}\n" for p in patterns)
        edit = Edit(posixpath.join(folder, ".dockerignore"), Span(0, 0), text)
        return Fix("keep keys, histories and the repository out of the image", (edit,), Safety.RISKY, breaks)
    source = workspace.text(name)
    lines = line_break(source.text).join(patterns)
    text = source.text
    if text and not text.endswith("\n"):
        edit = appended(source, len(text), lines)
    else:
        edit = Edit(name, Span(len(text), len(text)), lines + line_break(text))
    return Fix(f"keep {', '.join(patterns[:3])} out of the image", (edit,), Safety.RISKY, breaks)


def _pinned(document: Document[list[Instruction]], at: Location, version: str) -> Fix | None:
    """Another version of the base image; a variable's, or a base that the tag names, is asked for."""
    written = document.text[at.span.start : at.span.end] if at.span else ""
    if not version or not written or "$" in written or not at.pointer.endswith("/FROM"):
        question = "which version of the image should the build start from (name:version@sha256:…)?"
        return Fix("pin the base image", (), Safety.VALUE, question=question)
    image = _images.retagged(written, version)
    edit = Edit(at.source, at.span or Span(0, 0), image)
    return Fix(f"build on {image}", (edit,), Safety.RISKY, f"what relies on what changed up to {version}")


def _without(document: Document[list[Instruction]], at: Location, feature: str) -> Fix | None:
    instruction = chosen(at.span, document.tree) if at.span else None
    if instruction is None:
        return None
    match feature:
        case "add-local":
            return Fix("copy with COPY", (Edit(at.source, instruction.keyword_span, "COPY"),))
        case "package-cache" if not instruction.exec_form and not instruction.heredocs:
            end = instruction.span.end
            edit = Edit(at.source, Span(end, end), " && rm -rf /var/lib/apt/lists/*")
            breaks = "later steps that install packages without `apt-get update`"
            return Fix("remove the package lists", (edit,), Safety.RISKY, breaks)
        case "debug":
            return _debug_off(instruction, at)
        case _:
            return None


def _debug_off(instruction: Instruction, at: Location) -> Fix | None:
    for name, value, span in assignments(instruction):
        if span == at.span and value is not None:
            wanted = _switches.production(name, value)
            sign = "=" if "=" in instruction.words[0].text else " "
            edit = Edit(at.source, span, f"{name}{sign}{wanted}")
            return Fix(f"turn {name} off", (edit,), Safety.RISKY, "developers who rely on debug pages")
    return None
