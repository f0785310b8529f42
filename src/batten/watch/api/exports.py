"""Findings as a file, streamed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from batten.watch.api import filters
from batten.watch.api.asked import Asked, Reply
from batten.watch.store.questions import exports
from batten.watch.store.questions.exports import Format
from batten.watch.store.questions.filters import Filter


def export_findings(db: Connection, asked: Asked) -> Reply:
    """Those that the query selects; the guard lets octets pass as they come."""
    format, which = Format(asked.text("format")), filters.wanted(asked)
    headers = {"Content-Disposition": f'attachment; filename="findings.{format.value}"'}
    pieces = _pieces(asked, which, format)
    return Reply(stream=pieces, headers=headers, media_type="application/octet-stream")


def _pieces(asked: Asked, which: Filter, format: Format) -> Iterator[bytes]:
    """In a transaction of its own, which lasts as long as the client reads."""
    with asked.watch.database.read() as db:
        for piece in exports.exported(db, asked.caller, which, format=format, now=asked.now):
            yield piece.encode()
