"""Where alerts may connect to: public addresses, and networks that the operator named (`live/addresses.py`). Names are resolved once, here, and the
connection goes to the address that was checked, so that a name which resolves otherwise a moment later leads nowhere else."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from batten.live.addresses import Addresses

logger = logging.getLogger("batten.watch.alerts")
_CLOSED = (
    "{host} does not resolve to an address that alerts may be sent to: a public one, or one of a network that the service was started "
    "with (`--alert-network`)"
)
_MOST = 65_536  # bytes of an answer


class Undelivered(Exception):
    """A message was not delivered; the sentence says why, without secrets. `final` is True where trying again is no use."""

    def __init__(self, sentence: str, final: bool = False) -> None:
        super().__init__(sentence)
        self.final = final


def checked(host: str, port: int, allowed: Addresses) -> list[str]:
    """The addresses of a host, which all may be connected to. Raises Undelivered where there is none, or one of them is not to be
    reached; which it is, and whether the name resolves at all, is told in the log alone."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Undelivered(_CLOSED.format(host=host)) from None
    texts = list(dict.fromkeys(str(row[4][0]) for row in found))
    for text in texts:
        if not allowed.permits(text):
            logger.info("%s resolves to %s, which alerts may not be sent to", ascii(host), text)
            raise Undelivered(_CLOSED.format(host=host), final=True)
    return texts


class Backend(httpcore.NetworkBackend):
    """The sockets of httpx, to checked addresses only."""

    def __init__(self, allowed: Addresses) -> None:
        self._allowed = allowed
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in checked(host, port, self._allowed):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                last = error
        raise last or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("a channel is not a unix socket")


class _Transport(httpx.HTTPTransport):
    def __init__(self, allowed: Addresses) -> None:
        super().__init__()
        context = httpx.create_ssl_context()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=Backend(allowed), max_connections=4
        )


def client(allowed: Addresses, seconds: float = 10.0) -> httpx.Client:
    """An HTTP client that reaches checked addresses only, follows no redirect, and believes no proxy of the environment."""
    return httpx.Client(
        transport=_Transport(allowed), timeout=seconds, follow_redirects=False, trust_env=False,
        headers={"User-Agent": "batten-watch"},
    )  # fmt: skip


def post(to: httpx.Client, url: str, content: bytes, headers: dict[str, str]) -> bytes:
    """Post JSON; returns the beginning of the answer. Raises Undelivered for all but 2xx."""
    try:
        with to.stream(
            "POST", url, content=content, headers={"Content-Type": "application/json", **headers}
        ) as answer:
            body = b"".join(_bounded(answer))
            status = answer.status_code
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise Undelivered("its address is not a URL of https:// or http://", final=True) from None
    except httpx.HTTPError as error:
        raise Undelivered(f"it cannot be reached: {type(error).__name__}") from None
    if 200 <= status < 300:
        return body
    # What was sent is at fault; asking again is no use, except where it was asked too often.
    raise Undelivered(
        f"it answered with status {status}", final=400 <= status < 500 and status not in (408, 425, 429)
    )


def _bounded(answer: httpx.Response) -> Iterable[bytes]:
    size = 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > _MOST:
            return
        yield part
