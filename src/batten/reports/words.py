"""Sentences that several reports share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from batten.controls import Control, collected, judges_of
from batten.engine.answering import described
from batten.engine.causes import Cause, causes
from batten.engine.outcome import OLD, EnvironmentOutcome, ExitCode, Outcome, Past
from batten.formats import Unreadable, Workspace
from batten.masking import concise
from batten.model import (
    Context,
    Finding,
    Fix,
    Kind,
    Location,
    Problem,
    Safety,
    Severity,
    State,
    Suppression,
    Twin,
)
from batten.reports.evidence import url

SAFETY = {
    Safety.SAFE: "safe",
    Safety.RISKY: "risky",
    Safety.VALUE: "needs your answer",
}


def control_of(slug: str) -> Control | None:
    return next(judges_of(slug), None)


def title_of(slug: str) -> str:
    found = control_of(slug)
    return found.title if found else slug


def plural(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{count:,} {noun}s"


def findings(found: Sequence[Cause]) -> str:
    """`12 findings in 34 places`; the places only where there are more of them."""
    places = sum(len(cause.places) for cause in found)
    named = plural(len(found), "finding")
    return f"{named} in {plural(places, 'place')}" if places > len(found) else named


def place(finding: Finding) -> str:
    """`nginx.conf:12:5`, or the URL."""
    if finding.at.kind is Kind.WIRE:
        return concise(url(finding))
    region = finding.region
    return f"{finding.at.source}:{region.line}:{region.column}" if region else finding.at.source


def spot(finding: Finding) -> str:
    """`nginx.conf:12`, or the URL."""
    if finding.at.kind is Kind.WIRE or finding.region is None:
        return place(finding)
    return f"{finding.at.source}:{finding.region.line}"


def where(at: Location, workspace: Workspace) -> str:
    """A location without a finding: path and line, or URL and what was asked."""
    if at.kind is Kind.WIRE:
        return f"{at.source} {at.pointer}".strip()
    line = line_of(at, workspace)
    return f"{at.source}:{line}" if line else at.source


def line_of(at: Location, workspace: Workspace) -> int:
    """1-based; 0 when the location has no line."""
    try:
        region = workspace.text(at.source).region(at) if at.span else None
    except Unreadable:
        return 0
    return region.line if region else 0


def reason(suppression: Suppression) -> str:
    """`test data (alice, until 2027-01-31)`."""
    terms = [suppression.owner, f"until {suppression.until}" if suppression.until else ""]
    noted = ", ".join(t for t in terms if t)
    return f"{suppression.reason} ({noted})" if noted else suppression.reason


def suppressed_by(suppression: Suppression) -> str:
    return {"inline": "waived in the file", "policy": "waived in batten.yaml"}.get(
        suppression.kind, f"in the {suppression.kind}"
    )


def declared(finding: Finding) -> list[str]:
    """Where files declare what was seen live: `nginx.conf:12`."""
    found = (twin for twin in finding.twins if not twin.environment)
    return list(dict.fromkeys(f"{t.at.source}:{t.line}" if t.line else t.at.source for t in found))


def seen_at(finding: Finding) -> list[str]:
    """Where what a file declares was seen live: `GET /v1/orders of production`."""
    found = (twin for twin in finding.twins if twin.environment)
    return list(dict.fromkeys(f"{_asked(twin)} in {twin.environment}" for twin in found))


def _asked(twin: Twin) -> str:
    """What of a live place names the question: a request, or the protocol."""
    request = _REQUEST.match(twin.at.pointer)
    return f"{request[1]} {twin.at.source}{request[2]}" if request else twin.at.source


_REQUEST = re.compile(r"([A-Z]+) (/\S*)")


def changed_by_fix(finding: Finding) -> str:
    """`batten fix --control hsts-sent changes nginx.conf:12`, of what was seen live; "" where no file can be fixed."""
    for twin in finding.twins:
        fix = twin.mend.told if twin.mend is not None and not twin.environment else None
        if fix is not None and fix.edits and fix.safety is not Safety.VALUE:
            place = f"{twin.at.source}:{twin.line}" if twin.line else twin.at.source
            risky = " --risky" if fix.safety is Safety.RISKY else ""
            return f"`batten fix{risky} --control {twin.control}` changes {place}"
    return ""


def hint(fix: Fix, finding: Finding) -> str:
    """The command that makes the fix, or what it waits for."""
    if fix.safety is Safety.VALUE or not fix.edits:
        return fix.question
    return f"batten fix{' --risky' if fix.safety is Safety.RISKY else ''} --control {finding.control}"


def explanation(finding: Finding) -> str:
    """What shows bad and good configuration of a control that a running system breaks."""
    return f"batten explain {finding.control}"


def explained(found: Iterable[Cause]) -> frozenset[str]:
    """The fingerprints of causes that were seen live and are the first of their control."""
    first: dict[str, str] = {}
    for cause in found:
        if cause.lead.environment:
            first.setdefault(cause.lead.control, cause.fingerprint)
    return frozenset(first.values())


def counts(severities: dict[Severity, int]) -> str:
    """`2 high, 1 low`."""
    return ", ".join(f"{n:,} {s.label}" for s, n in severities.items() if n) or "none"


def verdict(outcome: Outcome) -> str:
    """One sentence: what a script learns from the exit code, and what the policy kept the run from saying."""
    only = f"only findings of {joined(list(outcome.chosen))} are reported" if outcome.chosen else ""
    parts = (
        lowered(outcome),
        _verdict(outcome),
        only,
        stood(outcome),
        apart(outcome),
        withheld(outcome),
        aged(outcome),
    )
    return "; ".join(filter(None, parts))


def lowered(outcome: Outcome) -> str:
    """`this change lowers container-mounts-safe (1 finding) and 2 more`; "" where it lowers nothing."""
    counts: Counter[str] = Counter()
    for one in outcome.lowered:
        counts[one.subject] = max(counts[one.subject], one.findings)  # several waivers may name one finding
    named = [_counted(subject, count) for subject, count in list(counts.items())[:MOST_LOWERED]]
    left = len(counts) - len(named)
    every = joined([*named, *([f"{left:,} more"] if left else [])])
    return f"this change lowers {every}" if named else ""


def _counted(name: str, findings: int) -> str:
    return f"{name} ({plural(findings, 'finding')})" if findings else name


def is_lowered(outcome: Outcome) -> bool:
    """Whether something keeps findings or files from the verdict, so that it is not simply clean."""
    return bool(outcome.lowered or outcome.suppressed or withheld(outcome))


def stood(outcome: Outcome) -> str:
    """`24 findings stood before this change`; "" where nothing was compared with a revision."""
    return "" if outcome.stood is None else f"{plural(outcome.stood, 'finding')} stood before this change"


def aged(outcome: Outcome) -> str:
    """`the end-of-life data are 130 days old: update batten`; "" while they are fresh."""
    return f"the end-of-life data are {outcome.age:,} days old: update batten" if outcome.age > OLD else ""


def dated() -> str:
    return f"end-of-life data of {collected().isoformat()}"


def apart(outcome: Outcome) -> str:
    """`12 findings in development and test files do not count towards the verdict`; "" when all count."""
    found = causes(outcome.apart)
    if not found:
        return ""
    contexts = joined([c.value for c in Context if any(f.lead.context is c for f in found)])
    do = "does" if len(found) == 1 else "do"
    return f"{plural(len(found), 'finding')} in {contexts} files {do} not count towards the verdict"


def uncounted(finding: Finding) -> str:
    return f"in a {finding.context.value} file: it does not count towards the verdict"


def by_context(outcome: Outcome) -> dict[str, int]:
    """How many findings do not count, by the contexts that have any."""
    counts = Counter(cause.lead.context for cause in causes(outcome.apart))
    return {context.value: counts[context] for context in Context if counts[context]}


def joined(names: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


MOST_LOWERED = 3  # by a change, that its verdict names
MOST_NAMED = 5  # controls; of more only the number is told


def withheld(outcome: Outcome) -> str:
    """`batten.yaml turns off hsts-sent (1 finding) and leaves out 3 files`; "" when nothing is kept back."""
    held, quiet = outcome.withheld, waived(outcome)
    ignored, mapped = held.ignored, held.mapped
    parts = [f"lowers {_controls(held.milder, held.hidden)}"] if held.milder else []
    parts += [f"turns off {_controls(held.off, held.hidden)}"] if held.off else []
    parts += [f"waives {plural(quiet['policy'], 'finding')}"] if quiet["policy"] else []
    parts += [f"leaves out {plural(ignored, 'file')}"] if ignored else []
    parts += [f"lowers {plural(mapped, 'finding')} by its `contexts:`"] if mapped else []
    parts += [f"sets {name} to {value:,}" for name, value in held.settings.items()]
    told = [f"batten.yaml {joined(parts)}"] if parts else []
    told += [f"comments waive {plural(quiet['inline'], 'finding')}"] if quiet["inline"] else []
    told += [f"the baseline holds {plural(quiet['baseline'], 'finding')}"] if quiet["baseline"] else []
    return ", ".join(told)


def waived(outcome: Outcome) -> Counter[str]:
    """How many findings are suppressed by each kind of waiver."""
    found = (cause.lead.suppression for cause in causes(outcome.suppressed))
    return Counter(one.kind for one in found if one is not None)


def _controls(slugs: Sequence[str], hidden: Mapping[str, int]) -> str:
    """`csp-sent (2 findings) and hsts-sent`; of many only how many there are, and with how many findings."""
    if len(slugs) > MOST_NAMED:
        return _counted(plural(len(slugs), "control"), sum(hidden.get(slug, 0) for slug in slugs))
    return ", ".join(_counted(slug, hidden.get(slug, 0)) for slug in slugs)


def _verdict(outcome: Outcome) -> str:
    at_gate = sum(outcome.fails(cause.lead) for cause in outcome.causes)
    match outcome.exit_code:
        case ExitCode.FINDINGS:
            return f"{plural(at_gate, 'finding')} at or above the gate ({outcome.gate.label})"
        case ExitCode.INCOMPLETE if outcome.empty:
            return "nothing was assessed"
        case ExitCode.INCOMPLETE if at_gate:
            found = f"{plural(at_gate, 'finding')} at or above the gate ({outcome.gate.label})"
            return f"{found}, and the assessment is incomplete"
        case ExitCode.INCOMPLETE:
            return f"no finding at or above the gate ({outcome.gate.label}), but the assessment is incomplete"
        case _:
            return f"no finding at or above the gate ({outcome.gate.label})"


def reached(environment: EnvironmentOutcome) -> str:
    if not environment.asked:
        return "not probed: its state is unknown"
    if not environment.reached:
        return "not reached: its state is unknown"
    asked = plural(environment.exchanges, "exchange")
    missed, left = len(environment.not_assessed), len(environment.left_alone)
    counts = (
        f"{missed} not assessed" if missed else "",
        f"{left} skipped on purpose" if left else "",
        f"carried over from {environment.carried}" if environment.carried else "",
    )
    return ", ".join(("reached", asked, *(c for c in counts if c)))


def answering(environment: EnvironmentOutcome) -> list[str]:
    """`nginx 1.26.3 in front of FastAPI (uvicorn)`, for each origin; with its address where there are several."""
    origins = dict.fromkeys(one.at.source for one in environment.answers)
    names = {at: {one.name for one in environment.answers if one.at.source == at} for at in origins}
    # A plain-HTTP address that only redirects shows a part of what answers at the other.
    whole = [at for at in origins if not any(names[at] < names[other] for other in origins)]
    told = {at: described(one for one in environment.answers if one.at.source == at) for at in whole}
    several = len(set(told.values())) > 1
    return list(dict.fromkeys(f"{said} ({at})" if several else said for at, said in told.items()))


def differing(environment: EnvironmentOutcome, whole: bool = True) -> list[str]:
    """What of an environment differs from the files that were reviewed with it, a line each. What is live only is shown by its
    own finding, too, which names no file: it is left out unless all is wanted."""
    told = []
    if environment.undeclared and whole:
        told.append(f"live only: {', '.join(environment.undeclared)}")
    if environment.unseen:
        more = len(environment.unseen) - MOST_NAMED
        named = ", ".join(environment.unseen[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        told.append(f"declared only: {named}")
    return told


def incomplete(outcome: Outcome) -> list[Problem]:
    """What keeps the run from being complete: problems that count, and environments that were not assessed."""
    found = [p for p in outcome.problems if p.counts]
    for environment in outcome.environments:
        found += environment.not_assessed
        if not environment.reached:
            found.append(Problem(environment.url or environment.name, "probe", reached(environment)))
    return found


def fixed(past: Iterable[Past]) -> list[Past]:
    return [p for p in past if p.state is State.FIXED]


def not_comparable(past: Iterable[Past]) -> list[Past]:
    return [p for p in past if p.state is State.NOT_COMPARABLE]


def past_place(past: Past) -> str:
    return f"{past.source}:{past.line}" if past.line else f"{past.source} {past.pointer}".strip()


def root_name(outcome: Outcome) -> str:
    """The reviewed folder's own name: reports do not tell where on a machine it lies."""
    return PurePosixPath(outcome.root.replace("\\", "/")).name or "."
