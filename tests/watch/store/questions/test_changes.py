"""What changed since somebody last looked, and who deployed what in between."""

from __future__ import annotations

from batten.model import Severity
from batten.watch.model import DAY, HOUR, SERVICE, Event, Happening
from batten.watch.store import events
from batten.watch.store.database import Database
from batten.watch.store.questions.changes import LONGEST, changes
from watch_assessments import seen, settled, whole
from watch_stores import environment

NOW = 100 * DAY


def test_what_came_went_and_came_back(store: Database) -> None:
    prod = environment(store)
    one, two = seen("hsts-sent"), seen("store-password", severity=Severity.HIGH)
    settled(store, prod, whole(one, two), NOW - 4 * HOUR)
    settled(store, prod, whole(one), NOW - 3 * HOUR)
    with store.begin() as db:
        data = {"deployment": "v7", "commit": "abc"}
        events.tell(
            db, [Event(at=NOW - 2 * HOUR, what=Happening.DEPLOYED, environment=prod, by="ci", data=data)]
        )
    settled(store, prod, whole(two, seen("cors-closed")), NOW - HOUR)
    with store.read() as db:
        found = changes(db, SERVICE, since=NOW - 3 * HOUR, now=NOW)
    assert [(c.what, c.control, c.findings) for c in found.changed] == [
        (Happening.FINDING_REGRESSED, "store-password", 1),
        (Happening.FINDING_NEW, "cors-closed", 1),
        (Happening.FINDING_FIXED, "hsts-sent", 1),
    ]
    assert found.counts[Happening.FINDING_NEW] == 1 and not found.more
    (deployed,) = found.deployed
    assert (deployed.name, deployed.commit, deployed.by, deployed.environment.id) == ("v7", "abc", "ci", prod)
    assert all(change.after == deployed for change in found.changed)
    with store.read() as db:
        assert changes(db, SERVICE, since=NOW, now=NOW).changed == ()
        first = changes(db, SERVICE, since=NOW - 5 * HOUR, now=NOW)
        assert first.counts[Happening.FINDING_NEW] == 3
        before = [change for change in first.changed if change.at < NOW - 2 * HOUR]
        assert len(before) == 3 and all(change.after is None for change in before)


def test_places_of_one_cause_are_one_change(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, whole(*(seen(pointer=f"server[{n}]") for n in range(30))), NOW - HOUR)
    with store.read() as db:
        (one,) = changes(db, SERVICE, since=NOW - DAY, now=NOW).changed
    assert (one.findings, one.what) == (30, Happening.FINDING_NEW)


def test_it_looks_back_a_month_at_most(store: Database) -> None:
    prod = environment(store)
    settled(store, prod, whole(seen("hsts-sent")), NOW - LONGEST - HOUR)
    settled(store, prod, whole(seen("hsts-sent"), seen("cors-closed")), NOW - LONGEST + HOUR)
    with store.read() as db:
        found = changes(db, SERVICE, since=0, now=NOW)
    assert found.since == NOW - LONGEST
    assert [change.control for change in found.changed] == ["cors-closed"]
