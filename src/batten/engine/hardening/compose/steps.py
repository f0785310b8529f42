"""The steps of a proof that start a whole Compose project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

from batten.engine.hardening.compose.docker import NotStarted, docker
from batten.engine.hardening.compose.project import edge_of, project
from batten.engine.hardening.compose.running import Up, up
from batten.engine.hardening.edge_alone import lacking
from batten.engine.hardening.output import existing
from batten.engine.hardening.playing import play_real
from batten.engine.hardening.probing import probed
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.subject import EdgePart, Said, Subject
from batten.formats import Workspace
from batten.harden import HardenProblem
from batten.harden.trial import free_ports
from batten.policy import Environment

NAME = "the project"


def whole_project(subject: Subject, part: EdgePart, ends: list[Said]) -> Generator[tuple[Step, Said]]:
    """Its start, its calls and its probe. `ends` gets what was started, and whether anything is left of it."""
    begun: list[Up] = []
    try:
        # Raises NotStarted and HardenProblem.
        engine = docker()
        tls, plain = free_ports(2)
        edge = subject.render(part, edge_of(subject.intent, tls))
        made = project(subject.intent, _written(subject), (tls, plain), edge)
        subject.progress(f"starting {made.name}")
        with up(engine, made, pull=subject.pull, record=begun.append) as run:
            line = f"{made.name}: {_counted(begun[0].made)}, with secrets and ports of loopback of its own"
            yield (
                Step.START,
                (Verdict.PASSED, (line, "every service runs, and those with a health check are healthy")),
            )
            found = play_real(
                part.intent.edge, run, subject.inputs.contract, part.lacks, active=subject.active
            )
            answers = ", ".join(f"{count} × {status}" for status, count in found.statuses.items())
            played_line = f"{found.documented} documented calls without credentials to the application ({answers or 'none'})"
            left = (
                (f"{found.left_out} calls may change data and were not made; --active makes them",)
                if found.left_out
                else ()
            )
            refused = f"{found.refused} requests that the edge refuses itself"
            lines = (played_line, *left, refused, *found.wrong, *lacking(part))
            yield Step.CALLS, (Verdict.FAILED if found.wrong else Verdict.PASSED, lines)
            yield from probed(subject, run, Environment(NAME, "", rate=float(subject.intent.options.rate)))
    except NotStarted as error:
        yield Step.START, (Verdict.NOT_ASSESSED, (f"not started: {error}",))
    except HardenProblem as error:
        yield Step.START, (Verdict.FAILED, (str(error),))
    finally:
        ends += map(_ended, begun)


def _written(subject: Subject) -> dict[str, str]:
    workspace = Workspace(subject.folder)
    return {path: existing(workspace, path) or text for path, text in subject.made.files.items()}


def _ended(up: Up) -> Said:
    """What became of a project."""
    name = up.project.name
    if not up.left and not up.failure:
        return Verdict.PASSED, (f"{name}: {_counted(up.made) or 'nothing was made'}; nothing is left",)
    how = f"remove it with `docker compose --project-name {name} down --volumes`"
    return Verdict.FAILED, (
        *([f"Docker Compose: {up.failure}"] if up.failure else []),
        f"left of {name}: {', '.join(up.left) or 'nothing'}; {how}",
    )


def _counted(made: tuple[str, ...]) -> str:
    kinds = Counter(thing.partition(" ")[0] for thing in made)
    return ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())
