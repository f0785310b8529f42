"""Stores that speak HTTP: which of HTTP and HTTPS a port speaks, and answers as JSON."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Generator

from batten.live.exchange import (
    Answer,
    Headers,
    NotAnswered,
    OtherProduct,
    Question,
    Request,
    Response,
    Unreachable,
    ask,
)
from batten.live.stores.door import Door

Fetched = Generator[Question, Answer, Response]
Found = Generator[Question, Answer, tuple[Door, Response]]

_WANTS_TLS = (
    "HTTP request to an HTTPS",
    "plain HTTP request was sent to HTTPS",
    "This combination of host and port",
)
REFUSED = (401, 403)


def fetch(door: Door, path: str, headers: Headers = (), method: str = "GET", body: bytes = b"") -> Fetched:
    """One request without the environment's credentials. A POST must be a query by its product's documentation."""
    url = f"{'https' if door.tls else 'http'}://{door.place}{door.base}{path}"
    return (yield from ask(Request(method, url, headers, body, anonymous=True, reads=method == "POST")))


def first(door: Door, path: str) -> Found:
    """The answer to the first question, and the door with what was learnt of TLS there."""
    if door.tls is not None:
        return door, (yield from fetch(door, path))
    plain = door.with_tls(False)
    try:
        response = yield from fetch(plain, path)
    except Unreachable:
        raise
    except NotAnswered as error:
        secure = door.with_tls(True)
        try:
            return secure, (yield from fetch(secure, path))
        except NotAnswered as second:
            raise (error if str(second).startswith("TLS failed") else second) from error
    if wants_tls(response):
        secure = door.with_tls(True)
        return secure, (yield from fetch(secure, path))
    return plain, response


def wants_tls(response: Response) -> bool:
    """Servers with TLS say so in their answer to plain HTTP."""
    return response.status == 400 and any(words in response.text[:2000] for words in _WANTS_TLS)


def document(response: Response) -> dict[str, object]:
    """The JSON object of an answer, {} when it is none."""
    try:
        told = json.loads(response.text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def items(response: Response) -> list[object] | None:
    """The JSON array of an answer, None when it is none."""
    try:
        told = json.loads(response.text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, list) else None


def text_at(told: object, *keys: str) -> str:
    """The text at a path of keys, "" when there is none."""
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told if isinstance(told, str) else ""


def basic(user: str, password: str) -> Headers:
    return (("Authorization", f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"),)


def other(what: str) -> OtherProduct:
    return OtherProduct(f"the server is not {what}")


def unclear(what: str, response: Response) -> NotAnswered:
    return NotAnswered(f"{what} answered {response.status}; whether it requires a login is unknown")
