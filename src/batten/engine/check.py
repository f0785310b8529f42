"""The main job: review, probe every environment, join declared and observed, compare with before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from batten import __version__
from batten.contract import Contract, load
from batten.controls import adopt
from batten.engine.baseline import Baseline
from batten.engine.history import PLACE, Scope, note_run
from batten.engine.judge import slugs_about
from batten.engine.outcome import EnvironmentOutcome, Outcome
from batten.engine.review import TRAFFIC, Review, judge_all, live_findings, read
from batten.engine.review import order as by_severity
from batten.engine.traffic import contract_path, of_traffic
from batten.facts import CorsPolicy, Observed, OriginKind
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.live.assessment import Assessment, run
from batten.model import Finding, Problem
from batten.model.record import record
from batten.policy import Environment, Policy

Progress = Callable[[str], None]


@record
class Order:
    """What to check: paths below the root (none: all of it), environments by name (none: all)."""

    only: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    probe: bool = True
    history: bool = True
    baseline: Baseline | None = None


def check(root: Path, policy: Policy, order: Order, progress: Progress = lambda line: None) -> Outcome:
    """Raises HistoryProblem; all else that goes wrong is in the outcome's problems."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    workspace = Workspace(root)
    progress("reading files")
    result = read(workspace, policy, order.only)
    assessments = _assessments(result, order, progress) if order.probe else []
    observed = [Observed(fact.at, env.name, fact) for env, a in assessments for fact in a.facts]
    seen = of_traffic(result)
    observed += [Observed(fact.at, TRAFFIC, fact) for fact in seen.facts]
    progress("judging")
    judge_all(result, order.baseline, observed)
    outcome = Outcome(
        "check",
        str(root),
        policy.gate,
        joined(result.findings),
        result.problems,
        [*(_environment(env, a) for env, a in assessments), *seen.outcome],
        files=result.files,
        units=len(result.units),
    )
    if order.history:
        _compare(outcome, result, order, started)
    return outcome


def _assessments(result: Review, order: Order, progress: Progress) -> list[tuple[Environment, Assessment]]:
    wanted = [e for e in result.policy.environments if not order.environments or e.name in order.environments]
    made: list[tuple[Environment, Assessment]] = []
    for environment in wanted:
        if made and not made[-1][1].complete:
            made.append((environment, _unasked(environment)))
            continue
        contract = contract_of(result, environment)
        origins = tuple(dict.fromkeys((*result.policy.origins, *_meant(result))))
        told = _counted(f"probing {environment.name} at {environment.url}", progress)
        assessment = run(_placed(environment, result), contract, origins, told, _patterns(result))
        made.append((environment, assessment))
    return made


def _unasked(environment: Environment) -> Assessment:
    """What is known of an environment whose turn did not come before the interrupt."""
    source = environment.url or environment.name
    reason = Problem(source, "probe", "not assessed: everything: interrupted", "probe it again")
    return Assessment(environment.name, not_assessed=[reason], complete=False)


def _counted(what: str, progress: Progress) -> Callable[[int, int], None]:
    """The line of a probe that goes on: how many requests of its budget are done."""
    progress(what)
    return lambda done, budget: progress(f"{what}: {done} of at most {budget} requests")


def _placed(environment: Environment, result: Review) -> Environment:
    """The environment with its CA file below the root."""
    return (
        replace(environment, ca=str(result.workspace.root / environment.ca))
        if environment.ca
        else environment
    )


def contract_of(result: Review, environment: Environment) -> Contract | None:
    """The environment's contract, the policy's, or the only one there is."""
    path = environment.contract or contract_path(result)
    if not path:
        return None
    try:
        contract, _ = load(result.workspace, path)
    except (SyntaxProblem, Unreadable) as error:
        result.problems.append(
            Problem(path, "read", f"the contract cannot be used: {error}", "mend the file")
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


def _patterns(result: Review) -> tuple[str, ...]:
    """Regular expressions that configurations hold origins against: strangers are made from their holes."""
    rules = (r for p in result.facts if isinstance(p, CorsPolicy) for r in p.origins.known(()))
    texts = (r.text.value for r in rules if r.kind is OriginKind.PATTERN)
    return tuple(dict.fromkeys(t for t in texts if isinstance(t, str)))


def _environment(environment: Environment, assessment: Assessment) -> EnvironmentOutcome:
    return EnvironmentOutcome(
        environment.name,
        environment.url,
        bool(assessment.exchanges) and bool(assessment.facts),
        assessment.exchanges,
        tuple(assessment.not_assessed),
        tuple(assessment.left_alone),
        slugs_about(assessment.facts),
    )


def joined(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that point to each other: what was seen live names the file that declares it so, and
    the declared one where it was seen."""
    kept = list(findings)
    declared: dict[str, list[Finding]] = {}
    seen: dict[str, list[Finding]] = {}
    for finding in kept:
        (seen if finding.environment else declared).setdefault(finding.control, []).append(finding)
    made = []
    for finding in kept:
        others = (declared if finding.environment else seen).get(finding.control, ())
        related = (*finding.related, *(f.at for f in others[:3]))
        made.append(replace(finding, related=tuple(dict.fromkeys(related))))
    return made


def _compare(outcome: Outcome, result: Review, order: Order, started: str) -> None:
    unread = {p.source for p in result.problems}
    scope = Scope(
        frozenset(result.owners) - unread,
        # What was not assessed in part or at all has not been fixed.
        frozenset(e.name for e in outcome.environments if e.reached and not e.not_assessed),
        result.workspace.root,
        frozenset(result.policy.off),
        whole=not order.only,
    )
    place = result.workspace.root / PLACE
    outcome.findings, outcome.past = note_run(
        place, outcome.findings, scope, started, outcome.command, __version__, len(outcome.problems)
    )


def assess(
    root: Path,
    policy: Policy,
    environments: Iterable[Environment],
    contract: Contract | None,
    origins: tuple[str, ...],
    progress: Progress = lambda line: None,
) -> Outcome:
    """Probe environments without reviewing files; findings are those of what was observed."""
    adopt(policy.custom)
    result = Review(Workspace(root), policy)
    outcome = Outcome("probe", str(root), policy.gate)
    observed: list[Observed] = []
    going_on = True
    for environment in environments:
        told = _counted(f"probing {environment.url or environment.name}", progress)
        placed = _placed(environment, result)
        assessment = run(placed, contract, origins, told) if going_on else _unasked(environment)
        going_on = assessment.complete
        outcome.environments.append(_environment(environment, assessment))
        observed += [Observed(fact.at, environment.name, fact) for fact in assessment.facts]
    outcome.findings = sorted(live_findings(observed, result), key=by_severity)
    outcome.problems = result.problems
    return outcome
