"""What was done to prove a deployment, step by step, and the seals that chain the steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum

from batten.engine.hardening.lock import digest
from batten.engine.outcome import ExitCode
from batten.model.record import record


class Step(Enum):
    RENDER = "render"
    READ_BACK = "read back"
    JUDGE = "judge"
    VALIDATE = "validate"
    START = "start"
    CALLS = "calls"
    PROBE = "probe"
    END = "end"


class Verdict(Enum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_ASSESSED = "not assessed"  # what it needs is missing: the proof is incomplete
    SKIPPED = "skipped"  # it does not apply to the target


@record(kw_only=True)
class Taken:
    """A step that was taken. `seal` is the SHA-256 of the seal before it and of the step."""

    step: Step
    verdict: Verdict
    lines: tuple[str, ...]
    seal: str


@record(kw_only=True)
class Proof:
    """`files` are the SHA-256 of what was written; `beginning` is the seal over them, the target and the inputs."""

    target: str
    batten: str
    inputs: Mapping[str, str]
    files: Mapping[str, str]
    beginning: str
    steps: tuple[Taken, ...] = ()

    @property
    def seal(self) -> str:
        """Of the whole proof."""
        return self.steps[-1].seal if self.steps else self.beginning

    @property
    def exit_code(self) -> ExitCode:
        verdicts = {taken.verdict for taken in self.steps}
        if Verdict.FAILED in verdicts:
            return ExitCode.FINDINGS
        return ExitCode.INCOMPLETE if Verdict.NOT_ASSESSED in verdicts or not verdicts else ExitCode.CLEAN


def begun(target: str, batten: str, inputs: Mapping[str, str], files: Mapping[str, str]) -> Proof:
    """A proof without steps."""
    words = {"target": target, "batten": batten, "inputs": dict(inputs), "files": dict(files)}
    return Proof(target=target, batten=batten, inputs=inputs, files=files, beginning=_seal("", words))


def sealed(before: str, step: Step, verdict: Verdict, lines: tuple[str, ...]) -> Taken:
    """The step behind the one whose seal is `before`."""
    words = {"step": step.value, "verdict": verdict.value, "lines": list(lines)}
    return Taken(step=step, verdict=verdict, lines=lines, seal=_seal(before, words))


def _seal(before: str, words: Mapping[str, object]) -> str:
    return digest(before + json.dumps(words, sort_keys=True, separators=(",", ":")))
