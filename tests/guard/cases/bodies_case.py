"""How cases of bodies are written: what is posted, and what becomes of it."""

from __future__ import annotations

from cases.case import Case, posted

PROBLEM = (b"content-type: application/problem+json\r\n", b"content-length: 512\r\n")


def taken(name: str, target: str, body: bytes, media_type: str, *headers: str) -> Case:
    """It reaches the application, byte by byte."""
    sent = posted(_line(target), body, f"Content-Type: {media_type}", *headers)
    return Case(f"taken: {name}", sent, (204,), got=(body,))


def bad(name: str, target: str, body: bytes, media_type: str, *headers: str) -> Case:
    """The body is not what the contract declares."""
    sent = posted(_line(target), body, f"Content-Type: {media_type}", *headers)
    return Case(f"bad: {name}", sent, (400,), 0, closes=True, shows=PROBLEM)


def unfit(name: str, target: str, body: bytes, *headers: str) -> Case:
    """Its media type is not the declared one, or cannot be read in one way."""
    return Case(
        f"unfit: {name}", posted(_line(target), body, *headers), (415,), 0, closes=True, shows=PROBLEM
    )


def _line(target: str) -> str:
    method = "PATCH" if target == "merge" else "POST"
    return f"{method} /v1/bodies/{target}"
