"""`batten harden --prove`: every step is said as it is taken, and the report is written."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from batten.cli.output import progress, say, stop, tell, write_out
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.proof import Taken
from batten.engine.hardening.proving import prove
from batten.engine.hardening.rendering import intent
from batten.engine.hardening.subject import Subject
from batten.engine.trust import is_trusted
from batten.files import Root
from batten.files.named import made_folder
from batten.harden.made import Made
from batten.model.record import record
from batten.policy import Environment
from batten.reports.hardening import rendered, step_lines

_NEED = ("report", "active", "pull")  # which go with --prove

_OPTIONS = (
    click.option(
        "--prove", is_flag=True, help="Start it on loopback, play the documented calls, and probe it."
    ),
    click.option(
        "--report",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the proof to this file: .json, .md, or plain text.",
    ),
    click.option(
        "--active",
        is_flag=True,
        help="With --prove of compose: also play calls that may change data to the application that it starts.",
    ),
    click.option("--pull", is_flag=True, help="With --prove of compose: let Docker pull missing images."),
)


@record(kw_only=True)
class Proving:
    """What the command line says of a proof."""

    prove: bool
    report: Path | None
    active: bool
    pull: bool


def proof_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options above, which the command gets as `proving`. Stops where they contradict each other."""

    @wraps(command)
    def made(**given: Any) -> Any:
        proving = Proving(**{name: given.pop(name) for name in ("prove", *_NEED)})
        for name in _NEED:
            if getattr(proving, name) and not proving.prove:
                stop(f"--{name} goes with --prove; pass both")
        return command(proving=proving, **given)

    asking: Callable[..., Any] = made
    for option in reversed(_OPTIONS):
        asking = option(asking)
    return asking


def proved(
    asked: Asked, inputs: Inputs, made: Made, folder: Path, proving: Proving, *, in_front: bool
) -> None:
    """Exit with the verdict's code. `in_front` says that the upstream was named, so the edge is started in front of it, too."""
    subject = Subject(
        target=asked.target,
        intent=intent(asked, inputs),
        made=made,
        inputs=inputs,
        folder=made_folder(folder),
        upstream=_environment(inputs) if in_front else None,
        active=proving.active,
        pull=proving.pull,
        progress=progress,
    )
    proof = prove(subject, _announce)
    if proving.report is not None:
        write_out(proving.report, rendered(proof, proving.report.suffix), str(inputs.root))
    say(f"seal: {proof.seal}")
    sys.exit(proof.exit_code)


def _announce(taken: Taken) -> None:
    progress("")
    for line in step_lines(taken):
        say(line)


def _environment(inputs: Inputs) -> Environment:
    """The credentials of the first environment, where `batten trust` approved its row, and how fast it may be asked. --allow and
    --allow-env name places of batten.yaml, and the upstream is another."""
    environments = inputs.policy.environments
    first = environments[0] if environments else Environment("", "")
    headers = first.headers
    if headers and not is_trusted(Root(inputs.root), first):
        tell(
            f"batten: the headers of environment '{first.name}' are not sent to the upstream; run `batten trust`"
        )
        headers = {}
    return Environment("the upstream", "", headers=headers, rate=first.rate, budget=first.budget)
