"""What is said of a running system, and what its advice tells to write."""

from __future__ import annotations

import re
from pathlib import Path

from assessed import run

from batten.engine.advice import adviser
from batten.engine.review import Review, judged_live
from batten.formats import Workspace
from batten.model import Finding
from batten.policy import Environment, Policy

ORIGINS = ("https://app.example.com",)


def findings(environment: Environment) -> list[Finding]:
    """The findings of a running system, by batten alone: no file of it is known."""
    policy = Policy(origins=ORIGINS, hosts=("localhost",))
    result = Review(Workspace(Path("/")), policy)
    facts = run(environment).facts
    return list(judged_live(environment.name, facts, result, advise=adviser(facts, result)).findings)


def advice(found: list[Finding], title: str) -> dict[str, list[str]]:
    """By control, what stands in backquotes of the advice for one technology."""
    told: dict[str, list[str]] = {}
    for one in found:
        said = re.search(rf"(?:In {re.escape(title)}|If {re.escape(title)} answers), (.+)", one.advice)
        if said is not None:
            told.setdefault(one.control, re.findall(r"`([^`]+)`", said[1]))
    return told
