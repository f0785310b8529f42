"""Problem documents (RFC 9457), all of one size: the size of a refusal tells nothing of its cause."""

from __future__ import annotations

import json
from http import HTTPStatus

SIZE = 512  # bytes
MEDIA_TYPE = b"application/problem+json"


def document(status: int, title: str = "", reference: str = "", detail: str = "") -> bytes:
    """Members are those that every schema of a problem knows; trailing blanks mean nothing (RFC 8259)."""
    shown = detail[:300]
    while True:
        told = " ".join(part for part in (shown, f"Reference: {reference}." if reference else "") if part)
        members = {"type": "about:blank", "title": title or phrase(status), "status": status, "detail": told}
        body = json.dumps(members, separators=(",", ":")).encode("ascii")
        if len(body) <= SIZE:
            return body.ljust(SIZE)
        shown = shown[: len(shown) // 2]  # what is not ASCII takes six bytes a character


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error" if status >= 400 else "Answer"
