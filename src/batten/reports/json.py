"""The report for programs: one JSON object, `version` 1. Fields are added, never changed, within a version.

Paths are relative to the reviewed folder, "/" between parts; lines and columns are 1-based, in
characters, the end exclusive; severities are info, low, medium, high, critical.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

import msgspec

from batten import __version__
from batten.controls import collected
from batten.engine.causes import Cause, cause_key, causes
from batten.engine.outcome import Lowered, Outcome, Past
from batten.formats import Workspace
from batten.masking import sentence
from batten.model import Ask, Exchange, Finding, Fix, Kind, Location, Problem, Region, Remedy, Suppression
from batten.reports import words
from batten.reports.diff import fix_diff, is_long
from batten.reports.encoded import encoded
from batten.reports.environment_json import JsonEnvironment, environment_as_json
from batten.reports.excerpt import excerpt
from batten.reports.fleet_json import JsonFleet, fleet_as_json
from batten.reports.ledger_json import JsonLedger, as_json
from batten.reports.masks import SECRET_CONTROLS, Masks, masks
from batten.reports.vocabulary import ContextName, PlaceKind, SafetyName, SeverityName, StateName

_NAMED = re.compile(r"`[^`]*`")
# What differs from answer to answer where the same is wrong: what is quoted of them, counts, times, and nonces.
_PASSING = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|(?<![\w.])\d[\d.,%]*")
_NONCE = re.compile(r"'nonce-[^']*'")


VERSION = 1


class JsonPlace(msgspec.Struct, frozen=True):
    """`path` is a file's path or a live address; `line` is 0 when there is none; `exchange` is null in `also`,
    where the same was seen again: a dozen exchanges a finding are 10 MB a hundred targets."""

    path: str
    pointer: str
    kind: PlaceKind
    line: int
    exchange: Exchange | None


class JsonEdit(msgspec.Struct, frozen=True):
    """Replace the characters from offset `start` to before `end` by `text`."""

    path: str
    start: int
    end: int
    text: str


class JsonFix(msgspec.Struct, frozen=True):
    """`withheld`: the edits would repeat a secret of the file, or are longer than 20,000 characters together, and are left out.
    `diff` is cut there, too, and around the edits in lines that are longer than 400 characters; "…" shows it, and is all of it
    where the report has repeated eight times the file, and a million characters."""

    title: str
    safety: SafetyName
    breaks: str
    question: str
    edits: list[JsonEdit]
    diff: str
    withheld: bool


class JsonSuppression(msgspec.Struct, frozen=True):
    kind: str
    reason: str
    owner: str
    until: str
    at: JsonPlace | None


class JsonSpot(msgspec.Struct, frozen=True):
    """One place of a finding, with the identity that it has from run to run. `kin` is the fingerprint without the file or
    environment. `cause` is the same text wherever the same decision breaks the control, in any environment and run. `value`
    is a digest of the value seen; "" where nothing is written, or what is written is secret. `public`: whether an outsider
    reaches it, null where nothing shows it. `title`, `why` and `advice` are given where they are not the finding's."""

    control: str
    case: str
    message: str
    fingerprint: str
    at: JsonPlace
    region: Region | None
    excerpt: str
    reach: list[str]
    also: list[JsonPlace]
    related: list[JsonPlace]
    fix: JsonFix | None
    severity: SeverityName | None = None
    public: bool | None = None
    value: str = ""
    kin: str = ""
    cause: str = ""
    title: str = ""
    why: str = ""
    advice: str = ""


class JsonFinding(msgspec.Struct, frozen=True):
    """One cause. `places` are all places that it has; what else is said of a place (`at`, `region`, `excerpt`, `reach`,
    `also`, `related`, `fix`) is of the first. `fingerprint` is that of the place, or of all places together.
    `also_breaks`: what broader controls find at the same places; `same`: what says it again of the same text, for another
    service. `excerpt` is the source line, secrets masked; of one that is
    longer than 400 characters it is what stands around the place, with "…" for the rest;
    `remedy` names what should be so; `fails` says whether it counts and is at or above the gate."""

    control: str
    case: str
    title: str
    severity: SeverityName
    message: str
    why: str
    advice: str
    state: StateName
    environment: str
    fingerprint: str
    at: JsonPlace
    region: Region | None
    excerpt: str
    reach: list[str]
    also: list[JsonPlace]
    related: list[JsonPlace]
    remedy: str
    fix: JsonFix | None
    suppression: JsonSuppression | None
    context: ContextName
    counts: bool
    places: list[JsonSpot]
    also_breaks: list[JsonSpot]
    fails: bool
    same: list[JsonSpot] = []


class JsonPast(msgspec.Struct, frozen=True):
    control: str
    severity: SeverityName
    message: str
    path: str
    line: int
    pointer: str
    environment: str
    state: StateName


