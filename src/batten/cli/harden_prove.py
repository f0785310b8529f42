"""`batten harden --prove`: every step is said as it is taken, and the report is written."""

from __future__ import annotations

import sys
from pathlib import Path

from batten.cli.output import progress, say, write_out
from batten.engine.hardening.asked import Asked
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.proof import Proof, Taken
from batten.engine.hardening.proving import Subject, prove
from batten.engine.hardening.rendering import intent
from batten.engine.trust import vouched
from batten.files import Root
from batten.files.named import made_folder
from batten.harden.made import Made
from batten.policy import Environment
from batten.reports.hardening import rendered, step_lines


def proved(
    asked: Asked, inputs: Inputs, made: Made, folder: Path, *, in_front: bool, report: Path | None
) -> None:
    """Exit with the verdict's code. `in_front` says that the upstream was named, so the edge is started in front of it, too."""
    subject = Subject(
        target=asked.target,
        intent=intent(asked, inputs),
        made=made,
        inputs=inputs,
        folder=made_folder(folder),
        upstream=_environment(inputs) if in_front else None,
        progress=progress,
    )
    proof = prove(subject, _announce)
    if report is not None:
        write_out(report, rendered(proof, report.suffix), str(inputs.root))
    _conclude(proof)


def _announce(taken: Taken) -> None:
    progress("")
    for line in step_lines(taken):
        say(line)


def _conclude(proof: Proof) -> None:
    say(f"seal: {proof.seal}")
    sys.exit(proof.exit_code)


def _environment(inputs: Inputs) -> Environment:
    """The credentials of the first environment, where the user has approved it, and how fast it may be asked."""
    policy, unallowed = vouched(Root(inputs.root), inputs.policy)
    first = policy.environments[0] if policy.environments else Environment("", "")
    headers = {} if first.name in unallowed else first.headers
    return Environment("the upstream", "", headers=headers, rate=first.rate, budget=first.budget)
