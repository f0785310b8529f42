"""Sequences of values: JSON lines, JSON text sequences (RFC 7464) and event streams."""

from __future__ import annotations

from batten.contract.strict_json import strict_json
from batten.guard.content.unreadable import Unreadable

MOST_ITEMS = 50_000


def lines(body: bytes) -> list[object]:
    """One JSON value a line; the last line may have no end. Raises ValueError."""
    rows = body.split(b"\n")
    if rows[-1] == b"":
        rows.pop()
    return _values(rows)


def records(body: bytes) -> list[object]:
    """Each value follows a record separator. Raises ValueError."""
    before, *rows = body.split(b"\x1e")
    if before or not rows:
        raise Unreadable("it does not start with a record separator")
    if any(not row.endswith(b"\n") for row in rows):
        raise Unreadable("a record is truncated")  # RFC 7464, 2.4
    return _values(rows)


def _values(rows: list[bytes]) -> list[object]:
    if len(rows) > MOST_ITEMS:
        raise Unreadable(f"it has more than {MOST_ITEMS} items")
    return [strict_json(row) for row in rows]


def events(body: bytes) -> list[object]:
    """Events as objects of their fields (HTML standard, 9.2.6; OpenAPI 3.2, 4.14.4). What no reader knows is
    left out by all of them. Raises Unreadable."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    made: list[object] = []
    blocks = text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n")
    if len(blocks) > MOST_ITEMS:
        raise Unreadable(f"it has more than {MOST_ITEMS} items")
    for block in blocks:
        event: dict[str, object] = {}
        data: list[str] = []
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                data.append(value)
            elif name in ("event", "id"):
                event[name] = value
            elif name == "retry" and value.isascii() and value.isdigit() and len(value) < 16:
                event[name] = int(value)
        if data:
            event["data"] = "\n".join(data)
        if event:
            made.append(event)
    return made