class JsonSummary(msgspec.Struct, frozen=True):
    """Counts of findings that count towards the verdict, and of their places; suppressed ones apart, and by `apart`
    those of contexts that do not count. `stood` are those of before the change, null unless `--changed-since` was given."""

    findings: int
    by_severity: dict[str, int]
    suppressed: int
    problems: int
    fixed: int
    files: int
    units: int
    gate: SeverityName
    exit_code: int
    verdict: str
    lifecycle_data: str  # ISO day on which the data on ends of life were collected
    apart: dict[str, int]
    places: int
    stood: int | None


class JsonLowered(msgspec.Struct, frozen=True):
    """What a change lowers, against the policy of its base: `kind` is a case of `policy-not-lowered`, `subject` a control, a row
    or a path, `findings` how many findings it keeps from the verdict or makes milder."""

    kind: str
    subject: str
    before: str
    after: str
    at: JsonPlace
    findings: int


class JsonWithheld(msgspec.Struct, frozen=True):
    """What batten.yaml keeps from the verdict: `lowered` and `off` are controls with how many findings each has,
    `waived` counts findings by what waives them (`policy`, `inline`, `baseline`), `ignored` files, `contexts` findings."""

    lowered: dict[str, int]
    off: dict[str, int]
    waived: dict[str, int]
    ignored: int
    contexts: int


class JsonReport(msgspec.Struct, frozen=True):
    """`judged` are the controls that had something to judge in production files; `off` those that the policy turns off.
    `paths` are those that were named, below the reviewed folder; none: all of it was read. `passed` are files that are named
    like configuration and were not read; of `batten check` alone."""

    version: int
    tool: str
    tool_version: str
    command: str
    summary: JsonSummary
    findings: list[JsonFinding]
    problems: list[Problem]
    environments: list[JsonEnvironment]
    past: list[JsonPast]
    ledger: JsonLedger | None  # null: the command reads no files
    judged: list[str] = []
    off: list[str] = []
    paths: list[str] = []
    passed: list[str] = []
    fleet: JsonFleet | None = None  # null: no ports were looked for
    lowered: list[JsonLowered] = []  # by the change, what hides most first
    withheld: JsonWithheld | None = None


def render(outcome: Outcome, workspace: Workspace) -> str:
    hidden = masks(outcome.findings, workspace)
    off = frozenset(outcome.withheld.off)
    held = outcome.withheld
    found = outcome.causes
    return encoded(
        JsonReport(
            version=VERSION,
            tool="batten",
            tool_version=__version__,
            command=outcome.command,
            summary=JsonSummary(
                findings=len(found),
                by_severity={s.label: n for s, n in outcome.count(found).items()},
                suppressed=len(causes(outcome.suppressed)),
                problems=len(outcome.problems),
                fixed=len(words.fixed(outcome.past)),
                files=outcome.files,
                units=outcome.units,
                gate=outcome.gate.label,
                exit_code=int(outcome.exit_code),
                verdict=words.verdict(outcome),
                lifecycle_data=collected().isoformat(),
                apart=words.by_context(outcome),
                places=sum(len(cause.places) for cause in found),
                stood=outcome.stood,
            ),
            findings=[
                _finding(c, outcome.fails(c.lead), workspace, hidden) for c in causes(outcome.findings)
            ],
            problems=outcome.problems,
            environments=[environment_as_json(e, off) for e in outcome.environments],
            past=[_past(p) for p in outcome.past],
            ledger=as_json(outcome.ledger) if outcome.ledger is not None else None,
            judged=sorted(outcome.judged - off),
            off=sorted(off),
            paths=list(outcome.only),
            passed=list(outcome.passed),
            fleet=fleet_as_json(outcome.fleet) if outcome.fleet is not None else None,
            lowered=[_lowered(one, workspace) for one in outcome.lowered],
            withheld=JsonWithheld(
                lowered={slug: held.hidden.get(slug, 0) for slug in held.milder},
                off={slug: held.hidden.get(slug, 0) for slug in held.off},
                waived=dict(words.waived(outcome)),
                ignored=held.ignored,
                contexts=held.mapped,
            ),
        )
    )


def _lowered(one: Lowered, workspace: Workspace) -> JsonLowered:
    return JsonLowered(
        kind=one.kind,
        subject=one.subject,
        before=one.before,
        after=one.after,
        at=_place(one.at, workspace),
        findings=one.findings,
    )


