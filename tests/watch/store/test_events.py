"""Events are read in their order, and none is missed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event as Signal

import pytest

from batten.watch.model import SERVICE, Event, Happening
from batten.watch.store import events
from batten.watch.store.database import Database

DEPLOYED = Event(at=1, what=Happening.DEPLOYED)
WRITERS, EACH = 4, 25


def test_a_transaction_that_ends_late_has_later_events(store: Database) -> None:
    with store.begin() as late:
        if store.fleet:
            events.tell(late, [DEPLOYED])
            with store.begin() as soon:
                events.tell(soon, [DEPLOYED])
            with store.read() as db:
                (first,) = events.after(db, SERVICE, 0)
        else:  # it has the file for itself
            first = DEPLOYED
            events.tell(late, [DEPLOYED])
    with store.read() as db:
        assert len(events.after(db, SERVICE, first.id)) == 1


def test_a_reader_misses_none(store: Database) -> None:
    """However many write at once, and however their transactions overlap."""
    done = Signal()

    def write(_: int) -> None:
        for _ in range(EACH):
            with store.begin() as db:
                events.tell(db, [DEPLOYED, DEPLOYED])

    def read() -> list[int]:
        seen: list[int] = []
        while True:
            ended = done.is_set()
            with store.read() as db:
                more = [one.id for one in events.after(db, SERVICE, seen[-1] if seen else 0)]
            seen += more
            if ended and not more:
                return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        try:
            list(pool.map(write, range(WRITERS)))
        finally:
            done.set()
        assert len(reader.result()) == 2 * WRITERS * EACH


def test_what_did_not_happen_is_not_told(store: Database) -> None:
    with pytest.raises(LookupError), store.begin() as db:
        events.tell(db, [DEPLOYED])
        raise LookupError
    with store.begin() as db:
        pass
    with store.read() as db:
        assert events.last(db) == 0
