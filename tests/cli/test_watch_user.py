"""Users and the audit log of `batten watch`, administered from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from batten.cli import main
from batten.watch.access.accounts import first_admin
from batten.watch.access.callers import by_token
from batten.watch.access.login import Entered, Tried, log_in
from batten.watch.model import Grant, Role
from batten.watch.store import users
from batten.watch.store.database import Database, in_folder, now
from batten.watch.store.schema import prepare
from watch_stores import environment


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = in_folder(tmp_path)
    prepare(made)
    first_admin(made, now())
    return made


def watch(database: Database, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["watch", *words, "--data", str(database.engine.url.database)[: -len("/watch.db")]]
    )


def grants(database: Database, name: str) -> tuple[Grant, ...]:
    with database.read() as db:
        user = users.named(db, name)
        assert user is not None
        return users.grants(db, user.id)


def test_a_user_is_added_and_logs_in(database: Database) -> None:
    added = watch(database, "user", "add", "ada", "--role", "operator")
    assert added.exit_code == 0
    tried = Tried(name="ada", password=added.stdout.strip(), address="")
    done = log_in(database, tried, now())
    assert isinstance(done, Entered) and done.must_change
    assert watch(database, "user", "disable", "ada").exit_code == 0
    assert not isinstance(log_in(database, tried, now()), Entered)
    assert "ada  disabled  operator of everything" in watch(database, "user", "list").stdout
    assert watch(database, "user", "enable", "ada").exit_code == 0
    reset = watch(database, "user", "reset", "ada").stdout.strip()
    assert isinstance(log_in(database, Tried(name="ada", password=reset, address=""), now()), Entered)


def test_roles_are_over_what_is_named(database: Database) -> None:
    number = environment(database)
    watch(database, "user", "add", "ada", "--role", "viewer", "--environment", "orders/prod")
    assert grants(database, "ada") == (Grant(Role.VIEWER, environment=number),)
    watch(database, "user", "grant", "ada", "--role", "operator", "--team", "shop")
    assert set(grants(database, "ada")) == {
        Grant(Role.VIEWER, environment=number),
        Grant(Role.OPERATOR, team=1),
    }
    listed = watch(database, "user", "list").stdout
    assert "viewer of orders/prod" in listed and "operator of the team shop" in listed
    watch(database, "user", "revoke", "ada", "--team", "shop")
    assert grants(database, "ada") == (Grant(Role.VIEWER, environment=number),)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "admin", "--role", "viewer"), "there is a user admin already"),
        (("add", "a/b", "--role", "viewer"), "a user's name has"),
        (("add", "ada", "--role", "viewer", "--team", "nobodys"), "there is no team nobodys"),
        (("add", "ada", "--role", "viewer", "--environment", "x/y"), "0 environments are called x/y"),
        (("grant", "eve", "--role", "viewer"), "there is no user eve"),
        (("grant", "admin", "--role", "viewer"), "the last administrator"),
        (("revoke", "admin"), "the last administrator"),
        (("revoke", "admin", "--team", "shop"), "there is no team"),
        (("disable", "admin"), "the last administrator"),
        (("token", "admin", "", "--scope", "read"), "a token's name has"),
    ],
)
def test_what_cannot_be_is_said(database: Database, words: tuple[str, ...], said: str) -> None:
    done = watch(database, "user", *words)
    assert done.exit_code == 2 and said in done.stderr
    assert grants(database, "admin") == (Grant(Role.ADMIN),)


def test_a_token_is_bound(database: Database) -> None:
    number = environment(database)
    made = watch(
        database,
        "user",
        "token",
        "admin",
        "ci",
        "--scope",
        "push",
        "--environment",
        "orders/prod",
        "--days",
        "1",
    )
    known = by_token(database, made.stdout.strip(), now())
    assert known is not None and known.caller.name == "admin/ci"
    assert known.caller.grants == (Grant(Role.OPERATOR, environment=number),)
    assert by_token(database, made.stdout.strip(), now() + 86_400_001) is None


def test_the_audit_log_is_shown_and_verified(database: Database) -> None:
    watch(database, "user", "add", "ada", "--role", "viewer")
    shown = watch(database, "audit").stdout.splitlines()
    assert "command line  user-added  ada" in shown[0] and "batten watch  user-added  admin" in shown[1]
    head = watch(database, "audit", "--head").stdout.strip()
    assert watch(database, "audit", "--anchor", head).stdout == "the audit log is whole: 2 rows\n"
    broken = watch(database, "audit", "--anchor", f"7:{head[2:]}")
    assert broken.exit_code == 1 and "row 3" in broken.stdout
    assert watch(database, "audit", "--anchor", "x").exit_code == 2


def test_a_folder_without_a_service_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["watch", "user", "list", "--data", str(tmp_path / "none")])
    assert done.exit_code == 2 and "has no database" in done.stderr
    assert not (tmp_path / "none").exists()
