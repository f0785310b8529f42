"""The audit: what people and programs did, in a chain of digests that shows what was changed or left out.

A row's digest is SHA-256 over the digest of the row before and the row in one canonical spelling. Who can write to the database
without the service can compute a new chain, so its head is kept elsewhere now and then (`head`, `verify(…, anchor)`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, insert, select, true

from batten.model.record import record
from batten.watch.model import Caller, Role
from batten.watch.store.locks import Lock, alone
from batten.watch.store.rows import as_json, by_name
from batten.watch.store.tables import audit
from batten.watch.store.visible import within

_LONGEST = 2_000  # characters of one text
_BATCH = 5_000


@record(kw_only=True)
class Entry:
    """One act: who did what to what. `environment` is 0 where it concerns none."""

    id: int
    at: int
    by: str
    action: str
    subject: str = ""
    environment: int = 0
    data: Mapping[str, str]
    previous: str = ""
    digest: str = ""


@record
class Head:
    """The newest row of the chain: who kept it can show later that none of the rows up to it was changed or removed."""

    id: int
    digest: str

    def __str__(self) -> str:
        return f"{self.id}:{self.digest}"


@record
class Broken:
    """The first row of the chain that is not what was written, and why."""

    id: int
    why: str


def append(
    db: Connection,
    at: int,
    by: Caller | str,
    action: str,
    subject: str = "",
    environment: int = 0,
    data: Mapping[str, str] | None = None,
) -> Head:
    """Write one act in the transaction of the act itself, as its last statement: on PostgreSQL the chain is locked from here
    to the end of the transaction. Texts are cut to 2,000 characters; they must hold no secret."""
    alone(db, Lock.AUDIT)
    before = head(db)
    one = Entry(
        id=before.id + 1, at=at, by=_storable(by if isinstance(by, str) else by.name), action=action,
        subject=_storable(subject), environment=environment,
        data={_storable(k): _storable(v) for k, v in sorted((data or {}).items())}, previous=before.digest,
    )  # fmt: skip
    digest = _digest(one)
    db.execute(
        insert(audit).values(
            id=one.id, at=at, by=one.by, action=action, subject=one.subject, environment=environment,
            data=as_json(one.data), previous=one.previous, digest=digest,
        )
    )  # fmt: skip
    return Head(one.id, digest)


def head(db: Connection) -> Head:
    """The newest row; number 0 with no digest where there is none."""
    row = db.execute(select(audit.c.id, audit.c.digest).order_by(audit.c.id.desc()).limit(1)).first()
    return Head(row.id, row.digest) if row is not None else Head(0, "")


def verify(db: Connection, anchor: Head | None = None) -> Broken | None:
    """The first row that does not follow from the ones before; None where the chain is whole, and holds the anchor if one is given."""
    last = Head(0, "")
    for entry in _all(db):
        if entry.id != last.id + 1:
            return Broken(last.id + 1, "it is missing")
        if entry.previous != last.digest:
            return Broken(entry.id, "it does not follow the row before it")
        if entry.digest != _digest(entry):
            return Broken(entry.id, "it was changed")
        last = Head(entry.id, entry.digest)
        if anchor is not None and anchor.id == entry.id and anchor.digest != entry.digest:
            return Broken(entry.id, "it is not the row that was anchored")
    if anchor is not None and anchor.id > last.id:
        return Broken(last.id + 1, f"it is missing, and so are all up to row {anchor.id}, which was anchored")
    return None


def every(db: Connection, caller: Caller, before: int = 0, most: int = 100) -> list[Entry]:
    """Acts that the caller may see, newest first, those before a row if one is given: all of them for administrators of
    everything, those on their environments for other administrators."""
    earlier = audit.c.id < before if before else true()
    if any(g.role is Role.ADMIN and not g.team and not g.environment for g in caller.grants):
        visible: ColumnElement[bool] = true()
    else:
        visible = within(audit.c.environment, caller, Role.ADMIN)
    rows = db.execute(select(audit).where(earlier, visible).order_by(audit.c.id.desc()).limit(most))
    return [_entry(row) for row in rows]


def _storable(given: str) -> str:
    """What both databases keep as it is: valid UTF-8 without the character 0, bounded."""
    return given[:_LONGEST].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _all(db: Connection) -> Iterator[Entry]:
    last = -1
    while rows := db.execute(
        select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_BATCH)
    ).fetchall():
        yield from (_entry(row) for row in rows)
        last = rows[-1].id


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id, at=row.at, by=row.by, action=row.action, subject=row.subject, environment=row.environment,
        data=by_name(row.data), previous=row.previous, digest=row.digest,
    )  # fmt: skip


def _digest(one: Entry) -> str:
    said = [one.id, one.at, one.by, one.action, one.subject, one.environment, sorted(one.data.items())]
    return hashlib.sha256(one.previous.encode() + b"\n" + msgspec.json.encode(said)).hexdigest()
