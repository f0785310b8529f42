"""Facts to findings: ask every judge, say how bad it is there, and note it once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from batten.controls import Control, judges_about
from batten.engine.link import Picture
from batten.facts import Fact
from batten.formats import Unreadable, Workspace
from batten.model import Finding, Kind, Location, Problem, Region, Severity, Violation
from batten.model.record import record
from batten.policy import Policy

_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d[\d.,]*")


@record
class Bench:
    """What judging needs beside the fact."""

    workspace: Workspace
    policy: Policy
    picture: Picture
    environment: str = ""
    readers: Mapping[int, str] = field(default_factory=dict)  # id of a fact -> its technology


def judge(facts: Iterable[Fact], bench: Bench) -> Iterator[Finding | Problem]:
    """Every finding about the facts, in their order. A judge that fails costs its own verdict only."""
    for fact in facts:
        for control in judges_about(fact):
            if control.slug in bench.policy.off:
                continue
            try:
                violations = list(control.judge(fact, bench.policy))
            except Exception as error:
                hint = "this is a defect of batten's; the other controls were asked"
                yield Problem(fact.at.source, "judge", f"{control.slug} failed: {error!r}", hint)
                continue
            for violation in violations:
                yield _finding(control, violation, fact, bench)


def _finding(control: Control, violation: Violation, fact: Fact, bench: Bench) -> Finding:
    reach = bench.picture.reach(fact)
    severity = bench.policy.severities.get(control.slug, control.severity)
    if violation.severity is not None:
        severity = min(severity, violation.severity)
    if reach is not None and not reach.public:
        severity = min(severity, Severity.MEDIUM)
    return Finding(
        control.slug,
        severity,
        violation.message,
        violation.at,
        fingerprint(control.slug, violation),
        region(violation.at, bench.workspace),
        violation.remedy,
        reach=reach.path if reach else (),
        environment=bench.environment,
        related=(*violation.related, *violation.at.through),
        technology=bench.readers.get(id(fact), ""),
    )


def region(at: Location, workspace: Workspace) -> Region | None:
    if at.span is None:
        return None
    try:
        return workspace.text(at.source).region(at)
    except Unreadable:
        return None


def fingerprint(slug: str, violation: Violation) -> str:
    """Slug, place by name and the sentence without its values: it survives moved lines, renamed files
    and changed numbers. On the wire the place is below the host, so environments can be compared."""
    at = violation.at
    sentence = _VALUES.sub("", violation.message)
    return hashlib.sha256(f"{slug}\n{at.pointer}\n{sentence}".encode()).hexdigest()[:24]


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with each said once: one that lies within another of the same kind becomes its "also at"."""
    kept: list[Finding] = []
    groups: dict[tuple[str, str, str, str], list[int]] = {}
    for finding in findings:
        key = (finding.control, finding.at.source, finding.environment, _VALUES.sub("", finding.message))
        for index in groups.get(key, ()):
            joined = _joined(kept[index], finding)
            if joined is not None:
                kept[index] = joined
                break
        else:
            groups.setdefault(key, []).append(len(kept))
            kept.append(finding)
    return kept


def mended_together(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that the same edits mend (`listen 80;` and `listen [::]:80;`), said once."""
    kept: list[Finding] = []
    alike: dict[tuple[object, ...], list[int]] = {}
    for finding in findings:
        key = (finding.control, finding.at.source, finding.message, finding.remedy, finding.suppression)
        group = alike.setdefault(key, []) if finding.mend is not None else []
        for index in group:
            if _same_edits(kept[index], finding):
                kept[index] = replace(kept[index], also=(*kept[index].also, finding.at))
                break
        else:
            group.append(len(kept))
            kept.append(finding)
    return kept


def _same_edits(one: Finding, two: Finding) -> bool:
    return (
        one.fix is not None and two.fix is not None and bool(one.fix.edits) and one.fix.edits == two.fix.edits
    )


def _joined(one: Finding, two: Finding) -> Finding | None:
    if one.at == two.at:
        return replace(one, related=tuple(dict.fromkeys((*one.related, *two.related))))
    if one.at.kind is Kind.WIRE and two.at.kind is Kind.WIRE and one.remedy == two.remedy:
        return replace(one, also=(*one.also, two.at))
    if _covers(one.at, two.at):
        return replace(one, also=(*one.also, two.at))
    if _covers(two.at, one.at):
        return replace(two, also=(*one.also, one.at))
    return None


def _covers(outer: Location, inner: Location) -> bool:
    if (
        outer.span is None
        or inner.span is None
        or outer.kind is not Kind.BLOCK
        or inner.kind is not Kind.BLOCK
    ):
        return False
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end
