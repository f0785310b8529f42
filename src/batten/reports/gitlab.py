"""GitLab's Code Quality report, which merge requests show beside the changed lines."""

from __future__ import annotations

import hashlib
from collections import Counter

from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Severity
from batten.reports import words
from batten.reports.encoded import encoded
from batten.reports.evidence import url

_SEVERITY = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(outcome: Outcome, workspace: Workspace) -> str:
    seen: Counter[str] = Counter()
    issues = [_issue(f, seen) for f in (*outcome.active, *outcome.apart)]
    held = words.withheld(outcome)
    return encoded([*issues, _withheld(held)] if held else issues)


def _withheld(held: str) -> dict[str, object]:
    """What the policy keeps out of the verdict: shown where a merge request changes it."""
    return {
        "type": "issue",
        "check_name": "policy",
        "description": held,
        "categories": ["Security"],
        "severity": _SEVERITY[Severity.INFO],
        "fingerprint": hashlib.sha256(held.encode()).hexdigest()[:32],
        "location": {"path": "batten.yaml", "lines": {"begin": 1}},
    }


def _issue(finding: Finding, seen: Counter[str]) -> dict[str, object]:
    apart = "" if finding.counts else f" ({words.uncounted(finding)})"
    live = f" (seen in {finding.environment}: {url(finding)})" if finding.environment else ""
    return {
        "type": "issue",
        "check_name": finding.control,
        "description": f"{finding.message}{live}{apart}. {finding.advice}",
        "categories": ["Security"],
        "severity": _SEVERITY[finding.severity],
        "fingerprint": _unique(finding, seen),
        "location": {
            "path": finding.at.source,
            "lines": {"begin": finding.region.line if finding.region else 1},
        },
    }


def _unique(finding: Finding, seen: Counter[str]) -> str:
    """GitLab drops all but one issue of a fingerprint; ours may repeat at one place."""
    seen[finding.fingerprint] += 1
    return hashlib.sha256(f"{finding.fingerprint}\n{seen[finding.fingerprint]}".encode()).hexdigest()[:32]
