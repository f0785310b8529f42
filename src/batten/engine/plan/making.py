"""From an outcome to its plan: causes, split where their findings are resolved in different ways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from batten.engine.causes import Cause, causes, summed_up
from batten.engine.outcome import Outcome
from batten.engine.plan.steps import Plan, Step, Way, first_things_first
from batten.engine.plan.targets import target_of
from batten.engine.proposals import work_out
from batten.engine.review import order
from batten.model import Finding, Location, Problem, Safety


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
    steps = [step for cause in outcome.causes for step in _steps(cause, declared, seen, many)]
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
    return Way.TARGET if target_of(finding) else Way.HAND


def _declared(finding: Finding, declared: dict[tuple[str, Location], Finding]) -> Iterator[Finding]:
    """The findings of files that a finding of an environment is the same as."""
    if finding.environment:
        for twin in finding.twins:
            found = declared.get((twin.control, twin.at))
            if found is not None:
                yield found


def _steps(
    cause: Cause,
    declared: dict[tuple[str, Location], Finding],
    seen: dict[int, list[Finding]],
    many: Counter[str],
) -> Iterator[Step]:
    """A step for each way, without findings of environments that are resolved with those of files."""
    every = (*cause.places, *cause.covered, *cause.same)
    groups: dict[tuple[Way, str], list[Finding]] = {}
    for finding in every:
        if not any(_declared(finding, declared)):
            groups.setdefault((way_of(finding), target_of(finding)), []).append(finding)
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
            others=sum(many[slug] for slug in {f.control for f in found}) - len(found) - len(live),
            target=target,
        )


def _about(found: Sequence[Finding]) -> str:
    """The sentence about a part of a cause."""
    lead = found[0]
    return summed_up([f.message for f in found if (f.control, f.case) == (lead.control, lead.case)])


def _key(found: Iterable[Finding], way: Way) -> str:
    marks = sorted(f"{f.fingerprint} {f.at.source} {f.environment}" for f in found)
    return sha256("\n".join((way.value, *marks)).encode("utf-8", "surrogateescape")).hexdigest()[:12]
