"""Log in and out, and change one's password."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from batten.model.record import record
from batten.watch.access import passwords, throttle
from batten.watch.access.callers import IDLE, LASTS, Known
from batten.watch.access.ids import digest, random_id
from batten.watch.model import Session, User
from batten.watch.store import audit, sessions, users
from batten.watch.store.database import Database

_LONGEST_NAME = 200


@record(kw_only=True)
class Tried:
    """What came with a log-in: from the form, the connection and the browser's cookies."""

    name: str
    password: str
    address: str
    device: str = ""
    session: str = ""  # that the browser has; it ends


@record(kw_only=True)
class Entered:
    """A new session: its id and what is remembered of the browser, both for cookies."""

    session: str
    device: str
    must_change: bool


@record
class Refused:
    """Not logged in. It is the same for a wrong password, an unknown name, and a user who is disabled; `wait` is in
    milliseconds, 0 for a log-in that may be tried again at once."""

    wait: int = 0


def log_in(database: Database, tried: Tried, now: int) -> Entered | Refused:
    """A new session for a name and its password."""
    name = tried.name[:_LONGEST_NAME]
    with database.begin() as db:
        user = users.named(db, name)
        by = throttle.of_device(user, tried.device) or throttle.of_name(name)
        subjects = [by, throttle.of_address(tried.address)]
        if wait := throttle.admitted(db, subjects, now):
            return Refused(wait)
    right = passwords.matches(user.hash if user is not None else "", tried.password)
    with database.begin() as db:
        if not right or user is None or user.disabled:
            known = user.name if user is not None else ""  # what was typed instead may be a password
            audit.append(db, now, "", "log-in-failed", known, data={"address": tried.address})
            return Refused()
        throttle.succeeded(db, subjects, now)
        if passwords.outdated(user.hash):
            user = replace(user, hash=passwords.hashed(tried.password))
            users.change(db, user)
        if tried.session:
            sessions.end(db, digest(tried.session))
        sent = begin_session(db, user, now)
        audit.append(db, now, user.name, "log-in", data={"address": tried.address})
        return Entered(session=sent, device=throttle.device(user), must_change=user.must_change)


def begin_session(db: Connection, user: User, now: int) -> str:
    """The id of a new session, always a new one: an id that was planted before the log-in is worth nothing."""
    sessions.prune(db, now, IDLE)
    sent = random_id()
    one = Session(user=user.id, csrf=random_id(), created=now, seen=now, expires=now + LASTS)
    sessions.add(db, digest(sent), one)
    users.saw(db, user.id, now)
    return sent


def log_out(database: Database, known: Known, now: int, everywhere: bool = False) -> None:
    """End the session, or all of the user's."""
    with database.begin() as db:
        if everywhere:
            sessions.end_all(db, known.caller.user)
        else:
            sessions.end(db, known.session)
        audit.append(db, now, known.caller, "log-out-everywhere" if everywhere else "log-out")


def change_password(database: Database, known: Known, old: str, new: str, now: int) -> Entered | str:
    """A new password for the caller: all sessions end, and a new one begins; a sentence where it cannot be."""
    subject = throttle.Kind.DEVICE.of(f"change {known.caller.user}")
    with database.begin() as db:
        user = users.find(db, known.caller.user)
        if wait := throttle.admitted(db, [subject], now):
            return f"too many attempts; try again in {seconds(wait)} seconds"
    if user is None or not passwords.matches(user.hash, old):
        return "the current password is not right"
    if said := passwords.problem(new, user.name) or ("the password is the current one" if new == old else ""):
        return said
    changed = replace(user, hash=passwords.hashed(new), must_change=False)
    with database.begin() as db:
        throttle.succeeded(db, [subject], now)
        users.change(db, changed)
        sessions.end_all(db, user.id)
        sent = begin_session(db, changed, now)
        audit.append(db, now, known.caller, "password-changed", user.name)
    return Entered(session=sent, device=throttle.device(changed), must_change=False)


def seconds(wait: int) -> int:
    """Milliseconds as whole seconds, none of them too short."""
    return -(-wait // 1_000)
