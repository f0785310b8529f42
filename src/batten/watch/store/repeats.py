"""Requests that clients may send again, and what was answered the first time; kept for a day."""

from __future__ import annotations

from hashlib import sha256

from sqlalchemy import Connection, delete, select, update

from batten.model.record import record
from batten.watch.model import DAY, Caller
from batten.watch.store.dialects import insert
from batten.watch.store.rows import as_json, by_name
from batten.watch.store.tables import repeat


@record(kw_only=True)
class Answer:
    """What was answered; `request` is the digest of what was asked. Status 0: the answer is not to be had again."""

    request: str
    status: int = 0
    headers: dict[str, str]
    body: bytes = b""


def named(caller: Caller, operation: str, key: str) -> str:
    """Who asks what under which key, as one digest."""
    return sha256("\0".join((str(caller.user), str(caller.token), operation, key)).encode()).hexdigest()


def begin(db: Connection, name: str, request: str, now: int) -> Answer | None:
    """None where the request is new, which is noted; else what was answered then. Waits for another transaction that
    answers the same request."""
    db.execute(delete(repeat).where(repeat.c.at < now - DAY))
    new = insert(db, repeat).values(digest=name, request=request, at=now, body=b"").on_conflict_do_nothing()
    if not db.execute(new.returning(repeat.c.digest)).first():
        row = db.execute(select(repeat).where(repeat.c.digest == name)).one()
        return Answer(request=row.request, status=row.status, headers=by_name(row.headers), body=row.body)
    return None


def keep(db: Connection, name: str, answer: Answer) -> None:
    """Note what is answered to a request that was begun in the same transaction."""
    written = {"status": answer.status, "headers": as_json(answer.headers), "body": answer.body}
    db.execute(update(repeat).where(repeat.c.digest == name).values(**written))
