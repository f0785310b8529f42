"""Two environments or two runs: only what differs, and never better for not having been looked at."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from batten.watch.model import DAY, SERVICE, Side, Status
from batten.watch.store import runs
from batten.watch.store import tables as t
from batten.watch.store.database import Database
from batten.watch.store.questions.compare import Comparison, environments, of_runs
from watch_assessments import CONTROLS, seen, settled, whole
from watch_stores import environment


def compared(store: Database, number: int, left: int, right: int) -> Comparison:
    """Two of an environment's runs, by their places in time."""
    with store.read() as db:
        ids = sorted(run.id for run in runs.every(db, SERVICE, number, most=200))
        found = of_runs(db, SERVICE, ids[left], ids[right])
    assert found is not None
    return found


def test_two_stages_of_one_service(store: Database) -> None:
    staging, prod = environment(store, stage="staging", place=1), environment(store)
    both = [seen("hsts-sent"), seen("cors-closed"), seen("cors-closed", pointer="b")]
    settled(store, staging, whole(*both), DAY)
    more = [seen("cors-closed", pointer="c"), seen("store-password")]
    settled(store, prod, whole(*both, *more), DAY)
    with store.read() as db:
        found = environments(db, SERVICE, staging, prod)
    assert found is not None and found.same == 1
    assert [(d.control, d.only_left, d.only_right, d.both) for d in found.differences] == [
        ("cors-closed", 0, 1, 2), ("store-password", 0, 1, 0),
    ]  # fmt: skip
    assert [spot.message for spot in found.differences[0].right] == ["`c` breaks cors-closed"]
    assert all(d.known_left and d.known_right for d in found.differences)
    assert [(c.control, c.left, c.right) for c in found.controls] == [
        ("store-password", Status.HOLDS, Status.BROKEN)
    ]


def test_two_services_are_compared_by_cause(store: Database) -> None:
    one, two = environment(store, "one"), environment(store, "two", team="other")
    settled(store, one, whole(seen("hsts-sent", pointer="x"), seen("cors-closed")), DAY)
    settled(store, two, whole(seen("hsts-sent", pointer="y")), DAY)
    with store.read() as db:
        found = environments(db, SERVICE, one, two)
    assert found is not None and found.same == 1 and [d.control for d in found.differences] == ["cors-closed"]


def test_what_an_end_was_not_asked_about_is_not_known_there(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, whole(seen(), seen("cors-closed", side=Side.OBSERVED)), DAY)
    less = replace(whole(judged=("hsts-sent",)), sides=frozenset({Side.DECLARED}))
    settled(store, prod, less, 2 * DAY)
    found = compared(store, prod, 0, 1)
    (one,) = found.differences  # what could not be looked at is still open
    assert (one.control, one.only_left, one.known_right) == ("hsts-sent", 1, True)


def test_two_runs_far_apart(store: Database) -> None:
    prod = environment(store)
    a, b, c = seen("hsts-sent"), seen("cors-closed"), seen("store-password")
    for at, found in enumerate([[a, b], [a], [a, c], [b, c], [c]], 1):
        settled(store, prod, whole(*found), at * DAY)
    assert compared(store, prod, 0, 0).differences == ()
    far = compared(store, prod, 0, 3)
    assert [(d.control, d.only_left, d.only_right) for d in far.differences] == [
        ("store-password", 0, 1),
        ("hsts-sent", 1, 0),
    ]
    assert far.same == 1  # closed in between and open again at the end
    back = compared(store, prod, 3, 0)
    assert [(d.control, d.only_left, d.only_right) for d in back.differences] == [
        ("store-password", 1, 0),
        ("hsts-sent", 0, 1),
    ]
    turned = {(c.control, c.side): (c.left, c.right) for c in far.controls}
    assert turned["hsts-sent", Side.DECLARED] == (Status.BROKEN, Status.HOLDS)


def test_only_what_can_be_compared(store: Database) -> None:
    one, two = environment(store, "one"), environment(store, "two")
    settled(store, one, whole(), DAY)
    settled(store, two, whole(), DAY)
    with store.read() as db:
        first, second = (runs.every(db, SERVICE, number)[0].id for number in (one, two))
        assert of_runs(db, SERVICE, first, second) is None and of_runs(db, SERVICE, first, 999) is None
        assert environments(db, SERVICE, one, 999) is None


def test_any_two_runs_differ_in_what_was_found(store: Database) -> None:
    """Against the plain meaning: what each run found, held against each other."""
    places = [seen(control, pointer=pointer) for control in CONTROLS for pointer in "ab"]

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sets(st.sampled_from(range(len(places)))), min_size=2, max_size=6))
    def hold(history: list[set[int]]) -> None:
        with store.begin() as db:
            db.execute(delete(t.team))
        number = environment(store)
        for at, found in enumerate(history, 1):
            settled(store, number, whole(*(places[n] for n in found)), at * DAY)
        for left in range(len(history)):
            for right in range(len(history)):
                apart = compared(store, number, left, right)
                told = (
                    {spot.message for d in apart.differences for spot in d.left},
                    {spot.message for d in apart.differences for spot in d.right},
                )
                only = history[left] - history[right], history[right] - history[left]
                assert told == tuple({places[n].message for n in some} for some in only)

    hold()
