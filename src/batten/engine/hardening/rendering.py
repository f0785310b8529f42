"""From what was asked for, and the inputs, to the files of a deployment."""

from __future__ import annotations

from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.output import laid_out
from batten.harden import HardenProblem, targets
from batten.harden.intent import Intent
from batten.harden.made import Made


def intent(asked: Asked, inputs: Inputs) -> Intent:
    """Raises HardenProblem."""
    return intent_of(asked, inputs.contract, inputs.policy)


def rendered(asked: Asked, inputs: Inputs) -> Made:
    """Raises HardenProblem."""
    if asked.target not in targets.offered():
        raise HardenProblem(f"this batten does not render '{asked.target}'; use the batten that wrote it")
    return laid_out(targets.render(asked.target, intent(asked, inputs)))
