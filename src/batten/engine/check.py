"""The main job: review, probe every environment, join declared and observed, compare with before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from batten import __version__
from batten.controls import adopt
from batten.engine.account import accounted, passed_over, shortfalls
from batten.engine.baseline import Baseline
from batten.engine.history import Scope, history_path, note_run, trend
from batten.engine.identity import TRAFFIC
from batten.engine.outcome import EnvironmentOutcome, Outcome
from batten.engine.patched import SLUG, settled
from batten.engine.review import BETWEEN, Review, judge_all, judged_live, read, side_by_side
from batten.engine.review import order as by_severity
from batten.engine.sides import Declared, differences, joined
from batten.engine.trust import Refusal
from batten.facts import CorsPolicy, Observed, OriginKind
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Finding, Problem
from batten.model.record import record
from batten.policy import Environment, Policy

if (
    TYPE_CHECKING
):  # what probes and what reads traffic is imported where it is used: twice as much as all the rest
    from batten.contract import Contract
    from batten.engine.environments import Kept, Progress
    from batten.engine.traffic import Seen
    from batten.live.assessment import Target
    from batten.live.scope import Covers


@record
class Order:
    """What to check: paths below the root (none: all of it), environments by name (none: all)."""

    only: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    probe: bool = True
    history: bool = True
    history_file: Path | None = None  # None: BATTEN_HISTORY, else this user's state
    baseline: Baseline | None = None
    traffic: Path | None = None  # what guards saw
    logs: tuple[Path, ...] = ()  # access logs
    required: tuple[str, ...] = ()  # technologies of which production files must have been read
    # environments that the user has not vouched for, and why they are not asked
    unallowed: Mapping[str, Refusal] = field(default_factory=dict)
    without: Covers | None = None  # addresses that are never connected to


def check(root: Path, policy: Policy, order: Order, progress: Progress = lambda line: None) -> Outcome:
    """Raises HistoryProblem; all else that goes wrong is in the outcome's problems."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    adopt(policy.custom)
    workspace = Workspace(root)
    history = history_path(workspace.files, order.history_file) if order.history else None
    progress("reading files")
    result = read(workspace, policy, order.only)
    targets = _targets(result, order) if order.probe else []
    if not targets:
        kept: list[Kept] = []
    else:
        from batten.engine.environments import assessed

        kept = assessed(targets, result, progress, together=True, without=order.without)
    if order.traffic is None and not order.logs:
        seen: Seen | None = None
    else:
        from batten.engine.traffic import of_traffic

        seen = of_traffic(result, order.traffic, order.logs)
    judged = [one.judged for one in kept if one.judged is not None]
    if seen is not None and seen.facts:
        judged.append(judged_live(TRAFFIC, seen.facts, result))
    progress("judging")
    # What environments and traffic showed.
    showed = [one.packed for one in kept if one.packed is not None]
    traffic = seen.facts if seen is not None else ()
    if not (showed or traffic):
        observed: Iterable[Observed] = ()
    else:
        from batten.engine.environments import Observations, packed

        observed = Observations([*showed, *([packed(TRAFFIC, traffic)] if traffic else [])])
    judge_all(result, order.baseline, observed, judged)
    environments = [*(one.outcome for one in kept), *_unallowed(result.policy, order)]
    environments += seen.outcome if seen is not None else ()
    declared = Declared(result.facts, result.contexts.of)
    findings = joined(result.findings, declared)
    if result.judged:
        environments = [_held_against_files(e, findings, result, declared) for e in environments]
    answered = any(e.reached for e in environments)
    result.problems += shortfalls(result, order.only, order.required, answered=answered)
    outcome = Outcome(
        "check",
        str(root),
        policy.gate,
        findings,
        result.problems,
        environments,
        files=result.files,
        withheld=result.withheld,
        units=len(result.units),
        ledger=accounted(result),
        judged=result.judged,
        only=order.only,
        passed=passed_over(result, order.only),
        today=policy.today,
    )
    if history is not None:
        unread = {p.source for p in result.problems}
        scope = Scope(
            frozenset(result.owners) - unread,
            # What was not assessed in part or at all has not been fixed.
            frozenset(e.name for e in outcome.environments if e.reached and not e.not_assessed),
            result.workspace.files,
            frozenset(result.policy.off) | (frozenset() if settled(result.packages) else {SLUG}),
            whole=not order.only,
        )
        outcome.findings, outcome.past = note_run(
            history, outcome.findings, scope, started, outcome.command, __version__, len(outcome.problems)
        )
        outcome.trend = trend(history) if scope.whole else []
    return outcome


