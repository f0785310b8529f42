"""The service's log on stderr: lines for people, or one JSON object a line. Secrets are masked before anything is written."""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime

import msgspec

from batten.masking import masked

_LONGEST = 8_000  # characters of a message


def configure(form: str) -> None:
    """Log to stderr, as `text` or `json`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines() if form == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.raiseExceptions = False  # a log that cannot be written stops nothing


def _said(record: logging.LogRecord) -> str:
    told = record.getMessage()
    if record.exc_info and record.exc_info[0] is not None:
        told += "\n" + "".join(traceback.format_exception(*record.exc_info))
    return masked(told[:_LONGEST])


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return f"{when} {record.levelname} {record.name}: {ascii(_said(record))[1:-1]}"


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        row = {
            "time": when,
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _said(record),
        }
        return msgspec.json.encode(row).decode()
