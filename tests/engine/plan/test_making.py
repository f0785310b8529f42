"""Findings to steps: by cause and way, quick and safe first, and only those of a step are fixed."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.engine.check import Order, check
from batten.engine.outcome import ExitCode, Outcome
from batten.engine.plan import Plan, Step, Way, plan_of
from batten.engine.plan.taking import difference, edits_of, refusals
from batten.engine.shown import shown
from batten.formats import Workspace
from batten.model import Finding, Fix, Location, Region, Safety, Severity
from batten.model.finding import LazyFix, Twin
from batten.model.fix import Edit
from batten.model.location import Span
from batten.policy import Policy

ORDERS = Path(__file__).parents[3] / "examples/orders"
POLICY = Policy()
FIXES = {
    Way.SAFE: Fix("set it", (Edit("a.conf", Span(0, 0), "x"),)),
    Way.RISKY: Fix("set it", (Edit("a.conf", Span(0, 0), "x"),), safety=Safety.RISKY, breaks="old clients"),
    Way.ANSWER: Fix("set it", (), safety=Safety.VALUE, question="which `origins:` of batten.yaml?"),
}


def a_finding(name: str, way: Way = Way.HAND, **fields: object) -> Finding:
    fix = FIXES.get(way)
    known: dict[str, object] = {
        "control": "hsts-sent",
        "case": "absent",
        "severity": Severity.LOW,
        "message": f"`{name}` does not send HSTS",
        "at": Location("a.conf", name),
        "fingerprint": name,
        "mend": LazyFix(fix) if fix is not None else None,
    }
    return Finding(**(known | fields))  # type: ignore[arg-type]


def steps(*found: Finding) -> tuple[Step, ...]:
    return plan_of(Outcome("check", "", Severity.LOW, list(found))).steps


def test_what_is_resolved_in_different_ways_is_not_one_step() -> None:
    found = steps(a_finding("one", Way.SAFE), a_finding("two", Way.RISKY), a_finding("three", Way.SAFE))
    assert [(step.way, len(step.findings)) for step in found] == [(Way.SAFE, 2), (Way.RISKY, 1)]
    assert found[0].message == "`one` and `three` do not send HSTS" and found[0].others == 1


def test_severity_comes_first_then_reach_then_the_effort() -> None:
    ways = (Way.HAND, Way.ANSWER, Way.RISKY, Way.SAFE)
    alike = [a_finding(way.value, way, control=f"c-{way.value}") for way in ways]
    assert [step.way for step in steps(*alike)] == list(reversed(ways))
    worse = a_finding("open", Way.RISKY, control="worse", severity=Severity.CRITICAL, public=True)
    inside = a_finding("inner", Way.RISKY, control="inner", severity=Severity.CRITICAL, public=False)
    found = steps(*alike, worse, inside)
    assert [step.controls[0] for step in found[:3]] == ["worse", "inner", "c-safe-fix"]


def test_what_one_command_resolves_is_one_step() -> None:
    first = a_finding("one", Way.RISKY, case="a", at=Location("a.conf", "one"))
    second = a_finding(
        "two", Way.RISKY, case="a", at=Location("b.conf", "two"), message="`two` does not send HSTS"
    )
    graver = a_finding("three", Way.RISKY, case="a", at=Location("c.conf", "three"), severity=Severity.HIGH)
    found = steps(first, second, graver)
    assert [len(step.findings) for step in found] == [1, 2] and [step.others for step in found] == [2, 1]


def test_what_stands_on_one_line_is_one_step() -> None:
    line = Region(3, 1, 3, 9)
    first = a_finding("one", Way.RISKY, control="a", region=line, severity=Severity.HIGH)
    second = a_finding("two", Way.RISKY, control="b", region=line)
    elsewhere = a_finding("three", Way.RISKY, control="c", region=Region(4, 1, 4, 9))
    other_way = a_finding("four", Way.SAFE, control="d", region=line)
    found = steps(first, second, elsewhere, other_way)
    assert [step.controls for step in found] == [("a", "b"), ("d",), ("c",)]
    assert found[0].message == "`one` and `two` do not send HSTS"


def test_what_was_seen_live_of_a_file_is_a_part_of_its_step() -> None:
    declared = a_finding("server", Way.SAFE)
    twin = Twin("hsts-sent", declared.at)
    live = a_finding("GET /", at=Location("https://a.example", "GET /"), environment="staging", twins=(twin,))
    alone = a_finding("GET /x", at=Location("https://a.example", "GET /x"), environment="staging")
    found = steps(declared, live, alone)
    assert [(s.lead.fingerprint, s.way) for s in found] == [("server", Way.SAFE), ("GET /x", Way.HAND)]
    assert [f.fingerprint for f in found[0].seen] == ["GET /"] and found[0].environments == ("staging",)


def test_a_plan_follows_from_what_was_found_and_from_nothing_else() -> None:
    found = [a_finding(name, way, control=name) for name in "dbca" for way in (Way.SAFE, Way.HAND)]
    assert steps(*found) == steps(*reversed(found))


@pytest.mark.parametrize(
    ("technology", "control", "target"),
    [
        ("envoy", "http-limits-set", "envoy"),
        ("compose", "network-segmented", "compose"),
        ("compose", "store-authenticated", ""),  # a store that batten does not render, perhaps
        ("redis", "store-authenticated", "redis"),
        ("nginx", "secret-not-inline", ""),
        ("terraform", "access-logged", ""),  # of no AWS resource
        ("apache", "hsts-sent", ""),
        ("", "hsts-sent", ""),
    ],
)
def test_a_target_is_named_where_what_it_renders_has_no_such_finding(
    technology: str, control: str, target: str
) -> None:
    (step,) = steps(a_finding("one", technology=technology, control=control))
    assert (step.target, step.way) == (target, Way.TARGET if target else Way.HAND)


def orders() -> tuple[Outcome, Plan]:
    outcome = shown(check(ORDERS, POLICY, Order(probe=False, history=False)))
    return outcome, plan_of(outcome)


def test_every_finding_of_the_example_is_in_one_step_and_a_step_fixes_its_own() -> None:
    outcome, plan = orders()
    planned = [(f.fingerprint, f.at.source) for step in plan.steps for f in step.findings]
    assert sorted(planned) == sorted((f.fingerprint, f.at.source) for f in outcome.active)
    assert plan.exit_code is ExitCode.FINDINGS
    step = next(s for s in plan.steps if s.way is Way.RISKY and s.others)
    workspace = Workspace(ORDERS)
    made = edits_of(step, workspace, POLICY)
    assert {(f.fingerprint, f.at.source) for f in made.fixed} == step.marks and not refusals(made, step)
    after = check_with(workspace.with_overlay(made.texts))
    changed = difference(outcome.active, after)
    assert step.marks <= {(f.fingerprint, f.at.source) for f in changed.resolved} and not changed.came


def check_with(workspace: Workspace) -> list[Finding]:
    from batten.engine.review import review

    return [f for f in review(workspace, POLICY, fixes=False).findings if f.counts and f.suppression is None]


def test_a_step_that_needs_a_person_has_no_edits() -> None:
    (step,) = steps(a_finding("one", Way.ANSWER))
    with pytest.raises(KeyError):
        edits_of(step, Workspace(ORDERS), POLICY)
