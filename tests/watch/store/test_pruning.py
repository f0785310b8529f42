"""What goes with time, and what stays."""

from __future__ import annotations

import pytest
from sqlalchemy import Table, func, insert, select

from batten.watch.model import DAY, SERVICE, Event, Happening, Why
from batten.watch.store import events, pruning, runs, settings
from batten.watch.store.database import Database
from batten.watch.store.pruning import Pruned, prune
from batten.watch.store.runs import Result
from batten.watch.store.tables import channel, detail, event, life, outbox
from watch_stores import environment

NOW = 1000 * DAY


def assessed(database: Database, number: int, at: int) -> int:
    """The id of a run that ended then."""
    with database.begin() as db:
        held = runs.begin(db, number, Why.SCHEDULE, "", at, 60, "w")
        assert held is not None and runs.finish(db, held, at, Result())
        return held.id


def count(database: Database, table: Table) -> int:
    with database.read() as db:
        return db.execute(select(func.count()).select_from(table)).scalar() or 0


def test_old_runs_and_events_go(store: Database) -> None:
    number, quiet = environment(store), environment(store, "quiet")
    old, last = assessed(store, number, NOW - 101 * DAY), assessed(store, number, NOW - 99 * DAY)
    only = assessed(store, quiet, NOW - 500 * DAY)
    with store.begin() as db:
        kept = Event(at=NOW - 99 * DAY, what=Happening.FINDING_NEW, environment=number)
        events.tell(db, [kept, Event(at=NOW - 101 * DAY, what=Happening.FINDING_NEW, environment=number)])
    found = prune(store, 100, NOW)
    assert (found.runs, found.events, found.messages) == (1, 10, 0)
    with store.read() as db:
        assert {r.id for r in runs.every(db, SERVICE)} == {last, only} and runs.find(db, SERVICE, old) is None
        assert [e.what for e in events.after(db, SERVICE, 0)] == [Happening.FINDING_NEW]
    assert prune(store, 100, NOW) == Pruned(runs=0, events=0, messages=0, details=0)


def test_routine_events_go_sooner_than_others(store: Database) -> None:
    number = environment(store)
    assessed(store, number, NOW - 8 * DAY)
    assessed(store, number, NOW - 6 * DAY)
    assert prune(store, 100, NOW).events == 3
    assert prune(store, 100, NOW + 2 * DAY).events == 3 and count(store, event) == 0


def test_many_go_in_short_transactions(store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "_BATCH", 10)
    with store.begin() as db:
        events.tell(db, [Event(at=at, what=Happening.DEPLOYED) for at in range(95)])
    assert prune(store, 100, NOW).events == 95


def test_messages_that_were_sent_go(store: Database) -> None:
    with store.begin() as db:
        one = db.execute(insert(channel).values(name="a", created=0)).inserted_primary_key
        assert one is not None
        for key, sent in (("a", NOW - 200 * DAY), ("b", NOW), ("c", None)):
            db.execute(insert(outbox).values(channel=one[0], key=key, created=0, due=0, sent=sent))
    assert prune(store, 100, NOW).messages == 1 and count(store, outbox) == 2


def test_details_without_a_finding_go_once_a_day(store: Database) -> None:
    number = environment(store)
    with store.begin() as db:
        db.execute(insert(detail), [{"digest": d, "body": b"x"} for d in ("used", "unused")])
        row = {"environment": number, "side": "declared", "fingerprint": "f", "detail": "used", "severity": 1}
        db.execute(insert(life).values(**row, counts=True, opened=1, since=1))
    assert prune(store, 100, NOW).details == 1
    with store.begin() as db:
        assert db.execute(select(detail.c.digest)).scalars().all() == ["used"]
        db.execute(insert(detail).values(digest="later", body=b"x"))
    assert prune(store, 100, NOW + DAY - 1).details == 0 and prune(store, 100, NOW + DAY).details == 1


def test_a_setting_is_what_was_written_last(store: Database) -> None:
    with store.begin() as db:
        assert settings.read(db, "a") == ""
        settings.write(db, "a", "1")
        settings.write(db, "a", "2")
        assert settings.read(db, "a") == "2"
