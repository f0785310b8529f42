"""Whether what batten's reader of Dockerfiles sees in a rendered image is what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.engine.hardening.readback import Compared
from batten.facts import Fact, Image, Workload
from batten.formats import Workspace
from batten.harden.image.rendering import FILE, stage_images
from batten.harden.intent import Intent
from batten.technologies.orchestration.dockerfile.stages import Stage, final_stage

_STARTS = ("ENTRYPOINT", "CMD")


def compared(intent: Intent, facts: Iterable[Fact], workspace: Workspace) -> Compared:
    """Raises HardenProblem."""
    stage = final_stage(FILE, workspace)
    verdicts = dict(_verdicts(intent, list(facts), stage)) if stage is not None else {FILE: "it has no stage"}
    return Compared(
        equal=tuple(subject for subject, wrong in verdicts.items() if not wrong),
        differing=tuple(f"{subject}: {wrong}" for subject, wrong in verdicts.items() if wrong),
        unread=(),
    )


def _verdicts(intent: Intent, facts: list[Fact], stage: Stage) -> Iterator[tuple[str, str]]:
    """Each subject with what is wrong with it, "" where it is as it was asked for."""
    application = intent.stack.application
    workloads = [fact for fact in facts if isinstance(fact, Workload)]
    users = {fact.user.known("") for fact in workloads}
    asked = f"{application.user}:{application.user}"
    yield "user", "" if users == {asked} else f"{_told(users)} was not asked for, {asked} was"
    checked = {fact.health.known(False) for fact in workloads if fact.health is not None}
    yield "health check", "" if checked == {True} else "there is none"
    wanted = set(stage_images(intent).values())
    found = {fact.reference.known("") for fact in facts if isinstance(fact, Image) and not fact.stage}
    yield "images", "" if found == wanted else f"{_told(found - wanted or wanted - found)} differs"
    ports = {word.text for one in stage.instructions if one.keyword == "EXPOSE" for word in one.words}
    yield (
        "port",
        "" if ports == {str(application.port)} else f"{_told(ports ^ {str(application.port)})} differs",
    )
    shells = [one for one in map(stage.last, _STARTS) if one is None or not one.exec_form]
    yield "start without a shell", "" if not shells else "a shell starts it"
    yield "owner of files", "" if all(_of_root(stage)) else "a copied file is not root's"


def _told(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "none"


def _of_root(stage: Stage) -> Iterator[bool]:
    for one in stage.instructions:
        owner = one.flag("chown")
        if one.keyword in ("COPY", "ADD"):
            yield owner is None or owner.value in ("0:0", "root:root", "0", "root")
