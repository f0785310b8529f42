"""Rows to nouns and back: JSON texts and enumerations have one spelling in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec


def as_json(value: Mapping[str, str] | Iterable[str]) -> str:
    """Texts by name, or a list of texts; nothing is ""."""
    kept = dict(value) if isinstance(value, Mapping) else list(value)
    return msgspec.json.encode(kept).decode() if kept else ""


def texts(kept: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(kept, type=list[str])) if kept else ()


def by_name(kept: str) -> dict[str, str]:
    return msgspec.json.decode(kept, type=dict[str, str]) if kept else {}
