"""What of a build stage's files reaches other stages, and with them the image.

Source: https://docs.docker.com/build/building/multi-stage/
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.formats.dockerfile import Instruction
from batten.formats.variables import expand
from batten.technologies.orchestration.dockerfile.stages import Stage

_PATTERN = frozenset("*?[$")


def leaves(stage: Stage, instruction: Instruction, stages: list[Stage]) -> bool:
    """Whether another stage takes the folder into which the instruction copied, or one above it. What cannot be known
    counts as taken; a stage from which no other takes anything is built by its name."""
    target, taken = _target(stage, instruction), list(_taken(stage, stages))
    return target is None or not taken or any(_holds(source, target) for source in taken)


def _taken(stage: Stage, stages: list[Stage]) -> Iterator[str | None]:
    """The paths that other stages copy from this one, or from one that is built on it; None where one is not known."""
    heirs = [other for other in stages if any(below is stage for below in other.lineage())]
    names = {heir.name for heir in heirs if heir.name} | {str(stages.index(heir)) for heir in heirs}
    for other in stages:
        for instruction in other.instructions:
            origin = instruction.flag("from")
            if instruction.keyword != "COPY" or origin is None:
                continue
            name = expand(origin.value or "", other.values)
            if name is None:
                yield None
            elif name.lower() in names:
                yield from (expand(word.text, other.values) for word in instruction.words[:-1])


def _holds(source: str | None, target: str) -> bool:
    if source is None or _PATTERN & set(source):
        return True
    path = posixpath.normpath(posixpath.join("/", source))
    return path == "/" or f"{target}/".startswith(f"{path}/")


def _target(stage: Stage, instruction: Instruction) -> str | None:
    """The folder in the stage that the instruction copies into; None where it is not known."""
    folder: str | None = "/"
    for below in reversed(list(stage.lineage())):
        for one in below.instructions:
            if one is instruction:
                return _below(folder, expand(one.words[-1].text, stage.values))
            if one.keyword == "WORKDIR" and one.words:
                folder = _below(folder, expand(one.words[0].text, below.values))
    return None


def _below(folder: str | None, path: str | None) -> str | None:
    """The path of a stage as Docker resolves it."""
    if path is None or (folder is None and not path.startswith("/")):
        return None
    return posixpath.normpath(posixpath.join(folder or "/", path))
