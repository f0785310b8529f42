"""What an image that is built here inherits from the image it is built on, as those need it who run it."""

from __future__ import annotations

from batten.formats import Workspace
from batten.model import Location, Setting
from batten.model.record import record
from batten.technologies.orchestration.dockerfile.offers import environment
from batten.technologies.orchestration.dockerfile.stages import NOTHING, Given, Stage, final_stage, pointer

Words = tuple[tuple[str, Location], ...]


@record(kw_only=True)
class Base:
    """`reference` names the image; `untouched`: nothing is put into it, so that its own configuration is in force."""

    reference: str
    entrypoint: Words = ()
    command: Words = ()
    environment: dict[str, Setting[str]]
    untouched: bool


def base_of(path: str, workspace: Workspace, target: str = "", given: Given = NOTHING) -> Base | None:
    """The base of the stage that a Dockerfile builds, with what the build is given; None where a variable decides, or for no
    image at all."""
    stage = final_stage(path, workspace, target, given)
    if stage is None:
        return None
    lineage = list(stage.lineage())
    reference = lineage[-1].reference
    if reference is None or reference == "scratch":
        return None
    return Base(
        reference=reference,
        entrypoint=_words(path, stage, "ENTRYPOINT"),
        command=_words(path, stage, "CMD"),
        environment=dict(environment(path, lineage[::-1])),
        untouched=not any(i.keyword in ("ADD", "COPY", "RUN") for s in lineage for i in s.instructions),
    )


def _words(path: str, stage: Stage, keyword: str) -> Words:
    instruction = stage.last(keyword)
    at = f"{pointer(stage)}/{keyword}"
    words = instruction.words if instruction is not None else ()
    return tuple((word.text, Location(path, at, word.span)) for word in words)
