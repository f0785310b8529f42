"""What is written and what runs, judged: a review's and a probe's findings as the verdict of a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.engine.check import assess
from batten.engine.hardening.proof import Step, Verdict
from batten.engine.hardening.subject import Said, Subject
from batten.engine.outcome import ExitCode, Outcome
from batten.harden.trial import Trial
from batten.policy import Environment

OF_THE_API = "responses-match-schema"  # what the contract leaves out, the stand-in cannot know


def verdict_of(outcome: Outcome) -> Said:
    lines = [
        f"{finding.severity.name.lower()} {finding.control}: {finding.message}" for finding in outcome.active
    ]
    lines += [f"{problem.source}: {problem.message}" for problem in outcome.problems if problem.counts]
    for environment in outcome.environments:
        lines += [
            f"not assessed: {problem.source}: {problem.message}" for problem in environment.not_assessed
        ]
    match outcome.exit_code:
        case ExitCode.CLEAN:
            return Verdict.PASSED, (*lines, "nothing at or above the gate" if lines else "no findings")
        case ExitCode.FINDINGS:
            return Verdict.FAILED, tuple(lines)
        case _:
            return Verdict.NOT_ASSESSED, tuple(lines)


def probed(
    subject: Subject, run: Trial, real: Environment, without: tuple[str, ...] = ()
) -> Iterator[tuple[Step, Said]]:
    """Harmless requests only; the upstream gets what the edge forwards. The controls of `without` are not judged."""
    policy, inputs = subject.inputs.policy, subject.inputs
    policy = replace(policy, off={**policy.off, **dict.fromkeys(without, "not the edge's to decide")})
    rate = min(real.rate, 0.9 * subject.intent.options.rate)  # the edge's own limit is in force
    environment = replace(real, name="trial", url=run.url, plain=run.plain, ca=str(run.ca), rate=rate)
    outcome = assess(inputs.root, policy, [environment], inputs.contract, policy.origins, subject.progress)
    verdict, lines = verdict_of(outcome)
    made = sum(one.exchanges for one in outcome.environments)
    told = [f"not judged: {', '.join(without)}"] if without else []
    yield Step.PROBE, (verdict, (f"{made} requests in front of {real.name}", *lines, *told))
