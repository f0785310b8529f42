"""The audit log over the API."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from batten.watch.api import may, paging, wire
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import Label, Line
from batten.watch.model import Role
from batten.watch.store import audit
from batten.watch.store.audit import Head


class Entry(msgspec.Struct, frozen=True):
    id: int
    at: datetime
    by: Line
    action: Label
    subject: Line
    environment: int
    data: dict[Line, Line]
    digest: Label


class AuditPage(msgspec.Struct, frozen=True):
    items: list[Entry]
    next: str | None


class Break(msgspec.Struct, frozen=True):
    entry: int
    why: str


class Verification(msgspec.Struct, frozen=True):
    whole: bool
    head: str
    broken: Break | None


def list_audit(db: Connection, asked: Asked) -> Reply:
    """One page of the log, the newest first."""
    may.everything(asked, Role.ADMIN)
    most, before = paging.limit(asked), paging.after(asked)
    found = audit.every(db, asked.caller, before, most + 1)
    page, following = paging.page(found, most, lambda one: (one.id,))
    return Reply(body=AuditPage([wire.shown(Entry, one) for one in page], following))


def verify_audit(db: Connection, asked: Asked) -> Reply:
    """Whether the log is whole, and holds an earlier head if one is given."""
    may.everything(asked, Role.ADMIN)
    number, _, digest = asked.text("anchor").partition(":")
    found = audit.verify(db, Head(int(number), digest) if digest else None)
    broken = None if found is None else Break(found.id, found.why)
    return Reply(body=Verification(found is None, str(audit.head(db)), broken))
