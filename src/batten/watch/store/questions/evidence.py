"""What is kept of findings beside their sentences."""

from __future__ import annotations

import zlib

import msgspec
from sqlalchemy import Connection

from batten.watch.ledger.details import Detail, unpacked
from batten.watch.store.details import body_of


def detail_of(db: Connection, digest: str) -> Detail:
    """The detail of that digest; an empty one where it is not kept any more, or is not what batten wrote."""
    try:
        body = body_of(db, digest) if digest else b""
        return unpacked(body) if body else Detail()
    except (msgspec.MsgspecError, zlib.error):
        return Detail()
