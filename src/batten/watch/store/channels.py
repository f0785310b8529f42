"""Channels, what each was told and still holds, and the messages that wait to be sent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from batten.model import Severity
from batten.model.record import record
from batten.watch.model import Channel, ChannelKind
from batten.watch.store.rows import as_json, by_name
from batten.watch.store.tables import channel, event, outbox, told


@record
class Message:
    """A message on its way: JSON of what it says (`alerts/notices.py`), how often it was tried."""

    id: int
    channel: int
    body: str
    attempts: int
    created: int
    due: int


@record
class Held:
    """What a channel was told of a subject and holds: since when, when last, and what it was told."""

    subject: str
    at: int
    first: int
    body: str


def add(db: Connection, one: Channel) -> int:
    """A new channel, which is told what happens from now on. Raises IntegrityError where the name is taken."""
    newest = db.execute(select(func.max(event.c.id))).scalar() or 0
    key = db.execute(
        insert(channel).values(**_columns(one), created=one.created, read=newest)
    ).inserted_primary_key
    assert key is not None
    return int(key[0])


def change(db: Connection, one: Channel) -> None:
    db.execute(update(channel).where(channel.c.id == one.id).values(**_columns(one)))


def remove(db: Connection, number: int) -> None:
    """Remove a channel, and what waits to be sent to it."""
    db.execute(delete(channel).where(channel.c.id == number))


def find(db: Connection, number: int, locked: bool = False) -> Channel | None:
    """One channel; `locked`: nobody else changes it until the transaction ends."""
    wanted = select(channel).where(channel.c.id == number)
    row = db.execute(wanted.with_for_update() if locked else wanted).first()
    return _channel(row) if row is not None else None


def alone(db: Connection, number: int) -> Channel | None:
    """A channel as it is now; until the transaction ends no other process makes messages for it."""
    row = db.execute(select(channel).where(channel.c.id == number).with_for_update()).first()
    return _channel(row) if row is not None else None


def every(db: Connection) -> list[Channel]:
    return [_channel(row) for row in db.execute(select(channel).order_by(channel.c.name))]


def has_read(db: Connection, number: int, newest: int) -> None:
    """Note up to which event a channel's messages were made."""
    db.execute(update(channel).where(channel.c.id == number).values(read=newest))


def failed(db: Connection, number: int, error: str) -> None:
    """Note why the last message could not be delivered; "" when it was."""
    db.execute(update(channel).where(channel.c.id == number, channel.c.error != error).values(error=error))


def held(db: Connection, number: int) -> dict[str, Held]:
    rows = db.execute(select(told).where(told.c.channel == number))
    return {row.subject: Held(row.subject, row.at, row.first, row.body) for row in rows}


def hold(db: Connection, number: int, subject: str, body: str, now: int) -> None:
    """Note that a channel was told of a subject."""
    where = (told.c.channel == number, told.c.subject == subject)
    if not db.execute(update(told).where(*where).values(at=now, body=body)).rowcount:
        db.execute(insert(told).values(channel=number, subject=subject, at=now, first=now, body=body))


def let_go(db: Connection, number: int, subjects: Iterable[str]) -> None:
    db.execute(delete(told).where(told.c.channel == number, told.c.subject.in_(list(subjects))))


def post(db: Connection, number: int, key: str, body: str, now: int, due: int) -> bool:
    """Put a message into the outbox; False where one with this key was put there before."""
    try:
        with db.begin_nested():
            db.execute(insert(outbox).values(channel=number, key=key, body=body, created=now, due=due))
    except IntegrityError:
        return False
    return True


def waiting(db: Connection, now: int, most: int = 50) -> list[Message]:
    """Messages that are due, the oldest first."""
    condition = (outbox.c.sent.is_(None), outbox.c.due <= now)
    rows = db.execute(select(outbox).where(*condition).order_by(outbox.c.due, outbox.c.id).limit(most))
    return [Message(row.id, row.channel, row.body, row.attempts, row.created, row.due) for row in rows]


def take(db: Connection, one: Message, until: int) -> bool:
    """Whether the message is the caller's to send; no other process tries it before `until`, when it is due again."""
    mine = update(outbox).where(outbox.c.id == one.id, outbox.c.due == one.due, outbox.c.sent.is_(None))
    return db.execute(mine.values(due=until)).rowcount == 1


def sent(db: Connection, number: int, now: int) -> None:
    db.execute(update(outbox).where(outbox.c.id == number).values(sent=now, error=""))


def put_off(db: Connection, number: int, until: int, error: str) -> None:
    """Try a message again later."""
    row = {"due": until, "attempts": outbox.c.attempts + 1, "error": error}
    db.execute(update(outbox).where(outbox.c.id == number).values(**row))


def give_up(db: Connection, number: int, now: int, error: str) -> None:
    db.execute(update(outbox).where(outbox.c.id == number).values(sent=now, error=error))


def backlog(db: Connection) -> int:
    """How many messages wait."""
    return db.execute(select(func.count()).select_from(outbox).where(outbox.c.sent.is_(None))).scalar() or 0


def _channel(row: Row[Any]) -> Channel:
    return Channel(
        id=row.id, name=row.name, kind=ChannelKind(row.kind), settings=by_name(row.settings), severity=Severity(row.severity),
        team=row.team, environment=row.environment, quiet=row.quiet, again=row.again, disabled=row.disabled,
        created=row.created, read=row.read, error=row.error,
    )  # fmt: skip


def _columns(one: Channel) -> dict[str, object]:
    return {
        "name": one.name, "kind": one.kind.value, "settings": as_json(one.settings), "severity": int(one.severity),
        "team": one.team, "environment": one.environment, "quiet": one.quiet, "again": one.again, "disabled": one.disabled,
    }  # fmt: skip
