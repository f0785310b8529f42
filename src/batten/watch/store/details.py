"""Evidence, advice and fixes of findings, by the digest of their text: many lives share one."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from sqlalchemy import Connection, select

from batten.watch.store.dialects import insert
from batten.watch.store.tables import detail

_LONGEST = 4 << 20  # bytes of one; a restored backup may hold what unpacks to more


def keep(db: Connection, bodies: Mapping[str, bytes]) -> None:
    """Write details by their digests; those that are there stay as they are."""
    rows = [{"digest": digest, "body": zlib.compress(body, 6)} for digest, body in sorted(bodies.items())]
    if rows:
        db.execute(insert(db, detail).on_conflict_do_nothing(), rows)


def body_of(db: Connection, digest: str) -> bytes:
    """The detail of a digest; b"" where there is none."""
    packed = db.execute(select(detail.c.body).where(detail.c.digest == digest)).scalar()
    return zlib.decompressobj().decompress(packed, _LONGEST) if packed is not None else b""
