"""Addresses of lists: filters, order and place are in the query, so each view of a list is a link."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request

_LONGEST = 200  # characters of one value


def with_query(request: Request, **changed: object) -> str:
    """The page's own address with some of its query changed; "" or None takes a key away, and a new view begins at its start."""
    kept = {k: v[:_LONGEST] for k, v in request.query_params.items() if k not in ("after", *changed)}
    kept |= {k: str(v) for k, v in changed.items() if v not in ("", None)}
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def asked(request: Request, name: str) -> str:
    """One value of the query, bounded; "" where it is not there."""
    return request.query_params.get(name, "").strip()[:_LONGEST]


def number(request: Request, name: str) -> int:
    """One whole number of the query; 0 where it is not there or is not one."""
    text = asked(request, name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
