"""What a folder shows of its application, for an image of it: language, lock file, start command, port and health check.

Nothing is run. What is not shown is named with the option that says it.
"""

from __future__ import annotations

import msgspec

from batten.engine.building.dockerfiles import bases
from batten.engine.building.including import included
from batten.engine.building.languages import language_of, lock_file_of
from batten.engine.building.letting_in import let_in
from batten.engine.building.node import installing, is_compiled
from batten.engine.building.start import Start
from batten.engine.building.starts import starts
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.shown import Shown
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.harden.image.starting import words

__all__ = ["built_from"]


def built_from(workspace: Workspace, asked: Asked, given: frozenset[str]) -> Shown:
    """The words of an image, completed by what its folder shows; `given` are the parameters of the command line."""
    shown = Shown(asked=asked)
    program = asked.program
    language = program.language or language_of(workspace, shown)
    if not language:
        return shown
    file = program.lock_file or lock_file_of(workspace, language, shown)
    program = msgspec.structs.replace(program, language=language, lock_file=file)
    if language == "node":
        scripts = installing(workspace, file, shown)
        program = msgspec.structs.replace(program, installing=scripts, compiled=is_compiled(workspace))
    include = program.include or included(workspace)
    if include and not program.include:
        shown.notes.append(f"the build gets {', '.join(include)}, as that of today; --include names others")
    program = msgspec.structs.replace(program, let_in=let_in(workspace, shown), include=include)
    shown.asked = msgspec.structs.replace(asked, program=program)
    # Those that the Dockerfile of today names by digest, and those that were given.
    images_asked = shown.asked
    found = bases(workspace, images_asked.program.language)
    tagged = {
        image for part, image in found.items() if "@sha256:" not in image and part not in images_asked.images
    }
    shown.notes += [
        f"the Dockerfile of today has {image}: `docker buildx imagetools inspect {image}` prints its digest"
        for image in sorted(tagged)
    ]
    shown.asked = msgspec.structs.replace(
        shown.asked,
        images={part: image for part, image in found.items() if "@sha256:" in image} | images_asked.images,
    )
    if not program.start:
        start = _start(workspace, shown)
        if start is not None:
            known = shown.asked
            shown.notes.append(f"starts `{start.line}`, from {start.source}")
            port = start.port if start.port and "app_port" not in given else known.app_port
            health = start.health if start.health and "health" not in given else known.health
            if health != known.health:
                shown.notes.append(f"the health check asks {health}, as that of {start.source}")
            started = msgspec.structs.replace(known.program, start=start.line)
            shown.asked = msgspec.structs.replace(known, program=started, app_port=port, health=health)
    return shown


def _start(workspace: Workspace, shown: Shown) -> Start | None:
    """The first start command that needs no shell; the others are told with the reason."""
    refused: list[str] = []
    for start in starts(workspace, shown):
        try:
            words(start.line, start.port or shown.asked.app_port)
            return start
        except HardenProblem as error:
            refused.append(f"{start.source}: {error}")
    how = 'what starts the application is not shown; pass --start "PROGRAM WORD …"'
    shown.missing += refused or [how]
    return None
