"""Users, sessions and tokens in both databases."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from batten.watch.access import accounts, passwords
from batten.watch.access.accounts import AccessProblem
from batten.watch.access.callers import Known, by_session, by_token
from batten.watch.access.login import Entered, Refused, Tried, change_password, log_in, log_out
from batten.watch.model import DAY, MINUTE, SERVICE, Caller, Grant, Role, Token, User
from batten.watch.store import audit, tokens, users
from batten.watch.store.database import Database

PASSWORD = "correct horse battery"
HASH = passwords.hashed(PASSWORD)
ADMIN = Grant(Role.ADMIN)


def added(database: Database, name: str, *grants: Grant) -> User:
    with database.begin() as db:
        number = users.add(db, User(name=name, hash=HASH, created=0))
        for grant in grants:
            users.allow(db, number, grant)
        user = users.find(db, number)
        assert user is not None
        return user


def entered(database: Database, name: str, password: str = PASSWORD, now: int = 0) -> str:
    done = log_in(database, Tried(name=name, password=password, address="192.0.2.1"), now)
    assert isinstance(done, Entered)
    return done.session


def known(database: Database, session: str, now: int = 1) -> Known:
    found = by_session(database, session, now)
    assert found is not None
    return found


def test_one_of_two_services_that_start_together_makes_the_administrator(store: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: accounts.first_admin(store, 0), range(2)))
    assert sorted(map(bool, made)) == [False, True]
    with store.read() as db:
        assert [u.name for u in users.every(db)] == ["admin"] and users.every(db)[0].must_change


def test_the_life_of_a_session(store: Database) -> None:
    ada = added(store, "ada", ADMIN)
    first, second = entered(store, "ada"), entered(store, "ada")
    assert known(store, first).caller == Caller(name="ada", user=ada.id, grants=(ADMIN,))
    assert known(store, first).csrf != known(store, second).csrf
    log_out(store, known(store, first), 2)
    assert by_session(store, first, 3) is None and by_session(store, second, 3) is not None
    third = entered(store, "ada")
    log_out(store, known(store, third), 4, everywhere=True)
    assert by_session(store, second, 5) is by_session(store, third, 5) is None


def test_a_new_password_ends_the_other_sessions(store: Database) -> None:
    added(store, "ada")
    here, there = entered(store, "ada"), entered(store, "ada")
    done = change_password(store, known(store, here), PASSWORD, "another horse battery", 2)
    assert isinstance(done, Entered)
    assert by_session(store, here, 3) is by_session(store, there, 3) is None
    assert known(store, done.session).caller.name == "ada"
    entered(store, "ada", "another horse battery")


def test_the_present_password_is_not_guessed_in_a_session_that_was_left_open(store: Database) -> None:
    added(store, "ada")
    one = known(store, entered(store, "ada"))
    said = [change_password(store, one, "wrong", "another horse battery", 2) for _ in range(6)]
    assert said[4] == "the current password is not right" and "try again in 1 seconds" in str(said[5])


def test_the_life_of_a_token(store: Database) -> None:
    ada = added(store, "ada", ADMIN)
    by = Caller(name="ada", user=ada.id, grants=(ADMIN,))
    wanted = Token(name="ci", user=ada.id, scopes=("read", "run"), expires=DAY)
    with store.begin() as db:
        sent = accounts.create_token(db, by, wanted, 0)
        (kept,) = tokens.every(db, ada.id)
    assert sent not in repr(kept) and sent.startswith(kept.hint)
    found = by_token(store, sent, 10 * MINUTE)
    assert found is not None and found.caller.scopes == {"read", "run"} and found.caller.token == kept.id
    assert found.caller.grants == (Grant(Role.OPERATOR),)

    def used() -> int | None:
        with store.read() as db:
            one = tokens.one(db, kept.id)
            assert one is not None
            return one.used

    assert used() == 10 * MINUTE
    by_token(store, sent, 11 * MINUTE)
    assert used() == 10 * MINUTE  # not written at each use
    assert by_token(store, sent, DAY) is None
    with store.begin() as db:
        accounts.revoke_token(db, by, kept, 0)
    assert by_token(store, sent, 1) is None


def test_a_disabled_owners_token_is_refused(store: Database) -> None:
    ada, _ = added(store, "ada", ADMIN), added(store, "eve", ADMIN)
    with store.begin() as db:
        sent = accounts.create_token(db, SERVICE, Token(name="ci", user=ada.id, scopes=("read",)), 0)
        accounts.disable(db, SERVICE, ada, 0)
    assert by_token(store, sent, 1) is None


def test_an_administrator_stays(store: Database) -> None:
    ada, eve = added(store, "ada", ADMIN), added(store, "eve", Grant(Role.ADMIN, team=1))
    acts: list[Callable[[], None]] = []
    with store.begin() as db:
        acts = [
            lambda: accounts.disable(db, SERVICE, ada, 0),
            lambda: accounts.revoke(db, SERVICE, ada, ADMIN, 0),
            lambda: accounts.grant(db, SERVICE, ada, Grant(Role.VIEWER), 0),
        ]
        for act in acts:
            with pytest.raises(AccessProblem, match="last administrator"), db.begin_nested():
                act()
        accounts.grant(db, SERVICE, eve, ADMIN, 0)
        accounts.disable(db, SERVICE, ada, 0)
    with store.read() as db:
        assert users.administrators(db) == 1 and audit.verify(db) is None


@pytest.mark.parametrize(
    "wanted",
    [
        Token(name="", user=1, scopes=("read",)),
        Token(name="a\nb", user=1, scopes=("read",)),
        Token(name="a" * 65, user=1, scopes=("read",)),
        Token(name="ci", user=1),
        Token(name="ci", user=1, scopes=("read", "everything")),
        Token(name="ci", user=1, scopes=("read",), expires=5),
    ],
)
def test_a_token_says_what_it_is_for(store: Database, wanted: Token) -> None:
    with store.begin() as db, pytest.raises(AccessProblem):
        accounts.create_token(db, SERVICE, wanted, 10)


@pytest.mark.parametrize("name", ["a\0b", "\0", "", "ß" * 500, "'; --", "\N{RIGHT-TO-LEFT OVERRIDE}"])
def test_any_name_is_unknown(store: Database, name: str) -> None:
    assert log_in(store, Tried(name=name, password="\0", address="\0"), 0) == Refused()


def test_an_unknown_name_costs_what_a_known_one_costs(store: Database) -> None:
    added(store, "ada")

    def spent(name: str) -> float:
        start = time.process_time()
        log_in(store, Tried(name=name, password="wrong", address="192.0.2.1"), 0)
        return time.process_time() - start

    passwords.matches("", "x")  # what is made once
    known_name, unknown = (min(spent(name) for _ in range(3)) for name in ("ada", "eve"))
    assert 0.4 < known_name / unknown < 2.5


def test_a_hash_of_yesterday_is_renewed(store: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with store.begin() as db:
        users.add(db, User(name="ada", hash=weak, created=0))
    entered(store, "ada")
    with store.read() as db:
        user = users.named(db, "ada")
        assert user is not None and user.hash.startswith("$argon2id$v=19$m=19456")
    assert "argon2" not in repr(user)
