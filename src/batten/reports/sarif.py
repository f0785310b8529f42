"""SARIF 2.1.0, for code scanning: exact regions, fixes, waivers and how each result compares with before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from batten import __version__
from batten.controls import collected, judges_of
from batten.engine.causes import Cause, causes
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.formats.document import Text
from batten.model import Edit, Problem, Severity, State, Twin
from batten.reports import words
from batten.reports.diff import is_long
from batten.reports.encoded import encoded
from batten.reports.ledger import said
from batten.reports.ledger_json import as_json
from batten.reports.lowered import line
from batten.reports.masks import Masks, masks
from batten.reports.references import first_published, home, published
from batten.reports.sarif_places import (
    ROOT,
    Json,
    artifact,
    deleted,
    exchange,
    location,
    related,
    suppressing,
    text_of,
)

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT = "batten/v2"  # engine/identity.py
# GitHub's bands: critical from 9.0, high from 7.0, medium from 4.0, low from 0.1.
SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.0",
}
_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}
_BASELINE = {State.NEW: "new", State.REGRESSED: "new"}


def render(outcome: Outcome, workspace: Workspace) -> str:
    slugs = sorted({f.control for f in outcome.findings})
    rules = {slug: index for index, slug in enumerate(slugs)}
    hidden = masks(outcome.findings, workspace)
    found: Json = {"apart": words.by_context(outcome), "lifecycleData": collected().isoformat()}
    if outcome.lowered:
        found["lowered"] = [line(one, workspace) for one in outcome.lowered]
    run: Json = {
        "tool": {"driver": driver(slugs)},
        "automationDetails": {"id": f"batten/{outcome.command}/"},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that was reviewed."}}},
        "invocations": [_invocation(outcome, workspace)],
        "properties": found if outcome.ledger is None else found | {"ledger": as_json(outcome.ledger)},
        "results": [
            _result(c, rules[c.lead.control], outcome, workspace, hidden) for c in causes(outcome.findings)
        ],
    }
    return encoded({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def level(severity: Severity) -> str:
    return _LEVEL.get(severity, "note")


def sentence(text: str) -> str:
    """SARIF wants messages that start and end like sentences."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def driver(slugs: list[str]) -> Json:
    """batten with these controls as its rules, in their order."""
    driver: Json = {
        "name": "batten",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [_rule(slug) for slug in slugs],
    }
    return driver | ({"informationUri": address} if (address := home()) else {})


def _rule(slug: str) -> Json:
    control = words.control_of(slug)
    rule: Json = {"id": slug, "name": "".join(w.capitalize() for w in slug.split("-"))}
    if control is None:
        return rule
    why = sentence(control.why or control.title)
    more = f"`batten explain {slug}` shows bad and good configuration."
    references = "".join(f"\n- {_linked(r)}" for r in control.references)
    if page := first_published(r for judge in judges_of(slug) for r in judge.references):
        rule["helpUri"] = page
    return rule | {
        "shortDescription": {"text": sentence(control.title)},
        "fullDescription": {"text": why},
        "help": {
            "text": f"{why} {more.replace('`', '')}",
            "markdown": f"{why}\n\n{more}" + (f"\n\n**References**\n{references}" if references else ""),
        },
        "defaultConfiguration": {"level": level(control.severity)},
        "properties": {
            "tags": [
                "security",
                *control.clauses,
                *[f"external/cwe/{r.lower()}" for r in control.references if r.startswith("CWE-")],
            ],
            "security-severity": SECURITY_SEVERITY[control.severity],
            "precision": "high",
            "references": list(control.references),
        },
    }


def _linked(reference: str) -> str:
    address = published(reference)
    return f"[{reference}]({address})" if address not in ("", reference) else reference


def _result(cause: Cause, rule: int, outcome: Outcome, workspace: Workspace, hidden: Masks) -> Json:
    finding = cause.lead
    result: Json = {
        "ruleId": finding.control,
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": " ".join(map(sentence, filter(None, (cause.message, finding.advice))))},
        "locations": [location(f, workspace, hidden) for f in cause.places],
        "partialFingerprints": {FINGERPRINT: cause.fingerprint},
        "properties": _properties(cause) | {"gate": outcome.fails(finding)},
    }
    places = [(at, "Also here.") for f in cause.places for at in f.also]
    twins = {twin.at: twin for f in cause.places for twin in f.twins}
    places += [(at, _why(twins.get(at))) for f in cause.places for at in f.related]
    places += [(f.at, f"Also breaks {f.control}: {sentence(f.message)}") for f in cause.covered]
    others = [
        related(at, number, why, workspace) for number, (at, why) in enumerate(dict.fromkeys(places), 1)
    ]
    if others:
        result["relatedLocations"] = others
    if outcome.command == "check" or outcome.past:
        result["baselineState"] = _BASELINE.get(finding.state, "unchanged")
    result |= _fixes(cause, workspace, hidden)
    if finding.suppression is not None:
        suppression = finding.suppression
        found: Json = {
            "kind": "inSource" if suppression.kind == "inline" else "external",
            "status": "accepted",
            "justification": words.reason(suppression),
        }
        if suppression.at is not None:
            found["location"] = suppressing(suppression.at, workspace)
        result["suppressions"] = [found]
    return result | exchange(finding)


