"""From an outcome to its plan: causes, split where their findings are resolved in different ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from hashlib import sha256

from batten.controls import judges_of
from batten.engine.causes import Cause, causes, summed_up
from batten.engine.outcome import Outcome
from batten.engine.plan.steps import Plan, Step, Way, first_things_first
from batten.engine.proposals import work_out
from batten.engine.review import order
from batten.harden import targets
from batten.model import Finding, Location, Problem, Safety

# Technologies whose target has another name; all others that have one are named alike.
_TARGETS = {"terraform": "terraform-aws"}
# A rendered file has these, or leaves them as they are: what the image is, what a value of a secret is, and what is not in it.
_NOT = frozenset(("secrets", "images", "patches", "pipelines", "contract", "contacts", "governance"))
# A deployment has one application and the stores that batten renders, so not every store that a file has.
_STORES = frozenset(("stores", "store_settings"))


def plan_of(outcome: Outcome, problems: Iterable[Problem] = (), contract: str = "") -> Plan:
    """The plan of all findings that count. `problems` are what keeps the outcome from being complete."""
    active = outcome.active
    work_out(active)
    many = Counter(f.control for f in active)
    declared = {(f.control, f.at): f for f in active if not f.environment}
    seen: dict[int, list[Finding]] = {}
    for finding in active:
        for twin in _declared(finding, declared):
            seen.setdefault(id(twin), []).append(finding)
    steps = [step for cause in outcome.causes for step in _steps(cause, declared, seen)]
    steps = [_beside(step, many) for step in _joined(_joined(steps, _same_change), _same_line)]
    return Plan(
        root=outcome.root,
        steps=tuple(sorted(steps, key=first_things_first)),
        exit_code=outcome.exit_code,
        gate=outcome.gate,
        problems=tuple(problems),
        contract=contract,
        apart=len(causes(outcome.apart)),
    )


def way_of(finding: Finding) -> Way:
    """How a finding is resolved."""
    fix = finding.fix
    if fix is not None and fix.edits and fix.safety is not Safety.VALUE:
        return Way.SAFE if fix.safety is Safety.SAFE else Way.RISKY
    if fix is not None and fix.question:
        return Way.ANSWER
    return Way.TARGET if _target_of(finding) else Way.HAND


def _declared(finding: Finding, declared: dict[tuple[str, Location], Finding]) -> Iterator[Finding]:
    """The findings of files that a finding of an environment is the same as."""
    if finding.environment:
        for twin in finding.twins:
            found = declared.get((twin.control, twin.at))
            if found is not None:
                yield found


def _steps(
    cause: Cause, declared: dict[tuple[str, Location], Finding], seen: dict[int, list[Finding]]
) -> Iterator[Step]:
    """A step for each way, without findings of environments that are resolved with those of files."""
    every = (*cause.places, *cause.covered, *cause.same)
    groups: dict[tuple[Way, str], list[Finding]] = {}
    for finding in every:
        if not any(_declared(finding, declared)):
            groups.setdefault((way_of(finding), _target_of(finding)), []).append(finding)
    for (way, target), found in groups.items():
        found.sort(key=lambda f: -f.severity)
        live = {id(f): f for one in found for f in seen.get(id(one), ())}
        whole = len(found) == len(every)
        yield Step(
            key=_key(found, way),
            way=way,
            message=cause.message if whole else _about(found),
            findings=tuple(found),
            seen=tuple(sorted(live.values(), key=order)),
            target=target,
        )


def _joined(steps: Iterable[Step], key: Callable[[Step], Hashable | None]) -> list[Step]:
    """The steps, those of one key made one; a step without a key stays as it is."""
    groups: dict[Hashable, list[Step]] = {}
    for step in steps:
        known = key(step)
        groups.setdefault(step.key if known is None else (known,), []).append(step)
    return [group[0] if len(group) == 1 else _one(group) for group in groups.values()]


def _one(group: Sequence[Step]) -> Step:
    found = sorted((f for step in group for f in step.findings), key=lambda f: -f.severity)
    live = {id(f): f for step in group for f in step.seen}
    messages = list(dict.fromkeys(step.message for step in sorted(group, key=first_things_first)))
    return replace(
        group[0],
        key=_key(found, group[0].way),
        message=summed_up(messages) if len({f.case for f in found}) == 1 else _side_by_side(messages),
        findings=tuple(found),
        seen=tuple(sorted(live.values(), key=order)),
    )


def _beside(step: Step, many: Counter[str]) -> Step:
    """The step with the number of findings of its controls that other steps resolve."""
    every = sum(many[slug] for slug in set(step.controls))
    return replace(step, others=every - len(step.findings) - len(step.seen))


def _same_change(step: Step) -> Hashable | None:
    """Steps that one command or one piece of advice resolves, at one severity."""
    cases = frozenset((f.control, f.case) for f in step.findings)
    return step.way, step.target, step.severity, cases, frozenset(f.environment for f in step.findings)


def _same_line(step: Step) -> Hashable | None:
    """Steps whose findings all are of the same line of the same file."""
    places = {
        (f.at.source, f.region.line) for f in step.findings if f.region is not None and not f.environment
    }
    whole = len(places) == 1 and all(f.region is not None and not f.environment for f in step.findings)
    return (step.way, step.target, *places) if whole else None


def _side_by_side(messages: Sequence[str]) -> str:
    """The worst two, and how many more there are."""
    more = len(messages) - 2
    return "; ".join(messages[:2]) + (f"; {more} more at the same line" if more > 0 else "")


def _about(found: Sequence[Finding]) -> str:
    """The sentence about a part of a cause."""
    lead = found[0]
    return summed_up([f.message for f in found if (f.control, f.case) == (lead.control, lead.case)])


def _key(found: Iterable[Finding], way: Way) -> str:
    marks = sorted(f"{f.fingerprint} {f.at.source} {f.environment}" for f in found)
    return sha256("\n".join((way.value, *marks)).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _target_of(finding: Finding) -> str:
    """The target, or "" where none resolves it."""
    if finding.environment or finding.credential or not finding.technology:
        return ""
    name = _TARGETS.get(finding.technology, finding.technology)
    control = next(judges_of(finding.control), None)
    left = _NOT | _STORES if name in targets.DEPLOYMENTS else _NOT
    known = control is not None and control.family not in left
    fits = name != "terraform-aws" or "aws_" in finding.at.pointer
    return name if known and fits and name in _offered() else ""


@cache
def _offered() -> frozenset[str]:
    return frozenset(targets.offered())