def _held_against_files(
    environment: EnvironmentOutcome, findings: list[Finding], result: Review, declared: Declared
) -> EnvironmentOutcome:
    """An environment that showed something was also asked whether it is as declared, and differs where it is not."""
    if not (environment.reached and environment.judged):
        return environment
    known = next((e for e in result.policy.environments if e.name == environment.name), None)
    addresses = (environment.url, known.plain, *known.stores) if known is not None else (environment.url,)
    found = differences(findings, environment.name, filter(None, addresses), environment.judged, declared)
    unseen = dict.fromkeys(
        f"{f.control} at {f.at.source}{f':{f.region.line}' if f.region else ''}" for f in found.unseen
    )
    judged = environment.judged | {BETWEEN}
    return replace(environment, judged=judged, undeclared=found.undeclared, unseen=tuple(unseen))


def _wanted(policy: Policy, order: Order) -> list[Environment]:
    return [e for e in policy.environments if not order.environments or e.name in order.environments]


def _unallowed(policy: Policy, order: Order) -> Iterable[EnvironmentOutcome]:
    """Environments that were not asked, because only batten.yaml says where they are: they are never taken for assessed."""
    for environment in _wanted(policy, order) if order.probe else ():
        if (refusal := order.unallowed.get(environment.name)) is not None:
            problem = Problem(environment.name, "probe", refusal.message, hint=refusal.hint)
            yield EnvironmentOutcome(
                environment.name, environment.url, False, not_assessed=(problem,), asked=False
            )


def _targets(result: Review, order: Order) -> list[Target]:
    wanted = [e for e in _wanted(result.policy, order) if e.name not in order.unallowed]
    if not wanted:
        return []
    from batten.engine.traffic import contract_path
    from batten.live.assessment import Target

    contracts: dict[str, Contract | None] = {}
    origins = tuple(dict.fromkeys((*result.policy.origins, *_meant(result))))
    # Regular expressions that configurations hold origins against: strangers are made from their holes.
    rules = (r for p in result.facts if isinstance(p, CorsPolicy) for r in p.origins.known(()))
    texts = (r.text.value for r in rules if r.kind is OriginKind.PATTERN)
    patterns = tuple(dict.fromkeys(t for t in texts if isinstance(t, str)))
    targets = []
    for environment in wanted:
        path = environment.contract or contract_path(result)
        if path not in contracts:
            contracts[path] = contract_of(result, environment)
        targets.append(Target(environment, contracts[path], origins, patterns))
    return targets


def contract_of(result: Review, environment: Environment) -> Contract | None:
    """The environment's contract, the policy's, or the only one there is."""
    from batten.contract import load
    from batten.engine.traffic import contract_path

    path = environment.contract or contract_path(result)
    if not path:
        return None
    try:
        contract, _ = load(result.workspace, path)
    except (SyntaxProblem, Unreadable) as error:
        result.problems.append(
            Problem(path, "read", f"the contract cannot be used: {error}", hint="correct the file")
        )
        return None
    return contract


def _meant(result: Review) -> Iterable[str]:
    """Origins that configurations allow by name: strangers that look like them make the best probes.

    With origins in the policy only those are known to be meant; without, what is declared is."""
    if result.policy.origins:
        return
    for policy in result.facts:
        if isinstance(policy, CorsPolicy):
            for rule in policy.origins.known(()):
                if rule.kind is OriginKind.EXACT and isinstance(rule.text.value, str):
                    yield rule.text.value


def assess(
    root: Path,
    policy: Policy,
    environments: Iterable[Environment],
    contract: Contract | None,
    origins: tuple[str, ...],
    progress: Progress = lambda line: None,
    without: Covers | None = None,
) -> Outcome:
    """Probe environments without reviewing files; findings are those of what was observed. Addresses that are `without` are
    never connected to."""
    from batten.engine.environments import assessed
    from batten.live.assessment import Target

    adopt(policy.custom)
    result = Review(Workspace(root), policy)
    kept = assessed((Target(e, contract, origins) for e in environments), result, progress, without=without)
    judged = [one.judged for one in kept if one.judged is not None]
    findings = sorted(side_by_side(judged, result), key=by_severity)
    told = [one.outcome for one in kept]
    return Outcome("probe", str(root), policy.gate, findings, result.problems, told, today=policy.today)
