"""From what was asked for, and the inputs, to the files of a deployment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import cast

from batten.engine.hardening.asked import Asked, intent_of
from batten.engine.hardening.inputs import Inputs
from batten.engine.hardening.output import laid_out
from batten.harden import HardenProblem, targets
from batten.harden.intent import Intent
from batten.harden.made import Made

BESIDE = "contract/"  # the folder of a contract that is written with a deployment


def offered() -> tuple[str, ...]:
    """All that can be rendered."""
    return (*targets.offered(), targets.CONTRACT)


def intent(asked: Asked, inputs: Inputs) -> Intent:
    """Raises HardenProblem."""
    return intent_of(asked, inputs.contract, inputs.policy)


def rendered(asked: Asked, inputs: Inputs) -> Made:
    """Raises HardenProblem."""
    if asked.target not in offered():
        raise HardenProblem(f"this batten does not render '{asked.target}'; use the batten that wrote it")
    return laid_out(render(asked.target, intent(asked, inputs)))


def render(target: str, intent: Intent) -> Made:
    """A target, with the contract beside it where that is asked for. Raises HardenProblem."""
    if target == targets.CONTRACT:
        return _contract(intent)
    if intent.options.strict:
        raise HardenProblem("--strict requires the target contract; omit it")
    made = targets.render(target, intent)
    if intent.options.emit_contract:
        # Of what its edge serves.
        found = targets.edge_placed(target, intent)
        if found is None:
            raise HardenProblem(f"{target} has no edge whose contract could be written; omit --emit-contract")
        served = _contract(served_by(*found))
        beside = {f"{BESIDE}{path}": text for path, text in served.files.items()}
        return Made({**made.files, **beside}, made.secrets, (*made.notes, *served.notes), made.images)
    return made


def served_by(engine: str, placed: Intent) -> Intent:
    """What the contract is rendered from that an edge serves where it is placed."""
    return replace(placed, stack=replace(placed.stack, edge=engine))


def _contract(intent: Intent) -> Made:
    """Imported when it is asked for: it brings the whole review along."""
    module = import_module("batten.engine.hardening.contract")
    return cast(Callable[[Intent], Made], module.render)(intent)
