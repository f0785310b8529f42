"""GitLab's Code Quality report, which merge requests show beside the changed lines."""

from __future__ import annotations

import hashlib
from collections import Counter

from batten.engine.causes import Cause, causes
from batten.engine.ledger import Unread
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Finding, Severity
from batten.reports import words
from batten.reports.encoded import encoded
from batten.reports.evidence import url
from batten.reports.ledger import named, said

_SEVERITY = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(outcome: Outcome, workspace: Workspace) -> str:
    seen: Counter[str] = Counter()
    issues = [_issue(cause, seen) for cause in (*outcome.causes, *causes(outcome.apart))]
    # What keeps the whole run from being a verdict.
    issues += [
        _noted("assessment", f"{p.message}; {p.hint}", "batten.yaml", Severity.HIGH, p.message)
        for p in outcome.problems
        if p.source == "."
    ]
    issues += [_unread(one) for one in outcome.ledger.missed] if outcome.ledger is not None else []
    held = words.withheld(outcome)
    # What the policy keeps out of the verdict: shown where a merge request changes it.
    return encoded([*issues, _noted("policy", held, "batten.yaml", Severity.INFO, held)] if held else issues)


def _unread(one: Unread) -> dict[str, object]:
    """A file that matters and was not read: no fault, so it is for information only."""
    identity = f"not read\n{one.path}\n{named(one)}"
    return _noted("not-read", f"not read: {said(one)}", one.path, Severity.INFO, identity)


def _noted(name: str, text: str, path: str, severity: Severity, identity: str) -> dict[str, object]:
    return {
        "type": "issue",
        "check_name": name,
        "description": text,
        "categories": ["Security"],
        "severity": _SEVERITY[severity],
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "location": {"path": path, "lines": {"begin": 1}},
    }


def _issue(cause: Cause, seen: Counter[str]) -> dict[str, object]:
    finding = cause.lead
    apart = "" if finding.counts else f" ({words.uncounted(finding)})"
    live = f" (seen in {finding.environment}: {url(finding)})" if finding.environment else ""
    many = f" ({words.plural(len(cause.places), 'place')})" if len(cause.places) > 1 else ""
    # GitLab drops all but one issue of a fingerprint; ours may repeat at one place.
    seen[cause.fingerprint] += 1
    issue: dict[str, object] = {
        "type": "issue",
        "check_name": finding.control,
        "description": f"{cause.message}{live}{many}{apart}. {finding.advice}",
        "categories": ["Security"],
        "severity": _SEVERITY[finding.severity],
        "fingerprint": hashlib.sha256(
            f"{cause.fingerprint}\n{seen[cause.fingerprint]}".encode("utf-8", "backslashreplace")
        ).hexdigest()[:32],
        "location": _location(finding),
    }
    others = [_location(f) for f in cause.places[1:]]
    return issue | {"other_locations": others} if others else issue


def _location(finding: Finding) -> dict[str, object]:
    return {"path": finding.at.source, "lines": {"begin": finding.region.line if finding.region else 1}}
