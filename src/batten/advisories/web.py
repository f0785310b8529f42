"""HTTP for advisories: over TLS that is verified, without redirects, within bounds of bytes and of time.

An answer of 429 or 503 is waited for as long as it says (RFC 9110, Retry-After), within the time that the whole run has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from urllib import request as http
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from batten import __version__
from batten.model.record import record

SECONDS = 30.0  # without a byte of an answer
WAITS = (1.0, 4.0, 15.0)  # seconds between attempts, where the answer does not say how long
LONGEST_WAIT = 60.0
PIECE = 1 << 16
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))


class Unavailable(Exception):
    """What was asked for did not come: the sentence says why."""

    def __init__(self, said: str, status: int = 0) -> None:
        super().__init__(said)
        self.status = status


@record
class Said:
    """The head of an answer."""

    status: int
    tag: str  # ETag, where it is a strong one


def _opener() -> http.OpenerDirector:
    """One that follows no redirect, and uses the proxies of the environment."""
    made = http.OpenerDirector()
    for handler in (
        http.ProxyHandler,
        http.UnknownHandler,
        http.HTTPHandler,
        http.HTTPSHandler,
        http.HTTPDefaultErrorHandler,
        http.HTTPErrorProcessor,
    ):
        made.add_handler(handler())
    return made


@dataclass(slots=True)
class Web:
    """Requests below one address, which end when the run's time is over. Every method raises Unavailable."""

    url: str
    seconds: float  # for all requests together
    pause: Callable[[float], None] = time.sleep
    _opener: http.OpenerDirector = field(default_factory=_opener)
    _end: float = 0.0

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def get(self, path: str, most: int) -> bytes:
        """The body of an answer of at most so many bytes."""
        return self._bytes(http.Request(self.url + path, headers=_HEADERS), most)

    def post(self, path: str, body: bytes, most: int) -> bytes:
        """The body of the answer to JSON."""
        headers = {**_HEADERS, "Content-Type": "application/json"}
        return self._bytes(http.Request(self.url + path, body, headers, method="POST"), most)

    @contextmanager
    def pieces(self, path: str, have: int = 0, tag: str = "") -> Iterator[tuple[Said, Iterator[bytes]]]:
        """An answer piece by piece; what follows the first `have` bytes, if it is still what had this tag."""
        more = {"Range": f"bytes={have}-", "If-Range": tag} if have and tag else {}
        asked = http.Request(self.url + path, headers={**_HEADERS, **more})
        with self._answered(asked) as answer:
            strong = answer.headers.get("ETag") or ""
            yield (
                Said(answer.status, "" if strong.startswith("W/") else strong),
                self._read(answer, asked.full_url),
            )

    def _bytes(self, asked: http.Request, most: int) -> bytes:
        parts, size = [], 0
        with self._answered(asked) as answer:
            for part in self._read(answer, asked.full_url):
                size += len(part)
                if size > most:
                    raise Unavailable(f"{asked.full_url} has more than {most >> 20} MiB")
                parts.append(part)
        return b"".join(parts)

    def _read(self, answer: HTTPResponse, url: str) -> Iterator[bytes]:
        try:
            while part := answer.read(PIECE):
                self._left()
                yield part
            if answer.length:  # `read` with a size is silent about an end that came too early
                raise Unavailable(f"{url}: the connection failed: it ended {answer.length:,} bytes too early")
        except (OSError, HTTPException) as error:
            raise Unavailable(
                f"{url}: the connection failed: {str(error) or type(error).__name__}"
            ) from error

    def _answered(self, asked: http.Request) -> HTTPResponse:
        """The answer, with the attempts that it may take."""
        for wait in (*WAITS, None):
            try:
                answer: HTTPResponse = self._opener.open(asked, timeout=min(SECONDS, self._left()))
                return answer
            except HTTPError as error:
                with error:
                    if error.code not in _AGAIN or wait is None:
                        raise Unavailable(_said(asked.full_url, error.code), error.code) from error
                    wait = _asked_for(error.headers.get("Retry-After"), wait)
            except (URLError, OSError, HTTPException) as error:
                if wait is None or _in_vain(error):
                    reason = getattr(error, "reason", None) or error
                    why = f"the connection failed: {str(reason) or type(reason).__name__}"
                    raise Unavailable(f"{asked.full_url}: {why}") from error
            self.pause(min(wait, self._left()))
        raise AssertionError("the last attempt ends")

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unavailable(f"{self.url}: the time for it, {self.seconds:.0f} s, is over")
        return left


_HEADERS = {
    "User-Agent": f"batten/{__version__}",
    "Accept": "application/json, */*;q=0.5",
    "Accept-Encoding": "identity",
}


def address(url: str) -> str:
    """An address as requests are made below it. Raises ValueError with what is wrong with it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise ValueError("is not the address of a service")
    if parts.username is not None:
        raise ValueError("has a user name in it")
    if parts.scheme == "http":
        try:
            is_loopback = ip_address(host).is_loopback
        except ValueError:
            is_loopback = host == "localhost"
        if not is_loopback:
            raise ValueError("is not encrypted")
    return url.rstrip("/")


def _asked_for(header: str | None, usual: float) -> float:
    """The seconds to wait that an answer names: a number, or a date."""
    text = (header or "").strip()
    if text.isdecimal() and len(text) < 9:
        return min(float(text), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return usual
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, min((until - datetime.now(UTC)).total_seconds(), LONGEST_WAIT))


def _said(url: str, status: int) -> str:
    if 300 <= status < 400:
        return f"{url} redirects (HTTP {status}); use the address that it redirects to"
    return f"{url} answers with HTTP {status}"


def _in_vain(error: Exception) -> bool:
    """Whether another attempt would fail in the same way: names, ports and certificates do not change in seconds."""
    reason = getattr(error, "reason", error)
    return not isinstance(reason, (ConnectionResetError, BrokenPipeError, TimeoutError, HTTPException))
