"""What must be true of every history, and of single assessments."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.watch.ledger.changing import changes
from batten.watch.ledger.knowledge import Kind, Known
from batten.watch.model import Assessed, Happening, Interval, LifeState, Side, Status
from watch_assessments import seen, whole
from watch_worlds import (
    FEW,
    HOUR,
    OBJECTIVE,
    STEPS,
    Step,
    World,
    assessments,
    by_control,
    essence,
    lived,
    replayed,
)


@given(STEPS)
def test_nothing_is_fixed_that_was_not_looked_at(steps: list[Step]) -> None:
    world, now = World(), 1_000 * HOUR
    for run, step in enumerate(steps, 1):
        now += step.ahead
        if step.assessed is None:
            assert not world.lapse(OBJECTIVE, now).turns
            continue
        assessed, before = step.assessed, dict(world.lives)
        found = {(one.side, one.fingerprint) for one in assessed.found}
        made = world.assess(assessed, run, now)
        assert {one.side for one in (*made.begun, *made.ended)} <= assessed.sides
        for turn in made.turns:
            life = turn.after
            if turn.kind is Kind.CLOSED:
                assert (life.side, life.fingerprint) not in found
                assert life.control not in assessed.off and life.place not in assessed.unread
                whole_side = life.side in assessed.complete
                whole_place = life.place in assessed.places and life.control in assessed.judged[life.side]
                assert whole_side or whole_place
            if turn.kind in (Kind.CLOSED, Kind.LOST):
                assert life.side in assessed.sides and before[life.id].state is not LifeState.FIXED
        for life in (
            world.lives.values()
        ):  # whatever was found stands, and nothing else is open that could be looked at
            if (life.side, life.fingerprint) in found:
                assert life.state is LifeState.OPEN
            elif life.side in assessed.sides:
                assert life.state is not LifeState.OPEN


@given(STEPS)
def test_every_history_keeps_its_books(steps: list[Step]) -> None:
    world = lived(steps)
    _lives_never_overlap(world)
    _intervals_cover_time_without_gap_or_overlap(world)
    _events_give_the_tables(world)
    if steps[-1].assessed is not None:
        _intervals_say_what_lives_say(world, steps[-1].assessed)


def _lives_never_overlap(world: World) -> None:
    names = [(life.side, life.fingerprint) for life in world.lives.values()]
    assert len(names) == len(set(names))
    for life in world.lives.values():
        spans = [span for span in world.spans if span.life == life.id]
        for one, after in pairwise(spans):
            assert one.closed is not None and one.opened < one.closed < after.opened
        last = spans[-1]
        assert (last.closed is None) == (life.state is not LifeState.FIXED)
        assert (spans[0].opened, last.opened, last.closed) == (life.opened, life.began, life.closed)
        assert life.regressed == len(spans) - 1
        assert life.open_for == sum(span.closed - span.opened for span in spans if span.closed is not None)


def _intervals_cover_time_without_gap_or_overlap(world: World) -> None:
    for one_control in by_control(world).values():
        for one, after in pairwise(one_control):
            assert one.end == after.start and one.start < after.start
            assert one.status is not after.status
        assert one_control[-1].end is None


def _events_give_the_tables(world: World) -> None:
    again = replayed(world.events)
    assert again.lives.keys() == world.lives.keys()
    for number, life in world.lives.items():
        assert essence(again.lives[number]) == essence(life)
    assert (again.spans, again.intervals) == (world.spans, world.intervals)


def _intervals_say_what_lives_say(world: World, assessed: Assessed) -> None:
    current = {key: found[-1].status for key, found in by_control(world).items() if key[0] in assessed.sides}
    counting = [life for life in world.lives.values() if life.breaks and life.side in assessed.sides]
    for (side, control), status in current.items():
        states = {life.state for life in counting if (life.side, life.control) == (side, control)}
        assert (status is Status.BROKEN) == (LifeState.OPEN in states)
        if status in (Status.HOLDS, Status.ABSENT):
            assert LifeState.UNKNOWN not in states and control not in assessed.off
            assert status is Status.HOLDS or side is Side.OBSERVED or not assessed.unread
            assert (control in assessed.judged[side]) == (status is Status.HOLDS)
    for life in counting:
        assert life.state is LifeState.FIXED or (life.side, life.control) in current


@FEW
@given(STEPS, assessments(), st.randoms(use_true_random=False))
def test_the_same_again_changes_nothing_but_the_proof(
    steps: list[Step], assessed: Assessed, random: Random
) -> None:
    world = lived(steps)
    now = 3_000 * HOUR
    first = world.assess(assessed, 98, now)
    shuffled = list(assessed.found) * 2
    random.shuffle(shuffled)
    again = world.assess(replace(assessed, found=tuple(shuffled)), 99, now + 1)
    assert not (again.turns or again.begun or again.ended or again.events or again.details)
    assert again.proofs.keys() == first.proofs.keys() and again.standing == first.standing


@FEW
@given(STEPS, assessments())
def test_the_order_of_a_report_is_nothing(steps: list[Step], assessed: Assessed) -> None:
    known = lived(steps).known()
    backwards = replace(assessed, found=assessed.found[::-1])
    one, two = (changes(known, given, 9, 5_000 * HOUR) for given in (assessed, backwards))
    assert {(t.after.fingerprint, t.after.state, t.after.value) for t in one.turns} == {
        (t.after.fingerprint, t.after.state, t.after.value) for t in two.turns
    }
    assert (one.begun, one.ended, one.details) == (two.begun, two.ended, two.details)


def test_clocks_that_go_back_are_noted_after_what_is_there() -> None:
    world = World()
    world.assess(whole(seen()), 1, 9_000)
    made = world.assess(whole(), 2, 4_000)
    assert made.at == 9_001 and made.turns[0].after.open_for == 1
    assert {proof.at for proof in world.proofs.values()} == {4_000}
    assert world.assess(whole(seen()), 3, 9_500).at == 9_500


def test_a_finding_that_comes_and_goes_keeps_count() -> None:
    world = World()
    for run, (now, found) in enumerate([(10, True), (15, False), (20, True), (27, False), (30, True)], 1):
        world.assess(whole(*([seen()] if found else [])), run, now)
    (life,) = world.lives.values()
    assert (life.open_for, life.regressed, life.began, life.opened) == (12, 2, 30, 10)


def test_what_differs_between_answers_is_no_change() -> None:
    """Evidence of a running system is kept with the next change; of a file it is what the file says."""
    world = World()
    live, file = seen(side=Side.OBSERVED, place="https://a.example/"), seen(detail=b'"1"')
    world.assess(whole(live, file), 1, 1_000)
    assert not world.assess(whole(replace(live, detail=b'"date"'), file), 2, 2_000).turns
    made = world.assess(whole(replace(live, detail=b'"date"'), replace(file, detail=b'"2"')), 3, 3_000)
    assert list(made.details.values()) == [b'"2"'] and [t.kind for t in made.turns] == [Kind.UPDATED]
    newer = world.assess(
        whole(replace(live, detail=b'"new"'), replace(file, detail=b'"2"'), version="2"), 4, 4_000
    )
    assert list(newer.details.values()) == [b'"new"'] and not newer.events


def test_a_side_that_nothing_was_to_be_seen_of_stays_as_it_is() -> None:
    """CI pushes what it reviewed and what it probed one after the other."""
    world = World()
    live = seen(side=Side.OBSERVED, place="https://a.example/")
    world.assess(whole(seen(), live), 1, 1_000)
    only = Assessed(judged={Side.DECLARED: frozenset(["hsts-sent"])}, complete=frozenset([Side.DECLARED]), sides=frozenset([Side.DECLARED]))  # fmt: skip
    made = world.assess(only, 2, 2_000)
    assert [(t.kind, t.after.side) for t in made.turns] == [(Kind.CLOSED, Side.DECLARED)]
    assert made.proofs.keys() == {Side.DECLARED}
    assert {one.side for one in world.lapse(OBJECTIVE, 2_000 + 2 * OBJECTIVE).begun} == set(Side)
    later = world.assess(only, 3, 2_000 + 3 * OBJECTIVE)
    assert {one.side for one in later.begun} == {Side.DECLARED}


def test_a_control_that_is_turned_off_fixes_nothing() -> None:
    world = World()
    world.assess(whole(seen(), seen("cors-closed")), 1, 1_000)
    made = world.assess(replace(whole(judged=("store-password",)), off=frozenset(["hsts-sent"])), 2, 2_000)
    assert {(t.after.control, t.kind) for t in made.turns} == {
        ("hsts-sent", Kind.LOST),
        ("cors-closed", Kind.CLOSED),
    }
    declared = {i.control: i.status for i in made.begun if i.side is Side.DECLARED}
    assert declared == {"hsts-sent": Status.UNKNOWN, "cors-closed": Status.ABSENT}


def test_a_file_that_cannot_be_read_fixes_nothing() -> None:
    """Not what was found in it, and what it alone declared does not become nothing to judge; nor has it been renamed."""
    world = World()
    world.assess(whole(seen(place="broken.conf"), judged=("hsts-sent", "cors-closed")), 1, 1_000)
    later = replace(whole(seen(place="other.conf"), judged=("hsts-sent",)), unread=frozenset(["broken.conf"]))
    made = world.assess(later, 2, 2_000)
    assert {(t.after.place, t.kind) for t in made.turns} == {
        ("broken.conf", Kind.LOST),
        ("other.conf", Kind.BORN),
    }
    declared = {i.control: i.status for i in made.begun if i.side is Side.DECLARED}
    assert declared == {"cors-closed": Status.UNKNOWN}


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("a", "a", Kind.CLOSED),
        ("a", "b", Kind.LOST),
        ("", "", Kind.LOST),
        ("", "a", Kind.LOST),
        ("a", "", Kind.LOST),
    ],
)
def test_what_a_target_never_answers_keeps_nothing_open(before: str, after: str, kind: Kind) -> None:
    """Where the same probes failed as the last time, those that saw the finding then did not."""
    world = World()
    live = seen("cors-closed", place="https://a.example", side=Side.OBSERVED)
    part = replace(whole(), complete=frozenset(), sides=frozenset([Side.OBSERVED]), places=frozenset())
    world.assess(replace(part, found=(live,), missed={Side.OBSERVED: before}), 1, 1_000)
    made = world.assess(replace(part, missed={Side.OBSERVED: after}), 2, 2_000)
    assert [turn.kind for turn in made.turns] == [kind]
    again = world.assess(replace(part, missed={Side.OBSERVED: after}), 3, 3_000)
    assert not again.turns  # what is not known stays so: it may have been seen by a probe that still fails


def test_what_is_worse_is_told_so() -> None:
    world = World()
    world.assess(whole(seen(value="a")), 1, 1_000)
    made = world.assess(whole(seen(value="b")), 2, 2_000)
    assert [(e.what, e.data["value_was"]) for e in made.events] == [(Happening.FINDING_WORSE, "a")]


def test_a_rename_that_could_be_another_is_none() -> None:
    """Two files that could be where it went: both are new, and the former is fixed."""
    world = World()
    world.assess(whole(seen(place="old.conf")), 1, 1_000)
    made = world.assess(whole(seen(place="x.conf"), seen(place="y.conf")), 2, 2_000)
    assert sorted(t.kind.value for t in made.turns) == ["born", "born", "closed"]


def test_an_empty_start_knows_nothing() -> None:
    made = changes(Known(environment=1), Assessed(problems=("nothing answered",)), 1, 5)
    assert (made.turns, made.begun, made.proofs, made.events) == ((), (), {}, ())
    first = changes(Known(environment=1), whole(), 1, 5)
    assert {(i.status, i.start, i.end) for i in first.begun} == {(Status.HOLDS, 5, None)}
    assert isinstance(first.begun[0], Interval)
