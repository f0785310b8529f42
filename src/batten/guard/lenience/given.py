"""Leniency as arguments of a middleware and options of a command name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TypeVar

from batten.guard.options import GuardProblem
from batten.policy.leniency import Framework, Leniency, Relaxation, UndeclaredErrors
from batten.policy.load_leniency import FORMATS, RELAXED
from batten.policy.nearest import meant

Choice = TypeVar("Choice", bound=Enum)


def leniency(
    framework: str | Framework | None = None,
    undeclared_errors: str | UndeclaredErrors | None = None,
    formats: str = "judged",
    passes: Iterable[str] = (),
    relax: Iterable[Relaxation | Mapping[str, str]] = (),
) -> Leniency:
    """Raises GuardProblem."""
    if formats not in FORMATS:
        raise GuardProblem(f"formats: '{formats}' is not a choice; write judged or relaxed")
    return Leniency(
        framework=_one_of("framework", framework, Framework),
        undeclared_errors=_one_of("undeclared-errors", undeclared_errors, UndeclaredErrors),
        formats=formats == "judged",
        also=tuple(passes),
        relaxations=tuple(row if isinstance(row, Relaxation) else relaxation(row) for row in relax),
    )


def _one_of(what: str, given: str | Choice | None, choices: type[Choice]) -> Choice | None:
    if given is None or isinstance(given, choices):
        return given
    known = [choice.value for choice in choices]
    if given not in known:
        hint = meant(str(given), known, f"write one of {', '.join(known)}")
        raise GuardProblem(f"{what}: '{given}' is not one of its choices; {hint}")
    return choices(given)


def relaxation(row: Mapping[str, str], at: str = "relax") -> Relaxation:
    """Raises GuardProblem."""
    for key in row:
        if key not in RELAXED:
            hint = meant(key, RELAXED, f"its keys are: {', '.join(RELAXED)}")
            raise GuardProblem(f"{at}: a relaxation has no key '{key}'; {hint}")
    held = {key: str(value) for key, value in row.items()}
    return Relaxation(
        why=held.get("why", ""),
        rule=held.get("rule", ""),
        operation=held.get("operation", ""),
        status=held.get("status", ""),
        format=held.get("format", ""),
        at=at,
    )


def written(text: str) -> Relaxation:
    """Of an option: `rule=answer-body,operation=GET /v1/a,why=the rest, commas included`. Raises GuardProblem."""
    front, _, why = text.partition("why=")
    row = {"why": why.strip()}
    for part in front.split(","):
        key, equals, value = part.strip().partition("=")
        if part.strip() and not equals:
            raise GuardProblem(f"--relax {text}: '{part}' has no value; write rule=NAME,why=REASON")
        if key:
            row[key] = value.strip()
    return relaxation(row, f"--relax {text}")