def _properties(cause: Cause) -> Json:
    finding = cause.lead
    found: Json = {"case": finding.case, "severity": finding.severity.label, "state": finding.state.value}
    found |= {"context": finding.context.value, "counts": finding.counts}
    if len(cause.places) > 1:
        found["places"] = [f.fingerprint for f in cause.places]  # in the order of `locations`
    if cause.covered:
        found["alsoBreaks"] = list(cause.also_breaks)
    if finding.reach:
        found["reach"] = list(finding.reach)
    if finding.environment:
        found["environment"] = finding.environment
    if finding.fix is not None:
        found |= {"safety": finding.fix.safety.value, "breaks": finding.fix.breaks}
    return found


def _why(twin: Twin | None) -> str:
    """What a related place has to do with a result."""
    if twin is None:
        return "Related."
    return f"Seen live in {twin.environment}." if twin.environment else "Declared here."


def _fixes(cause: Cause, workspace: Workspace, hidden: Masks) -> Json:
    """One fix that changes every place that has one. None when the new text would repeat a secret, or where two places'
    edits meet: an inexact fix is worse than none. A fix that is longer than a report repeats is left out."""
    made = [f.fix for f in cause.places if f.fix is not None and f.fix.edits and not is_long(f.fix)]
    edits = tuple(dict.fromkeys(edit for fix in made for edit in fix.edits))
    if not edits or _meet(edits) or any(hidden.bares(e.source, e.text) for e in edits):
        return {}
    changes = [
        {"artifactLocation": artifact(source), "replacements": list(_replacements(source, edits, workspace))}
        for source in dict.fromkeys(e.source for e in edits)
    ]
    return {"fixes": [{"description": {"text": sentence(made[0].title)}, "artifactChanges": changes}]}


def _meet(edits: tuple[Edit, ...]) -> bool:
    """Whether two of them change the same text."""
    ordered = sorted(edits, key=lambda e: (e.source, e.span.start, e.span.end))
    return any(one.source == two.source and two.span.start < one.span.end for one, two in pairwise(ordered))


def _replacements(path: str, edits: tuple[Edit, ...], workspace: Workspace) -> Iterator[Json]:
    source = text_of(path, workspace) or Text(path, "")
    for edit in edits:
        if edit.source == path:
            found: Json = {"deletedRegion": deleted(source, edit.span)}
            yield (found | {"insertedContent": {"text": edit.text}} if edit.text else found)


def _invocation(outcome: Outcome, workspace: Workspace) -> Json:
    problems = [(p, "warning") for p in outcome.problems if p.counts]
    for environment in outcome.environments:
        problems += [(p, "warning") for p in environment.not_assessed]
        if not environment.reached:
            message = f"{environment.name} was {words.reached(environment)}"
            problems.append((Problem(environment.name, "probe", message), "error"))
    found: Json = {"executionSuccessful": not problems, "exitCode": int(outcome.exit_code)}
    told = [*problems, *((p, "note") for e in outcome.environments for p in e.left_alone)]
    told += [(p, "note") for p in outcome.problems if not p.counts]
    if apart := words.apart(outcome):
        told.append((Problem("contexts", "judge", apart), "note"))
    if aged := words.aged(outcome):
        told.append((Problem("component-supported", "judge", aged), "note"))
    if held := words.withheld(outcome):
        told.append((Problem("batten.yaml", "discover", held), "note"))
    for one in outcome.ledger.missed if outcome.ledger is not None else ():
        told.append((Problem(one.path, "discover", f"not read: {said(one)}"), "note"))
    if told:
        found["toolExecutionNotifications"] = [_notification(p, lvl, workspace) for p, lvl in told]
    return found


def _notification(problem: Problem, severity: str, workspace: Workspace) -> Json:
    text = sentence(problem.message) + (f" {sentence(problem.hint)}" if problem.hint else "")
    is_file = "\0" not in problem.source and workspace.exists(problem.source)
    found: Json = {
        "descriptor": {"id": problem.stage},
        "level": severity,
        "message": {"text": text if is_file else f"{problem.source}: {text}"},
    }
    if is_file:
        physical: Json = {"artifactLocation": artifact(problem.source)}
        if problem.line:
            physical["region"] = {"startLine": problem.line}
        found["locations"] = [{"physicalLocation": physical}]
    return found