def _finding(cause: Cause, fails: bool, workspace: Workspace, hidden: Masks) -> JsonFinding:
    finding = cause.lead

    def spots_of(findings: Iterable[Finding]) -> list[JsonSpot]:
        return [_spot(f, finding, workspace, hidden) for f in findings]

    spots = spots_of(cause.places)
    first = spots[0]
    return JsonFinding(
        control=finding.control,
        case=finding.case,
        title=words.title_of(finding.control),
        severity=finding.severity.label,
        message=cause.message,
        why=finding.why,
        advice=finding.advice,
        state=finding.state.value,
        environment=finding.environment,
        fingerprint=cause.fingerprint,
        at=first.at,
        region=first.region,
        excerpt=first.excerpt,
        reach=first.reach,
        also=first.also,
        related=first.related,
        remedy=_name_of(finding.remedy) if finding.remedy else "",
        fix=first.fix,
        suppression=_suppression(finding.suppression, workspace) if finding.suppression else None,
        context=finding.context.value,
        counts=finding.counts,
        places=spots,
        also_breaks=spots_of(cause.covered),
        fails=fails,
        same=spots_of(cause.same),
    )


def _spot(finding: Finding, lead: Finding, workspace: Workspace, hidden: Masks) -> JsonSpot:
    own = (finding.control, finding.case) != (lead.control, lead.case)
    seen = excerpt(finding, workspace, hidden)
    return JsonSpot(
        control=finding.control,
        case=finding.case,
        message=finding.message,
        fingerprint=finding.fingerprint,
        at=_place(finding.at, workspace),
        region=finding.region,
        excerpt=seen.text if seen else "",
        reach=list(finding.reach),
        also=_places((replace(at, exchange=None) for at in finding.also), workspace),
        related=_places(finding.related, workspace),
        fix=_fix(finding.fix, workspace, hidden) if finding.fix else None,
        severity=finding.severity.label,
        public=finding.public,
        value=value_of(finding, hidden),
        kin=finding.kin,
        cause=cause_key(finding),
        title=words.title_of(finding.control) if own else "",
        why=finding.why if own else "",
        advice=finding.advice if own else "",
    )


def _places(locations: Iterable[Location], workspace: Workspace) -> list[JsonPlace]:
    return [_place(at, workspace) for at in locations]


def _place(at: Location, workspace: Workspace) -> JsonPlace:
    return JsonPlace(
        path=at.source,
        pointer=at.pointer,
        kind=at.kind.value,
        line=words.line_of(at, workspace),
        exchange=at.exchange,
    )


def _fix(fix: Fix, workspace: Workspace, hidden: Masks) -> JsonFix:
    withheld = is_long(fix) or any(hidden.bares(e.source, e.text) for e in fix.edits)
    edits = [JsonEdit(path=e.source, start=e.span.start, end=e.span.end, text=e.text) for e in fix.edits]
    return JsonFix(
        title=fix.title,
        safety=fix.safety.value,
        breaks=fix.breaks,
        question=fix.question,
        edits=[] if withheld else edits,
        diff=fix_diff(fix, workspace, hidden),
        withheld=withheld,
    )


def _name_of(remedy: Remedy) -> str:
    """The remedy by its name, whether it is asked about first or not."""
    return type(remedy.remedy if isinstance(remedy, Ask) else remedy).__name__


def _suppression(suppression: Suppression, workspace: Workspace) -> JsonSuppression:
    at = _place(suppression.at, workspace) if suppression.at else None
    return JsonSuppression(
        kind=suppression.kind,
        reason=suppression.reason,
        owner=suppression.owner,
        until=suppression.until,
        at=at,
    )


def _past(past: Past) -> JsonPast:
    return JsonPast(
        control=past.control,
        severity=past.severity.label,
        message=past.message,
        path=past.source,
        line=past.line,
        pointer=past.pointer,
        environment=past.environment,
        state=past.state.value,
    )


def value_of(finding: Finding, masks: Masks) -> str:
    """The digest, the same in every run that sees the same. "" where the place holds nothing (what should be there is
    missing), and where a secret is there: a short secret could be guessed from its digest."""
    if finding.credential or finding.control in SECRET_CONTROLS:
        return ""
    match finding.at.kind:
        case Kind.BLOCK:
            return ""
        case Kind.WIRE:
            return _digest(_shown(finding.message))
        case Kind.VALUE:
            return _digest(_written(finding, masks))


def _shown(message: str) -> str:
    """What a sentence about an answer names, and what it lists after its colon: the rest are batten's words, which change."""
    said = _NONCE.sub("'nonce'", sentence(message))
    listed = _NAMED.sub("", said).partition(": ")[2]
    return "\n".join((*_NAMED.findall(said), _PASSING.sub("", listed)))


def _written(finding: Finding, masks: Masks) -> str:
    """The text of the place; "" where it cannot be read, or shows a secret."""
    source, span = finding.at.source, finding.at.span
    if span is None or masks.touches(source, span.start, span.end):
        return ""
    text = masks.text(source, span.start, span.end)
    return "" if masks.bares(source, text) else " ".join(text.split())


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""
