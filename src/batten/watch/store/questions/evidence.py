"""What is kept of findings beside their sentences."""

from __future__ import annotations

import zlib

import msgspec
from sqlalchemy import Connection, select

from batten.watch.ledger.details import Detail, unpacked
from batten.watch.store.tables import detail

_MOST = 4_000_000  # characters of one detail; what is larger is not what batten wrote


def detail_of(db: Connection, digest: str) -> Detail:
    """The detail of that digest; an empty one where it is not kept any more."""
    body = db.execute(select(detail.c.body).where(detail.c.digest == digest)).scalar() if digest else None
    if body is None:
        return Detail()
    try:
        return unpacked(_plain(bytes(body)))
    except (msgspec.MsgspecError, zlib.error):
        return Detail()


def _plain(body: bytes) -> bytes:
    return body if body[:1] == b"{" else zlib.decompressobj().decompress(body, _MOST)
