"""What was written, judged as any other configuration is, without waivers; then the vendors' own verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from batten.cell import NotAsked
from batten.engine.outcome import Outcome
from batten.engine.review import Review, review
from batten.model import Problem
from batten.model.record import record
from batten.policy import Policy
from batten.technologies import technologies


@record(kw_only=True)
class Verdicts:
    """What vendors' validators said of the files, by technology: `missing` have none here, `unchecked` none that batten runs."""

    agreed: tuple[str, ...]
    missing: tuple[str, ...]
    unchecked: tuple[str, ...]
    refused: tuple[Problem, ...]
    unasked: tuple[NotAsked, ...]


def judged(folder: Path, policy: Policy, paths: Iterable[str]) -> Review:
    """The review of what was written."""
    return review(folder, replace(policy, waivers=(), ignore=()), tuple(paths))


def outcome_of(result: Review, folder: Path, policy: Policy) -> Outcome:
    """The same for reports. Files in which nothing is read are a problem."""
    found = Outcome(
        "review", str(folder), policy.gate, result.findings, list(result.problems), today=policy.today
    )
    found.files, found.units = result.files, len(result.units)
    if not result.facts:
        words = "the generated files cannot be read"
        hint = "internal error: please report it with the contract"
        found.problems.append(Problem(str(folder), "read", words, hint=hint))
    return found


def validated(result: Review) -> Verdicts:
    """Each technology's validator, asked about each unit."""
    said = [(unit, technologies()[unit.technology].validate(unit, result.workspace)) for unit in result.units]
    silent = {unit.technology for unit, verdict in said if verdict is False}
    return Verdicts(
        agreed=tuple(sorted({unit.technology for unit, verdict in said if verdict is True})),
        missing=tuple(sorted(name for name in silent if technologies()[name].has_validator)),
        unchecked=tuple(sorted(name for name in silent if not technologies()[name].has_validator)),
        refused=tuple(verdict for _, verdict in said if isinstance(verdict, Problem)),
        unasked=tuple(verdict for _, verdict in said if isinstance(verdict, NotAsked)),
    )
