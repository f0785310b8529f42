"""Rows of batten.yaml that decide about findings: which of them say less than the base's. What says more is never listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from batten.controls import judges_of
from batten.engine.discover import Covered
from batten.engine.lowering.lowering import Kind, Lowering
from batten.engine.waivers import concerns
from batten.model import Context, Finding, Severity
from batten.policy import Policy, Rule, Waiver

_UNSOUND = frozenset("?[\\")  # a glob with one of them is not asked whether it covers another


Hides = Callable[[Finding], bool]


def decisions(base: Policy, now: Policy) -> Iterator[Lowering]:
    """What the rows of `now` take out of a verdict, or make milder, that those of `base` do not."""
    named = {*base.off, *base.severities, *now.off, *now.severities}
    for slug in sorted(named):
        before, after = level(slug, base), level(slug, now)
        if before is None or (after is not None and after >= before):
            continue
        yield Lowering(
            kind=Kind.CONTROL,
            subject=slug,
            before=before.label,
            after="off" if after is None else after.label,
            weight=before,
            keys=("controls", slug),
            hides=_milder(slug, after),
        )
    if now.gate > base.gate:
        yield Lowering(
            kind=Kind.GATE,
            subject="gate",
            before=base.gate.label,
            after=now.gate.label,
            weight=Severity(now.gate - 1),
            keys=("gate",),
            hides=lambda f: base.gate <= f.severity < now.gate,
        )
    for number, glob in enumerate(now.ignore):
        if not _contained(glob, base.ignore):
            yield Lowering(
                kind=Kind.IGNORED,
                subject=glob,
                before="reviewed",
                after="left out",
                weight=Severity.MEDIUM,
                keys=("ignore", str(number)),
                hides=_below(glob),
            )
    for context, rule in now.rules.items():
        if laxer(rule, base.rules[context]):
            yield Lowering(
                kind=Kind.CONTEXT,
                subject=context.value,
                before=_said(base.rules[context]),
                after=_said(rule),
                weight=Severity.MEDIUM if base.rules[context].gate else Severity.LOW,
                keys=("contexts", context.value),
                hides=_within(context, rule),
            )
    yield from _mapped(base, now)
    bare = [replace(waiver, at=None) for waiver in base.waivers]
    for waivers_number, waiver in enumerate(now.waivers):
        ended = waiver.until is not None and waiver.until < now.today
        if ended or not waiver.reason or any(_answers(known, waiver) for known in bare):
            continue
        former = [known for known in bare if _about_same(known, waiver)]
        yield Lowering(
            kind=Kind.WAIVED,
            subject=waiver.slug,
            before=f"waived {_until(former[0])}" if former else "reported",
            after=f"waived {_until(waiver)}",
            weight=level(waiver.slug, base) or Severity.LOW,
            keys=("waivers", str(waivers_number)),
            hides=_named(waiver),
        )
    yield from _advisories(base, now)


def level(slug: str, policy: Policy) -> Severity | None:
    """The highest severity that findings of a control have; None where it is turned off, or there is none."""
    if slug in policy.off:
        return None
    own = [row.severity for row in policy.custom if row.slug == slug]
    known = own or [judge.severity for judge in judges_of(slug)]
    return policy.severities.get(slug, max(known)) if known else None


def _milder(slug: str, after: Severity | None) -> Hides:
    def hides(finding: Finding) -> bool:
        return finding.control == slug and (after is None or finding.severity > after)

    return hides


def _below(glob: str, rule: Rule | None = None) -> Hides:
    covered = Covered((glob,))
    return lambda f: covered.holds(f.at.source) and (rule is None or _lessens(rule, f))


def _within(context: Context, rule: Rule) -> Hides:
    return lambda f: f.context is context and _lessens(rule, f)


def _named(waiver: Waiver) -> Hides:
    return lambda f: f.control == waiver.slug and concerns(waiver, f)


def _lessens(rule: Rule, finding: Finding) -> bool:
    return not rule.gate or finding.severity > _most(rule)


def _contained(glob: str, others: Iterable[str]) -> bool:
    """Whether one of the globs names all that a glob does."""
    sound = [other for other in others if _UNSOUND.isdisjoint(other)]
    return glob in others or Covered(sound).holds(glob.rstrip("/"))


def laxer(rule: Rule, other: Rule) -> bool:
    """Whether findings count for less by a rule than by another."""
    return (other.gate and not rule.gate) or _most(rule) < _most(other)


def _most(rule: Rule) -> Severity:
    return Severity.CRITICAL if rule.most is None else rule.most


def _said(rule: Rule) -> str:
    most = "their own severity" if rule.most is None else f"at most {rule.most.label}"
    return f"{most}, {'counting' if rule.gate else 'not counting'}"


def _mapped(base: Policy, now: Policy) -> Iterator[Lowering]:
    """Rows `GLOB: context` that are new and milder than production, stricter ones that are gone, and rows that another now
    comes before: the first that fits decides."""
    for number, (glob, context) in enumerate(now.contexts):
        rule = now.rules[context]
        known = [g for g, c in base.contexts if not laxer(rule, base.rules[c])]
        before = [row for row in base.contexts if row[0] == glob]
        # Whether a row stands before stricter ones that stood before it.
        overtaken_row = (glob, context)
        if overtaken_row not in base.contexts:
            passed = False
        else:
            above = base.contexts[: base.contexts.index(overtaken_row)]
            below = set(now.contexts[number + 1 :])
            passed = any(
                laxer(now.rules[overtaken_row[1]], base.rules[c]) for g, c in above if (g, c) in below
            )
        if laxer(rule, Rule()) and (passed or not _contained(glob, known)):
            yield _mapping(glob, before[0][1].value if before else "by its name", context.value, rule)
    there = {glob for glob, _ in now.contexts}
    for glob, context in base.contexts:
        if glob not in there and not laxer(base.rules[context], Rule()):
            yield _mapping(glob, context.value, "by its name", Rule(Severity.LOW, gate=False))


def _mapping(glob: str, before: str, after: str, rule: Rule) -> Lowering:
    return Lowering(
        kind=Kind.CONTEXT,
        subject=glob,
        before=before,
        after=after,
        weight=Severity.MEDIUM,
        keys=("contexts", glob),
        hides=_below(glob, rule),
    )


def _about_same(known: Waiver, waiver: Waiver) -> bool:
    """Whether a waiver names all that another does."""
    pairs = (
        (known.path, waiver.path),
        (known.pointer, waiver.pointer),
        (known.environment, waiver.environment),
        (known.case, waiver.case),
        (known.fingerprint, waiver.fingerprint),
    )
    return known.slug == waiver.slug and all(old in ("", new) for old, new in pairs)


def _answers(known: Waiver, waiver: Waiver) -> bool:
    """Whether a waiver of the base waives all that another does, as long as it."""
    longer = known.until is None or (waiver.until is not None and known.until >= waiver.until)
    return bool(known.reason) and longer and _about_same(known, waiver)


def _until(waiver: Waiver) -> str:
    return "without an end" if waiver.until is None else f"until {waiver.until.isoformat()}"


def _advisories(base: Policy, now: Policy) -> Iterator[Lowering]:
    if now.advising.minimum > base.advising.minimum:
        yield Lowering(
            kind=Kind.WAIVED,
            subject="advisories.minimum",
            before=base.advising.minimum.label,
            after=now.advising.minimum.label,
            weight=Severity(now.advising.minimum - 1),
            keys=("advisories", "minimum"),
            needs="advising",
        )
    for number, row in enumerate(now.advising.accepted):
        known = [one for one in base.advising.accepted if one.id == row.id and one.until >= row.until]
        if row.until >= now.today and not known:
            yield Lowering(
                kind=Kind.WAIVED,
                subject=row.id,
                before="reported",
                after=f"accepted until {row.until.isoformat()}",
                weight=Severity.MEDIUM,
                keys=("advisories", "accepted", str(number)),
                needs="advising",
            )
    for number, glob in enumerate(now.advising.private):
        if not _contained(glob, base.advising.private):
            yield Lowering(
                kind=Kind.WAIVED,
                subject=glob,
                before="compared with advisories",
                after="private: not compared where an API is asked",
                weight=Severity.LOW,
                keys=("advisories", "private", str(number)),
                needs="advising",
            )


def gone(before: Sequence[str], now: Sequence[str]) -> list[str]:
    """The texts of a list that another does not have."""
    return [text for text in before if text not in now]
