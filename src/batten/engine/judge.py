"""Facts to findings: ask every judge, say how bad it is there, and note it once."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from functools import lru_cache
from hashlib import blake2b
from os import urandom

from batten import masking
from batten.controls import Control, judges_about, judges_of
from batten.engine.contexts import Contexts
from batten.engine.identity import Identity, kin_of
from batten.engine.link import Picture, Reach
from batten.facts import Fact, ResponseHeaders, Store
from batten.formats import Unreadable, Workspace, comments
from batten.model import (
    Context,
    Finding,
    Kind,
    Location,
    Per,
    Problem,
    Region,
    Remedy,
    SetHeader,
    Severity,
    Violation,
)
from batten.model.record import changed, record
from batten.policy import Policy, Rule
from batten.technologies import technologies
from batten.technologies.shared.secrets.credentials import url_password

# What a sentence quotes or counts may differ where it says the same; what it names in backquotes is another thing.
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d.,]*")

_KEY = urandom(16)

MOST_COMPARED = 10_000  # characters of a block that copies are recognised by
MOST_JOINED = 20  # findings alike whose edits are compared: pairs and handfuls, not a file full of them


@record
class Bench:
    """What judging needs beside the fact."""

    workspace: Workspace
    policy: Policy
    picture: Picture
    environment: str = ""
    readers: Mapping[int, str] = field(default_factory=dict)  # id of a fact -> its technology
    contexts: Contexts = field(default_factory=Contexts)
    advise: Callable[[str, Violation, Fact], str] = lambda control, violation, fact: ""
    quiet: list[Finding] | None = None  # gets what controls find that are turned off
    former: comments.FormerLines | None = (
        None  # where a change is judged: comments that it brings give no reasons
    )


def judge(facts: Iterable[Fact], bench: Bench) -> Iterator[Finding | Problem]:
    """Every finding about the facts, in their order. A judge that fails costs its own verdict only. What controls find that are
    turned off is only counted, in `bench.quiet`."""
    for fact in facts:
        for control in judges_about(fact):
            if control.slug in bench.policy.off:
                _count(control, fact, bench)
                continue
            try:
                violations = list(control.judge(fact, bench.policy))
            except Exception as error:
                hint = "internal error: please report it with the file; the other controls ran"
                yield Problem(
                    fact.at.source, "judge", f"{control.slug} failed: {masking.failure(error)}", hint=hint
                )
                continue
            for violation in violations:
                yield _finding(control, violation, fact, bench)


def _count(control: Control, fact: Fact, bench: Bench) -> None:
    """Keep what a control that is turned off finds. One that fails finds nothing: it has no verdict to lose."""
    if bench.quiet is not None:
        with suppress(Exception):
            bench.quiet.extend(_finding(control, v, fact, bench) for v in control.judge(fact, bench.policy))


def slugs_about(facts: Iterable[Fact]) -> frozenset[str]:
    """The controls that have something to judge among the facts."""
    one_of_each = {type(fact): fact for fact in facts}
    return frozenset(control.slug for fact in one_of_each.values() for control in judges_about(fact))


def _severity(control: Control, violation: Violation, reach: Reach | None, policy: Policy | None) -> Severity:
    """How bad it is, before its context and the control's own view of what no outsider reaches; without a policy, as batten has
    it."""
    severity = control.severity if policy is None else policy.severities.get(control.slug, control.severity)
    if violation.severity is not None:
        severity = min(severity, violation.severity)
    return min(severity, Severity.MEDIUM) if reach is not None and not reach.public else severity


def _finding(control: Control, violation: Violation, fact: Fact, bench: Bench) -> Finding:
    reach = bench.picture.reach(fact)
    severity = before = _severity(control, violation, reach, bench.policy)
    technology = bench.readers.get(id(fact), "")
    # Where a setting stands that tells nothing of its context itself, as its fact does.
    at = (
        violation.at
        if violation.at.context or not fact.at.context
        else changed(violation.at, context=fact.at.context)
    )
    message, severity = _explained(control, violation, severity, at, bench)
    context = bench.contexts.of(at, technology)
    # What is valid wherever it was committed was not committed here.
    everywhere = violation.everywhere and context is not Context.GITIGNORED
    rule = Rule() if everywhere else bench.contexts.rule(context)
    if rule.most is not None:
        severity = min(severity, rule.most)
    identity_at = violation.at
    kin = _kin(control.slug, violation.case.value, identity_at.pointer)
    identity = (
        Identity(kin, "", bench.environment) if bench.environment else Identity(kin, identity_at.source)
    )
    return Finding(
        control=control.slug,
        severity=min(severity, control.private) if reach and reach.public is False else severity,
        baseline_severity=severity,
        lowered=before < _severity(control, violation, reach, None),
        message=message,
        at=at,
        fingerprint=identity.fingerprint,
        region=region(at, bench.workspace),
        remedy=violation.remedy,
        reach=reach.path if reach else (),
        environment=bench.environment,
        related=(*violation.related, *violation.at.through),
        technology=technology,
        kin=identity.kin,
        case=violation.case.value,
        brief=violation.case.brief,
        why=control.why or next(judges_of(control.slug)).why,
        advice=violation.advice or bench.advise(control.slug, violation, fact) or violation.case.advice,
        context=context,
        counts=rule.gate,
        public=reach.public if reach is not None else None,
        thing=_thing(violation, at, bench.workspace),
        credential=violation.case.per is Per.CREDENTIAL,
        store=f"{fact.at.source} {fact.at.pointer}" if isinstance(fact, Store) else "",
        bundle=violation.bundle or control.bundle,
        covers=control.covers,
        made_by=violation.made_by,
        edited=_edited(violation.remedy, at, fact, technology),
    )


def _explained(
    control: Control, violation: Violation, severity: Severity, at: Location, bench: Bench
) -> tuple[str, Severity]:
    """The sentence and how bad it is: one step less where a comment beside what is written gives a reason for it, low where one
    says of a credential that it opens nothing that matters, and informational where its owner has told another scanner that it
    is accepted (of what is graver than medium, one step less)."""
    if at.span is None or severity <= Severity.INFO or violation.everywhere:
        return violation.message, severity
    former = bench.former(at.source) if bench.former is not None else None
    try:
        text = bench.workspace.text(at.source)
    except Unreadable:
        return violation.message, severity
    grave = severity > Severity.LOW and not violation.implied
    if grave and control.explained and comments.explained(text, at.span, former):
        return f"{violation.message} (a comment beside it gives a reason)", Severity(severity - 1)
    if grave and control.disowned and comments.worthless(text, at.span, former):
        return f"{violation.message} (a comment says what it is for)", Severity.LOW
    if comments.accepted(text, at.span, former):
        milder = Severity.INFO if severity <= Severity.MEDIUM else Severity(severity - 1)
        return f"{violation.message} (a comment for another scanner accepts it)", milder
    return violation.message, severity


def _edited(remedy: Remedy | None, at: Location, fact: Fact, technology: str) -> Location | None:
    """The place that the fix changes and nothing beside it, where that is known without working the fix out."""
    if isinstance(fact, ResponseHeaders) and isinstance(remedy, SetHeader) and fact.written_at is not None:
        return fact.written_at if at.kind is Kind.BLOCK else at
    known = technologies().get(technology)
    return at if known is not None and isinstance(remedy, known.in_place) else None


def _unnamed(head: str) -> str:
    """What stands before a "=": without the name at its end, or with the sign where there is no name."""
    start = len(head)
    while start and (head[start - 1].isalnum() or head[start - 1] == "_"):
        start -= 1
    letters = (
        at for at in range(start, len(head)) if head[at] == "_" or (head[at].isascii() and head[at].isalpha())
    )
    name = next(letters, None)
    return f"{head}=" if name is None else head[:name]


def _thing(violation: Violation, at: Location, workspace: Workspace) -> str:
    """A name of what is repaired for itself: of a credential its text, so that copies of it are one thing; of all else its
    place, and what is written there, or its folder: what is rendered into several files, or copied, is one. The text is hashed under a key of
    this process, so the name is of no use to anyone later."""
    if violation.case.per is Per.DECISION or violation.bundle is not None:
        return ""
    if violation.case.per is Per.FOLDER:
        return repr(posixpath.dirname(at.source))
    span = at.span
    if span is None or not workspace.exists(at.source):
        return repr((at.source, at.pointer))
    text = workspace.text(at.source).text[span.start : span.end]
    if violation.case.per is Per.CREDENTIAL:
        # A credential as others hold it: without quotes and the name before it, and of a URL the password.
        # The text without names that something is assigned to.
        *heads, last = text.strip().strip("'\"").split("=")
        bare = ("".join(map(_unnamed, heads)) + last).strip("'\"")
        inner = url_password(bare)
        return _digest(bare[inner.start : inner.end] if inner is not None else bare)
    if not at.pointer or len(text) > MOST_COMPARED:
        return repr((at.source, span.start, span.end))
    return repr((at.pointer, _digest(" ".join(text.split()))))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=_KEY).hexdigest()


def region(at: Location, workspace: Workspace) -> Region | None:
    if at.span is None:
        return None
    try:
        return workspace.text(at.source).region(at)
    except Unreadable:
        return None


@lru_cache(4096)
def _kin(slug: str, case: str, pointer: str) -> str:
    """As `kin_of`: files of one shape have places of the same names."""
    return kin_of(slug, case, pointer)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings with each said once: one that lies within another of the same kind becomes its "also at"."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        said = _VALUES.sub("", finding.message)
        key = (
            finding.control,
            finding.at.source,
            finding.environment,
            finding.context,
            finding.made_by,
            said,
        )
        groups.setdefault(key, []).append(finding)
    return [f for key, group in groups.items() for f in _said_once(_elsewhere_only(key, group, groups))]


def _elsewhere_only(
    key: tuple[object, ...], group: list[Finding], groups: Mapping[tuple[object, ...], list[Finding]]
) -> list[Finding]:
    """What production says of a place is not said again for the tests and examples that lead to it, too."""
    real = groups.get((*key[:3], Context.PRODUCTION, *key[4:])) if key[3] is not Context.PRODUCTION else None
    places = {f.at for f in real or ()}
    return [f for f in group if f.at not in places] if places else group


def _said_once(group: list[Finding]) -> list[Finding]:
    """One group of findings that say the same, joined where they are of the same place."""
    if len(group) < 2:
        return group
    # One finding for each place, related to all that any at that place is. What is seen there twice is one thing,
    # though the answers' dates differ.
    places: dict[Location, Finding] = {}
    for distinct_finding in group:
        place = (
            distinct_finding.at
            if distinct_finding.at.exchange is None
            else changed(distinct_finding.at, exchange=None)
        )
        distinct_first = places.get(place)
        if distinct_first is None:
            places[place] = distinct_finding
        elif distinct_finding.related != distinct_first.related:
            related = tuple(dict.fromkeys((*distinct_first.related, *distinct_finding.related)))
            places[place] = changed(distinct_first, related=related)
    distinct = list(places.values())
    blocks = [f for f in distinct if f.at.kind is Kind.BLOCK and f.at.span is not None]
    wire: dict[Remedy | None, Finding] = {}
    kept = [f for f in distinct if f.at.kind is Kind.VALUE or (f.at.kind is Kind.BLOCK and f.at.span is None)]
    for finding in (f for f in distinct if f.at.kind is Kind.WIRE):
        first = wire.get(finding.remedy)
        wire[finding.remedy] = finding if first is None else _worst(_with(first, finding), finding)
    return [*kept, *wire.values(), *_outermost(blocks)]


def _outermost(blocks: list[Finding]) -> Iterator[Finding]:
    """Blocks that lie within none of the others; those within become their "also at"."""
    outer: Finding | None = None
    for finding in sorted(blocks, key=_extent):
        if outer is None or not _covers(outer.at, finding.at):
            if outer is not None:
                yield outer
            outer = finding
        else:
            outer = _with(outer, finding)
    if outer is not None:
        yield outer


def _extent(finding: Finding) -> tuple[int, int]:
    assert finding.at.span is not None
    return finding.at.span.start, -finding.at.span.end


def _worst(finding: Finding, other: Finding) -> Finding:
    """The finding, as bad as it is at the other place: which place is seen first must not hide the worse one."""
    if other.severity <= finding.severity:
        return finding
    return changed(finding, severity=other.severity, baseline_severity=max(finding.gravity, other.gravity))


def _with(finding: Finding, other: Finding) -> Finding:
    return changed(finding, also=(*finding.also, other.at))


def mended_together(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that the same edits fix (`listen 80;` and `listen [::]:80;`), said once."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        key = (
            finding.control,
            finding.at.source,
            finding.message,
            finding.remedy,
            finding.suppression,
            finding.counts,
        )
        groups.setdefault(key if finding.mend is not None else (id(finding),), []).append(finding)
    return [finding for group in groups.values() for finding in _mended_once(group)]


def _mended_once(group: list[Finding]) -> Iterable[Finding]:
    if not 1 < len(group) <= MOST_JOINED:
        return group  # their fixes need not be worked out
    there = Counter(map(_edited_thing, group))
    by_edits: dict[object, Finding] = {}
    for finding in group:
        apart = None not in there and there[_edited_thing(finding)] == 1
        edits = finding.fix.edits if not apart and finding.fix is not None else ()
        key = edits or id(finding)
        by_edits[key] = _with(by_edits[key], finding) if key in by_edits else finding
    return by_edits.values()


def _edited_thing(finding: Finding) -> object:
    """What of the file its fix changes: a block, or the directive that a value is of; None where that is not known."""
    at = finding.edited
    return None if at is None else at.span if at.kind is Kind.BLOCK else at.pointer


def _covers(outer: Location, inner: Location) -> bool:
    if (
        outer.span is None
        or inner.span is None
        or outer.kind is not Kind.BLOCK
        or inner.kind is not Kind.BLOCK
    ):
        return False
    return outer.span.start <= inner.span.start and inner.span.end <= outer.span.end
