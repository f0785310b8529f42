"""What each lowering hides, as findings of `policy-not-lowered`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import chain, islice

from batten.controls import adopt
from batten.engine.causes import causes
from batten.engine.judge import Bench, judge
from batten.engine.link import Picture
from batten.engine.lowering.decisions import decisions
from batten.engine.lowering.declarations import declarations
from batten.engine.lowering.lowering import Kind, Lowering
from batten.engine.outcome import Lowered
from batten.engine.review import Review, order
from batten.facts import Lessened
from batten.formats import Mapping, Node, Scalar, Sequence, SyntaxProblem, Unreadable
from batten.formats.yaml import parse
from batten.model import Context, Finding, Location, Severity, Span
from batten.model.record import changed, record
from batten.policy import NAME, Policy

# The fields of a policy that have to be laid over the base's, to see what a declaration hides.
_FIELDS = {
    "origins": ("origins", "browsers"),
    "public": ("public",),
    "content": ("content",),
    "certificate_days": ("certificate_days",),
    "hsts_seconds": ("hsts_seconds",),
    "contract": ("contract", "documents"),
    "custom": ("custom",),
    "environments": ("environments",),
    "advising": ("advising",),
}

MOST = 200  # rows of batten.yaml that are weighed each
Reviewed = Callable[[Policy], Review]


@record(kw_only=True)
class Sides:
    """The policy of the base and that of the work tree, which is None where its file cannot be used. `replaced` names the file
    that would decide instead, where it is another one; `fork` is the policy where the change began, None where that is the
    base's. With `informs`, the work tree's policy decides, and what it lowers is told only."""

    revision: str
    base: Policy
    now: Policy | None
    replaced: str = ""
    fork: Policy | None = None
    informs: bool = False


def policy_lowerings(sides: Sides) -> list[Lowering]:
    """What the work tree's policy lowers. What the base alone has raised since the change began is none of it."""
    if sides.replaced:
        return [
            Lowering(
                kind=Kind.REPLACED,
                subject=NAME,
                before="decides",
                after=f"{sides.replaced} would decide instead",
                weight=Severity.HIGH,
            )
        ]
    if sides.now is None:
        return []
    rows = chain(decisions(sides.base, sides.now), declarations(sides.base, sides.now))
    found = list(islice(rows, MOST + 1))
    if (
        len(found) > MOST
    ):  # what they hide is not worked out row by row: the author of the change may have written any number
        more = Lowering(
            kind=Kind.REPLACED,
            subject=NAME,
            before="the base's rows",
            after=f"more than {MOST} rows that lower it",
            weight=Severity.HIGH,
        )
        return [*found[:MOST], more]
    if sides.fork is None:
        return found
    own = {one.identity for side in (decisions, declarations) for one in side(sides.fork, sides.now)}
    return [one for one in found if one.identity in own]


def weighed(
    found: Iterable[Lowering], sides: Sides, every: Iterable[Finding], reviewed: Reviewed
) -> list[Lowering]:
    """The lowerings with what each hides of `every` finding by the base's policy. `reviewed` reviews the files of now by another
    policy, at most once for each part of the policy."""
    active = [f for f in every if f.suppression is None and f.counts]
    missing: dict[str, tuple[Finding, ...]] = {}
    made = []
    for one in found:
        if one.hides is not None:
            one = replace(one, hidden=tuple(filter(one.hides, active)))
        elif one.needs and sides.now is not None and one.needs not in missing:
            parts = {name: getattr(sides.now, name) for name in _FIELDS[one.needs]}
            # The findings that another review does not have, or has milder.
            other = reviewed(replace(sides.base, **parts))
            left: Counter[tuple[object, ...]] = Counter()
            for finding in other.findings:
                if finding.suppression is None and finding.counts:
                    left[_key(finding)] += 1
            hidden = []
            for finding in active:
                if left[_key(finding)]:
                    left[_key(finding)] -= 1
                else:
                    hidden.append(finding)
            missing[one.needs] = tuple(hidden)
            one = replace(one, hidden=missing[one.needs])
        made.append(one)
    return made


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.control, finding.case, finding.at, finding.environment, finding.severity


def tell(found: Iterable[Lowering], sides: Sides, result: Review) -> None:
    """Add the lowerings to a review: as records for reports, and as findings, worst first."""
    placed = [
        replace(one, at=_place(one, result) if one.at is None else _begun(one.at, result)) for one in found
    ]
    bench = Bench(
        result.workspace, result.policy, Picture(), readers=result.readers, contexts=result.contexts
    )
    adopt(result.policy.custom)  # a review by another policy may have had others
    facts = [_fact(one, sides) for one in placed]
    made = [one for one in judge(facts, bench) if isinstance(one, Finding)]
    result.findings = sorted([*made, *result.findings], key=order)
    result.lowered = tuple(sorted(map(_record, placed), key=lambda one: -one.findings))


def _record(one: Lowering) -> Lowered:
    assert one.at is not None
    return Lowered(
        kind=one.kind.value,
        subject=one.subject,
        before=one.before,
        after=one.after,
        at=one.at,
        findings=len(causes(one.hidden)),
    )


def _fact(one: Lowering, sides: Sides) -> Lessened:
    assert one.at is not None
    severity = max((one.weight, *(f.severity for f in one.hidden)))
    at = changed(one.at, pointer=f"{one.kind.value}[{one.subject}]", context=Context.PRODUCTION)
    return Lessened(
        at,
        kind=one.kind.value,
        subject=one.subject,
        before=one.before,
        after=one.after,
        findings=len(causes(one.hidden)),
        severity=Severity.INFO if sides.informs or one.kind is Kind.MILDER else severity,
    )


def _place(one: Lowering, result: Review) -> Location:
    """The row in batten.yaml, or the last of what leads to it; the first line where nothing does."""
    try:
        document = result.workspace.document(NAME, parse)
    except (Unreadable, SyntaxProblem):
        return Location(NAME, "")
    node: Node = document.tree
    span = Span(0, len(document.source.text.partition("\n")[0]))
    for key in one.keys:
        if isinstance(node, Mapping) and (entry := node.entry(key)) is not None:
            end = entry.value.span.end if isinstance(entry.value, Scalar) else entry.key.span.end
            start = entry.key.span.start
            found: tuple[Span, Node] | None = Span(start, end) if end > start else entry.key.span, entry.value
        elif isinstance(node, Sequence) and key.isdigit():
            items = list(node)
            found = (items[int(key)].span, items[int(key)]) if int(key) < len(items) else None
        else:
            found = None
        if found is None:
            break
        span, node = found
    return Location(NAME, "", span)


def _begun(at: Location, result: Review) -> Location:
    """The place of a file: its first line."""
    try:
        text = result.workspace.text(at.source).text if at.span is None else ""
    except Unreadable:
        return at
    return changed(at, span=Span(0, len(text.partition("\n")[0]))) if text else at
