"""How long one waits after log-ins that failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from batten.watch.access import passwords, throttle
from batten.watch.access.login import Entered, Refused, Tried, log_in
from batten.watch.access.throttle import Kind, wait
from batten.watch.model import DAY, HOUR, MINUTE, SECOND, User
from batten.watch.store import users
from batten.watch.store.database import Database
from watch_stores import sqlite

PASSWORD = "correct horse battery"
HASH = passwords.hashed(PASSWORD)


def with_ada(database: Database) -> Database:
    with database.begin() as db:
        users.add(db, User(name="ada", hash=HASH, created=0))
    return database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return with_ada(sqlite(tmp_path))


def tried(database: Database, now: int, password: str = "wrong", **other: str) -> Entered | Refused:
    given = {"name": "ada", "address": "192.0.2.1", **other}
    return log_in(database, Tried(password=password, **given), now)


def test_waits_double_up_to_a_bound() -> None:
    waits = [wait(Kind.NAME, n) for n in range(4, 9)]
    assert waits == [0, SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert wait(Kind.NAME, 10**9) == 15 * MINUTE and wait(Kind.ADDRESS, 29) == 0


def test_a_guesser_waits_and_the_right_password_does_not_help(database: Database) -> None:
    assert [tried(database, 0) for _ in range(5)] == [Refused()] * 5
    assert tried(database, 0, PASSWORD) == Refused(SECOND) == tried(database, 0, PASSWORD, name="ADA")
    assert isinstance(tried(database, SECOND, PASSWORD), Entered)
    assert tried(database, SECOND) == Refused()  # counting begins again


def test_unknown_names_wait_alike(database: Database) -> None:
    assert [tried(database, 0, name="eve") for _ in range(6)] == [Refused()] * 5 + [Refused(SECOND)]


def test_who_logged_in_before_is_not_kept_out_by_others(database: Database) -> None:
    known = tried(database, 0, PASSWORD)
    assert isinstance(known, Entered)
    for turn in range(40):
        tried(database, turn * HOUR // 60, address="198.51.100.9")
    refused = tried(database, 39 * MINUTE, PASSWORD)
    assert isinstance(refused, Refused) and refused.wait
    assert isinstance(tried(database, 39 * MINUTE, PASSWORD, device=known.device), Entered)
    assert isinstance(tried(database, 39 * MINUTE, PASSWORD, device=known.device[:-1] + "!"), Refused)


def test_an_address_guesses_many_names_no_faster(database: Database) -> None:
    answers = [tried(database, 0, name=f"user{n}") for n in range(40)]
    assert answers[:30] == [Refused()] * 30 and all(isinstance(a, Refused) and a.wait for a in answers[30:])
    assert isinstance(tried(database, 0, PASSWORD, address="192.0.2.2"), Entered)


def test_one_site_of_ipv6_is_one_address() -> None:
    first, second, other = (throttle.of_address(f"2001:db8:0:{n}") for n in ("1::1", "1:ffff::2", "2::1"))
    assert first == second != other
    assert throttle.of_address("::ffff:192.0.2.1") == throttle.of_address("192.0.2.1")


def test_a_crowd_is_counted_one_by_one(store: Database) -> None:
    database = with_ada(store)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: tried(database, 0, address=f"192.0.2.{n}"), range(12)))
    assert answers.count(Refused()) == 5


def test_a_clock_that_is_set_back_locks_nobody_out(database: Database) -> None:
    for _ in range(6):
        tried(database, 100 * DAY)
    refused = tried(database, 0, PASSWORD)
    assert isinstance(refused, Refused) and 0 < refused.wait <= 15 * MINUTE
