"""The start command of a Dockerfile that is there already, with the port and the health check beside it."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator

from batten.engine.building.start import Start
from batten.formats import SyntaxProblem, Unreadable, Workspace, dockerfile
from batten.formats.dockerfile import Instruction
from batten.harden.image.recipe import PLACE
from batten.harden.stack import BASE, BUILD
from batten.technologies.orchestration.dockerfile.stages import Stage, final_stage, stages

_NAMES = ("Dockerfile", "Containerfile")
# A URL of any client, or how an image of ours asks.
_HEALTH = re.compile(
    r"""https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?(?P<url>/[\w.~/-]{0,200})"""
    r"""|'GET', \\*"(?P<python>/[\w.~/-]{0,200})\\*"|\\*"path\\*": \\*"(?P<node>/[\w.~/-]{0,200})\\*\""""
)


def starts(workspace: Workspace) -> Iterator[Start]:
    for path in filter(workspace.exists, _NAMES):
        stage = final_stage(path, workspace)
        if stage is not None:
            # ENTRYPOINT and CMD behind it, as
            # https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact says.
            entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
            first = _words(entry, stage) if entry is not None else ""
            if entry is not None and first and not entry.exec_form:
                line = first
            else:
                line = f"{first} {_words(command, stage) if command is not None else ''}".strip()
        else:
            line = ""
        if stage is not None and line:
            found = stage.last("HEALTHCHECK")
            health_path = _HEALTH.search(found.value) if found is not None else None
            yield Start(
                source=path,
                line=line,
                port=_port(stage),
                health=health_path["url"] or health_path["python"] or health_path["node"] or ""
                if health_path is not None
                else "",
            )


def _words(instruction: Instruction, stage: Stage) -> str:
    if not instruction.exec_form:
        return instruction.value.strip()
    return shlex.join(_moved(word.text, _folder(stage)) for word in instruction.words)


def _folder(stage: Stage) -> str:
    found = stage.last("WORKDIR")
    return found.words[0].text.rstrip("/") if found is not None and found.words else ""


def _moved(word: str, folder: str) -> str:
    """A path below the folder of the application, in ours."""
    inside = folder.startswith("/") and word.startswith(f"{folder}/")
    return f"{PLACE}{word.removeprefix(folder)}" if inside else word


def _port(stage: Stage) -> int:
    words = [word.text.partition("/")[0] for i in _exposed(stage) for word in i.words]
    return int(words[0]) if len(words) == 1 and words[0].isdecimal() and len(words[0]) < 6 else 0


def _exposed(stage: Stage) -> Iterator[Instruction]:
    for one in stage.lineage():
        yield from (i for i in one.instructions if i.keyword == "EXPOSE")


# An image of the first stage that builds in the language: others may make something else of the same application.
_BUILDS = {
    "python": re.compile(r"python|/uv\b|poetry"),
    "node": re.compile(r"node"),
    "go": re.compile(r"golang"),
    "java": re.compile(r"maven|gradle"),
}


def bases(workspace: Workspace, language: str) -> dict[str, str]:
    """The images of the last stage and of the first, where these are other stages; as they are written."""
    path = next(filter(workspace.exists, _NAMES), "")
    try:
        found = stages(workspace.document(path, dockerfile.parse).tree) if path else []
    except (SyntaxProblem, Unreadable):
        return {}
    last = list(found[-1].lineage())[-1].reference if found else None
    first = found[0].reference if len(found) > 1 else None
    builds = first is not None and _BUILDS[language].search(first)
    named = {BASE: last, BUILD: first if builds else None}
    return {part: image for part, image in named.items() if image is not None and image != "scratch"}


def copied(workspace: Workspace) -> tuple[str, ...]:
    """The paths of the folder that its Dockerfile names; none where it copies all of it, or what only a build knows."""
    path = next(filter(workspace.exists, _NAMES), "")
    try:
        tree = workspace.document(path, dockerfile.parse).tree if path else []
    except (SyntaxProblem, Unreadable):
        return ()
    copies = [i for i in tree if i.keyword in ("COPY", "ADD") and i.flag("from") is None and not i.heredocs]
    found = [posixpath.normpath(word.text.lstrip("/") or ".") for i in copies for word in i.words[:-1]]
    known = found and "." not in found and not any(set("$*?[:") & set(one) for one in found)
    return tuple(found) if known else ()
