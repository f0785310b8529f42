"""What a running server tells and takes over the socket that batten gave it."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from batten.guard.engine.programs import Engine

_SECONDS = 1.0
_MOST = 65_536


def _stat(name: bytes) -> bytes:
    return b"GET /stats?filter=^http\\.api\\.%b$ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % name


_ASKED = {
    Engine.NGINX: (b"GET /status HTTP/1.0\r\n\r\n", re.compile(rb"Active connections: (\d+)")),
    Engine.ENVOY: (_stat(b"downstream_cx_active"), re.compile(rb"downstream_cx_active: (\d+)")),
    Engine.HAPROXY: (b"show info\n", re.compile(rb"CurrConns: (\d+)")),
}


def connections(engine: Engine, control: Path) -> int | None:
    """Open connections of clients; None where the server tells nothing."""
    asked, pattern = _ASKED[engine]
    found = pattern.search(_told(control, asked))
    if found is None:
        return None
    return max(0, int(found[1]) - (engine is Engine.NGINX))  # nginx counts the one that asks


def drain_envoy(control: Path) -> None:
    """Answers tell clients to close, and then its listeners close."""
    for query in (b"?graceful", b""):
        head = (
            b"POST /drain_listeners%b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        _told(control, head % query)


def envoy_is_busy(control: Path) -> bool:
    """Whether a request is in progress."""
    found = re.search(rb"downstream_rq_active: (\d+)", _told(control, _stat(b"downstream_rq_active")))
    return found is not None and int(found[1]) > 0


def _told(control: Path, asked: bytes) -> bytes:
    told = b""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(_SECONDS)
            link.connect(str(control))
            link.sendall(asked)
            while len(told) < _MOST and (piece := link.recv(_MOST)):
                told += piece
    except OSError:
        pass
    return told
