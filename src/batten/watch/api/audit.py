"""The audit log over the API."""

from __future__ import annotations

from sqlalchemy import Connection

from batten.watch.api import may, paging
from batten.watch.api.asked import Asked, Reply
from batten.watch.api.wire import shown
from batten.watch.model import Role
from batten.watch.store import audit
from batten.watch.store.audit import Head


def list_audit(db: Connection, asked: Asked) -> Reply:
    """One page of the log, the newest first."""
    may.everything(asked, Role.ADMIN)
    most, before = paging.limit(asked), paging.after(asked)
    found = audit.every(db, asked.caller, before, most + 1)
    page, following = paging.page(found, most, lambda one: (one.id,))
    return Reply(body=shown("AuditPage", items=page, next=following))


def verify_audit(db: Connection, asked: Asked) -> Reply:
    """Whether the log is whole, and holds an earlier head if one is given."""
    may.everything(asked, Role.ADMIN)
    number, _, digest = asked.text("anchor").partition(":")
    found = audit.verify(db, Head(int(number), digest) if digest else None)
    broken = None if found is None else shown("AuditBreak", entry=found.id, why=found.why)
    return Reply(body=shown("AuditVerification", whole=found is None, head=audit.head(db), broken=broken))
