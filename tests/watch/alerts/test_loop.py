"""From events in the database to what a receiver gets: once, in order, kept while it cannot be delivered, told again while it stands."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from batten.live.addresses import networks
from batten.model import Severity
from batten.watch import secrets
from batten.watch.alerts.loop import once
from batten.watch.model import DAY, HOUR, MINUTE, Channel, ChannelKind, Event, Happening, WaiverState
from batten.watch.settings import Settings, Watch
from batten.watch.store import channels, events
from batten.watch.store.database import Database
from batten.watch.store.tables import life, outbox, waiver
from watch_stores import environment, sqlite

T = 1_800_000_000_000


class Receiver(BaseHTTPRequestHandler):
    got: list[Any]
    answers: list[int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.got.append(
                (self.headers["webhook-id"], [(a["topic"], a["environment"]) for a in body["alerts"]])
            )
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[Any], list[int]]]:
    got: list[Any] = []
    answers: list[int] = []
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), type("R", (Receiver,), {"got": got, "answers": answers})
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", got, answers
        server.shutdown()


class Estate:
    """A service with one environment and one channel."""

    def __init__(self, folder: Path, url: str, database: Database | None = None, **more: Any) -> None:
        secrets.keep(folder, "ALERT_SIGNS", "whsec_" + "a" * 44)
        self.watch = Watch(
            database or sqlite(folder), Settings(folder=folder, alert_networks=networks(["127.0.0.1"]))
        )
        self.number = environment(self.watch.database)
        self.channel = Channel(
            name="hook", kind=ChannelKind.WEBHOOK, settings={"url": url, "secret": "${ALERT_SIGNS}"}, severity=Severity.MEDIUM, created=T, **more,
        )  # fmt: skip
        with self.watch.database.begin() as db:
            self.channel = replace(self.channel, id=channels.add(db, self.channel))

    def finding(
        self, fingerprint: str, cause: str, severity: Severity = Severity.HIGH, counts: bool = True
    ) -> int:
        with self.watch.database.begin() as db:
            row = {
                "environment": self.number, "side": "observed", "fingerprint": fingerprint, "control": "hsts-sent", "case": "absent",
                "severity": int(severity), "message": "no HSTS", "place": "https://a", "cause": cause, "counts": counts, "value": "v",
                "state": "open", "opened": T, "since": T,
            }  # fmt: skip
            key = db.execute(insert(life).values(**row)).inserted_primary_key
            assert key is not None
            return int(key[0])

    def told(self, what: Happening, number: int = 0, at: int = T, state: str = "") -> None:
        with self.watch.database.begin() as db:
            if state:
                db.execute(update(life).where(life.c.id == number).values(state=state))
            events.tell(db, [Event(at=at, what=what, environment=self.number, life=number)])

    def run(self, at: int) -> int:
        return once(self.watch, at)


def test_a_run_is_one_message_and_nothing_is_told_twice(tmp_path: Path, receiver: Any) -> None:
    url, got, _ = receiver
    estate = Estate(tmp_path, url)
    for fingerprint, cause in (("a", "one"), ("b", "one"), ("c", "two")):
        estate.told(Happening.FINDING_NEW, estate.finding(fingerprint, cause))
    low = estate.finding("d", "low", Severity.LOW)
    apart = estate.finding("e", "apart", counts=False)
    estate.told(Happening.FINDING_NEW, low)
    estate.told(Happening.FINDING_NEW, apart)
    assert estate.run(T + 10_000) == 0  # others may belong to them
    assert estate.run(T + MINUTE) == 1 and estate.run(T + 2 * MINUTE) == 0
    assert [alerts for _, alerts in got] == [[("new finding", "orders/prod")] * 2]


def test_an_event_that_is_dated_later_than_the_next_is_not_missed(tmp_path: Path, receiver: Any) -> None:
    """Times are of when a transaction began, and of many clocks; ids are in the order of their ends."""
    url, got, _ = receiver
    estate = Estate(tmp_path, url)
    estate.told(Happening.FINDING_NEW, estate.finding("a", "one"), T + 35_000)
    estate.told(Happening.FINDING_NEW, estate.finding("b", "two"), T)
    assert estate.run(T + 40_000) == 0
    assert estate.run(T + 2 * MINUTE) == 1
    estate.told(Happening.FINDING_NEW, estate.finding("c", "three"), T + DAY)  # a clock that is ahead
    assert estate.run(T + 3 * MINUTE) == 1
    assert [len(alerts) for _, alerts in got] == [2, 1]


def test_services_on_one_database_send_a_message_once(store: Database, tmp_path: Path, receiver: Any) -> None:
    url, got, _ = receiver
    estate = Estate(tmp_path, url, store)
    for number in range(3):
        estate.told(Happening.FINDING_NEW, estate.finding(f"f{number}", f"cause {number}"), T)
        together = threading.Barrier(4)

        def run(_: int, together: threading.Barrier = together, number: int = number) -> int:
            together.wait()
            return estate.run(T + (number + 1) * MINUTE)

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(run, range(4))) <= 1
        estate.run(T + (number + 1) * MINUTE + 1)
    assert [len(alerts) for _, alerts in got] == [1, 1, 1]


def test_the_end_is_told_when_the_last_place_is_fixed(tmp_path: Path, receiver: Any) -> None:
    url, got, _ = receiver
    estate = Estate(tmp_path, url)
    first, second = estate.finding("a", "one"), estate.finding("b", "one")
    estate.told(Happening.FINDING_NEW, first)
    estate.run(T + MINUTE)
    estate.told(Happening.FINDING_FIXED, first, T + HOUR, "fixed")
    assert estate.run(T + HOUR + MINUTE) == 0
    estate.told(Happening.FINDING_FIXED, second, T + 2 * HOUR, "fixed")
    assert estate.run(T + 2 * HOUR + MINUTE) == 1
    assert [alerts[0][0] for _, alerts in got] == ["new finding", "fixed"]


def test_what_cannot_be_delivered_is_kept_with_its_id(tmp_path: Path, receiver: Any) -> None:
    url, got, answers = receiver
    estate = Estate(tmp_path, url)
    estate.told(Happening.FINDING_NEW, estate.finding("a", "one"))
    answers += [500, 503]
    assert estate.run(T + MINUTE) == 0
    with estate.watch.database.read() as db:
        known = channels.find(db, estate.channel.id)
        assert known is not None and known.error == "it answered with status 500"
    assert estate.run(T + 2 * MINUTE) == 0 and estate.run(T + 2 * MINUTE + 1) == 0
    assert estate.run(T + 5 * MINUTE) == 1 and len(got) == 1
    with estate.watch.database.read() as db:
        known = channels.find(db, estate.channel.id)
        assert known is not None and known.error == "" and channels.backlog(db) == 0


def test_what_is_refused_is_not_tried_again(tmp_path: Path, receiver: Any) -> None:
    url, _, answers = receiver
    estate = Estate(tmp_path, url)
    estate.told(Happening.FINDING_NEW, estate.finding("a", "one"))
    answers += [404]
    estate.run(T + MINUTE)
    with estate.watch.database.read() as db:
        assert channels.backlog(db) == 0
        assert db.execute(select(outbox.c.error)).scalar() == "it answered with status 404"


def test_quiet_hours_keep_all_but_what_is_critical(tmp_path: Path, receiver: Any) -> None:
    url, got, _ = receiver
    estate = Estate(tmp_path, url, quiet="00:00-23:45")
    estate.told(Happening.FINDING_NEW, estate.finding("a", "one"))
    estate.told(Happening.FINDING_NEW, estate.finding("b", "two", Severity.CRITICAL))
    assert estate.run(T + MINUTE) == 1 and len(got) == 1
    assert estate.run(T + DAY) == 1 and len(got) == 2


def test_what_stands_is_told_again(tmp_path: Path, receiver: Any) -> None:
    url, got, _ = receiver
    estate = Estate(tmp_path, url, again=DAY)
    number = estate.finding("a", "one")
    estate.told(Happening.FINDING_NEW, number)
    estate.run(T + MINUTE)
    assert estate.run(T + HOUR) == 0 and estate.run(T + DAY + 2 * MINUTE) == 1
    assert estate.run(T + DAY + 3 * MINUTE) == 0
    estate.told(Happening.FINDING_FIXED, number, T + DAY + HOUR, "fixed")
    estate.run(T + DAY + 2 * HOUR)
    assert estate.run(T + 3 * DAY) == 0
    assert [alerts[0][0] for _, alerts in got] == ["new finding", "still open", "fixed"]


def test_what_is_waived_is_not_told(tmp_path: Path, receiver: Any) -> None:
    url, _, _ = receiver
    estate = Estate(tmp_path, url)
    number = estate.finding("a", "one")
    with estate.watch.database.begin() as db:
        row = {
            "environment": estate.number,
            "side": "observed",
            "fingerprint": "a",
            "value": "v",
            "until": T + DAY,
            "created": T,
        }
        db.execute(insert(waiver).values(**row, state=WaiverState.ACTIVE.value))
    estate.told(Happening.FINDING_NEW, number)
    assert estate.run(T + MINUTE) == 0


def test_a_channel_hears_of_its_environments_and_of_what_is_new(tmp_path: Path, receiver: Any) -> None:
    url, _, _ = receiver
    estate = Estate(tmp_path, url, environment=99)
    estate.told(Happening.OVERDUE)
    assert estate.run(T + MINUTE) == 0
    with estate.watch.database.begin() as db:
        late = channels.add(db, replace(estate.channel, name="late", environment=0))
    assert estate.run(T + 2 * MINUTE) == 0  # what happened before it was there
    estate.told(Happening.ON_TIME, at=T + HOUR)
    estate.told(Happening.OVERDUE, at=T + 2 * HOUR)
    assert estate.run(T + 3 * HOUR) == 1
    with estate.watch.database.begin() as db:
        channels.remove(db, late)
        assert channels.backlog(db) == 0
