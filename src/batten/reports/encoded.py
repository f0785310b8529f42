"""JSON text of a report, the same bytes for the same report."""

from __future__ import annotations

import msgspec


def encoded(report: object) -> str:
    """Indented JSON with a final line feed. Half characters (of undecodable file names) are escaped."""
    try:
        text = msgspec.json.encode(report)
    except UnicodeEncodeError:
        text = msgspec.json.encode(_whole(msgspec.to_builtins(report)))
    text = msgspec.json.format(text, indent=2)  # reports of hundreds of targets are large: two copies at most
    text += b"\n"
    return text.decode()


def _whole(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {str(_whole(k)): _whole(v) for k, v in value.items()}
        case list() | tuple():
            return [_whole(v) for v in value]
        case _:
            return value
