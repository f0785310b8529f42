"""Remedies written into Dockerfiles and `.dockerignore`."""

from __future__ import annotations

import posixpath

from batten.formats import Document, Workspace, dockerfile
from batten.formats.dockerfile import Instruction
from batten.formats.dockerfile_edits import insert_after, insert_before
from batten.formats.lines import appended, line_break, removal
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.orchestration.dockerfile import caches
from batten.technologies.orchestration.dockerfile.changes import changed, without_option, without_word
from batten.technologies.orchestration.dockerfile.context import context_folder, ignore_file
from batten.technologies.orchestration.dockerfile.stages import assignments, stages
from batten.technologies.orchestration.dockerfile.steps import chosen
from batten.technologies.shared.containers import images, switches

_NEEDS_ROOT = frozenset(("RUN", "COPY", "ADD", "WORKDIR"))


def write(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    document = workspace.document(at.source, dockerfile.parse)
    match remedy:
        case want.RunAs(user):
            return _user(document, at, user)
        case want.DenyPaths(patterns):
            folder = context_folder(at.source, document.tree, workspace)
            return _kept_out(workspace, at.source, folder, patterns)
        case want.Pin(version):
            # Another version of the base image; a variable's, or a base that the tag names, is asked for.
            written = document.text[at.span.start : at.span.end] if at.span else ""
            known = bool(written) and "$" not in written and at.pointer.endswith("/FROM")
            image = images.retagged(written, version) if version and known else ""
            if not image:
                question = "which version of the image should the build start from (name:version@sha256:…)?"
                return Fix("pin the base image", (), safety=Safety.VALUE, question=question)
            edit = Edit(at.source, at.span or Span(0, 0), image)
            return Fix(
                f"build on {image}",
                (edit,),
                safety=Safety.RISKY,
                breaks=f"code that relies on behaviour that changed up to {version}",
            )
        case want.TurnOn(Switch.HEALTH_CHECK):
            question = "which command in the container fails when the service is unhealthy?"
            return Fix("add a HEALTHCHECK", (), safety=Safety.VALUE, question=question)
        case want.TurnOn(Switch.VERIFY_TLS):
            instruction = chosen(at.span, document.tree) if at.span else None
            name = (
                next((n for n, _, span in assignments(instruction) if span == at.span), "")
                if instruction
                else ""
            )
            if instruction is None or not name:
                return None
            if not switches.checks(name):
                return None  # a connection: its own options are changed, and nothing is taken away
            wanted = switches.verified(name)
            if wanted is not None:
                return _assigned(instruction, at, name, wanted, _INVALID)
            return _unset(document, instruction, at)
        case want.TurnOn(Switch.ACCESS_LOG | Switch.ERROR_LOG as log):
            text = "/dev/stdout" if log is Switch.ACCESS_LOG else "/dev/stderr"
            edit = Edit(at.source, at.span or Span(0, 0), text)
            return Fix(
                "write the log to the container's output",
                (edit,),
                safety=Safety.RISKY,
                breaks="disk space",
            )
        case want.TurnOff(feature):
            return _without(document, at, feature, workspace)
        case _:
            return None


def _user(document: Document[list[Instruction]], at: Location, user: str) -> Fix | None:
    stage = next(
        (
            s
            for s in stages(document.tree)
            if at.span is not None and s.span.start <= at.span.start and at.span.end <= s.span.end
        ),
        None,
    )
    if stage is None or at.span is None:
        return None
    breaks = "programs in the image that write to root's files, or listen on a port below 1024 on old engines"
    written = chosen(at.span, stage.instructions) if at.kind is Kind.VALUE else None
    after = stage.instructions[stage.instructions.index(written) + 1 :] if written else []
    if written and not any(i.keyword in _NEEDS_ROOT for i in after):
        edit = Edit(at.source, at.span, user)
    else:
        # USER below the last step that needs root, and before what starts the service where that follows.
        line = f"USER {user}"
        needs = [n for n, i in enumerate(stage.instructions) if i.keyword in _NEEDS_ROOT]
        rest = stage.instructions[needs[-1] + 1 if needs else 0 :]
        start = next((i for i in rest if i.keyword in ("CMD", "ENTRYPOINT")), None)
        if start is not None:
            edit = insert_before(document.source, start, line)
        else:
            edit = insert_after(
                document.source, stage.instructions[-1] if stage.instructions else stage.start, line
            )
    return Fix(f"run as user {user}", (edit,), safety=Safety.RISKY, breaks=breaks)


def _kept_out(workspace: Workspace, path: str, folder: str, patterns: tuple[str, ...]) -> Fix:
    name = ignore_file(path, folder, workspace)
    breaks = "builds that need one of these files"
    if not name:
        text = "".join(f"{p}\n" for p in patterns)
        edit = Edit(posixpath.join(folder, ".dockerignore"), Span(0, 0), text)
        return Fix(
            "exclude keys, histories and the repository from the image",
            (edit,),
            safety=Safety.RISKY,
            breaks=breaks,
        )
    source = workspace.text(name)
    lines = line_break(source.text).join(patterns)
    text = source.text
    if text and not text.endswith("\n"):
        edit = appended(source, len(text), lines)
    else:
        edit = Edit(name, Span(len(text), len(text)), lines + line_break(text))
    return Fix(f"keep {', '.join(patterns[:3])} from the image", (edit,), safety=Safety.RISKY, breaks=breaks)


def _without(
    document: Document[list[Instruction]], at: Location, feature: Switch, workspace: Workspace
) -> Fix | None:
    instruction = chosen(at.span, document.tree) if at.span else None
    if instruction is None:
        return None
    match feature:
        case Switch.ADD_LOCAL:
            return Fix("copy with COPY", (Edit(at.source, instruction.keyword_span, "COPY"),))
        case Switch.PACKAGE_CACHE:
            return caches.removed(document, instruction, at, workspace)
        case Switch.DEBUG | Switch.RELOAD if instruction.keyword in ("CMD", "ENTRYPOINT"):
            return without_option(instruction, document.source, at.span or Span(0, 0))
        case Switch.DEBUG | Switch.CONSOLE | Switch.ERROR_DETAILS:
            for name, value, span in assignments(instruction):
                if span == at.span and value is not None:
                    wanted = switches.production(name, value)
                    if wanted is None:
                        return None
                    return _assigned(instruction, at, name, wanted, "developers who rely on debug pages")
            return None
        case Switch.PORT:
            # The port's word taken out of EXPOSE, or the line when it is the only one.
            if len(instruction.words) > 1:
                edit = without_word(document.source, at.span or Span(0, 0))
            else:
                edit = removal(document.source, instruction.span)
            breaks = "users who publish all exposed ports (docker run -P)"
            return Fix("do not expose the port", (edit,), safety=Safety.RISKY, breaks=breaks)
        case Switch.PACKAGE_UNVERIFIED if instruction.keyword in ("ARG", "ENV"):
            return _unset(document, instruction, at)
        case Switch.ADD_URL:
            question = "what is the SHA-256 of the downloaded file (ADD --checksum=sha256:…)?"
            return Fix("verify the file that ADD downloads", (), safety=Safety.VALUE, question=question)
        case _:
            return changed(document, at, feature)


_INVALID = "calls to servers with invalid certificates"


def _unset(document: Document[list[Instruction]], instruction: Instruction, at: Location) -> Fix:
    """The variable taken out, with its line where it is the only one."""
    name = next((n for n, _, span in assignments(instruction) if span == at.span), "the variable")
    if len(list(assignments(instruction))) > 1:
        edit = without_word(document.source, at.span or Span(0, 0))
    else:
        edit = removal(document.source, instruction.span)
    return Fix(f"remove {name}", (edit,), safety=Safety.RISKY, breaks=_INVALID)


def _assigned(instruction: Instruction, at: Location, name: str, value: str, breaks: str) -> Fix:
    sign = "=" if "=" in instruction.words[0].text else " "
    edit = Edit(at.source, at.span or Span(0, 0), f"{name}{sign}{value}")
    return Fix(f"set {name} to {value}", (edit,), safety=Safety.RISKY, breaks=breaks)
