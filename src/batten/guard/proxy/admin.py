"""Health and metrics, on an address of their own: never the one that clients reach."""

from __future__ import annotations

import ipaddress
import json
import socket

from batten.guard.options import GuardProblem
from batten.guard.proxy.meter import READY, Meters, exposition
from batten.guard.proxy.settings import Address

_SECONDS = 0.5  # for one who asks
_AT_ONCE = 8  # answered before the workers are looked after again


class Admin:
    """Raises GuardProblem for an address that others can reach."""

    def __init__(self, where: Address, meters: Meters) -> None:
        if not _is_loopback(where.host):
            raise GuardProblem(f"--admin {where} is not a loopback address; choose 127.0.0.1 or [::1]")
        self._meters = meters
        family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        try:
            self._listener = socket.create_server((where.host, where.port), family=family)
        except OSError as error:
            raise GuardProblem(
                f"cannot listen on {where}: {error.strerror}; choose another --admin"
            ) from error
        self._listener.setblocking(False)

    def serve(self, alive: int, stopping: bool) -> None:
        """Answer the client that waits."""
        for _ in range(_AT_ONCE):
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            with link:
                try:
                    link.settimeout(_SECONDS)
                    link.sendall(self._answer(link.recv(4_096), alive, stopping))
                except OSError:
                    continue

    def _answer(self, request: bytes, alive: int, stopping: bool) -> bytes:
        verb, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0]
        if verb != b"GET":
            return _answer(405, "text/plain", "")
        if path == b"/metrics":
            text = exposition(self._meters.sums(), alive)
            return _answer(200, "text/plain; version=0.0.4; charset=utf-8", text)
        if path == b"/health":
            ready = self._meters.sums()[READY]
            fit = bool(ready and alive and not stopping)
            state = {"status": "ok" if fit else "stopping" if stopping else "starting", "workers": alive}
            return _answer(200 if fit else 503, "application/json", json.dumps(state))
        return _answer(404, "text/plain", "")


def _answer(status: int, media_type: str, text: str) -> bytes:
    body = text.encode()
    return (
        f"HTTP/1.1 {status} \r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    ).encode() + body


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
