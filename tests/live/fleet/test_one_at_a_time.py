"""Servers that take one connection at a time: what they speak is recognised, and what was not asked of a port is said."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from live_servers import authority, certificate, write_pem

from batten.engine.fleet import Order, assess_fleet
from batten.live.fleet.discovery import Sweep
from batten.live.fleet.listeners import listening
from batten.policy import Environment, Policy
from waiting import BOUND


@contextmanager
def _alone(pem: tuple[str, str], answers: bytes, keeps: bool) -> Iterator[int]:
    """A server that shakes hands and answers before it takes the next connection, as Python's http.server over TLS does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pem)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.settimeout(BOUND)
            with suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as wrapped:
                while wrapped.recv(65_536) and answers:
                    wrapped.sendall(answers)
                    if not keeps:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    first, second = write_pem(tmp_path_factory.mktemp("pem"), certificate(authority()))
    return str(first), str(second)


@pytest.mark.parametrize("keeps", [False, True])
def test_https_on_one_connection_at_a_time(pem: tuple[str, str], keeps: bool) -> None:
    with _alone(pem, _ANSWER, keeps) as port:
        (found,) = asyncio.run(listening([("127.0.0.1", "127.0.0.1", port)]))
    assert found.kind == "https"


def test_a_port_with_tls_alone_says_what_was_not_asked(pem: tuple[str, str], tmp_path: Path) -> None:
    with _alone(pem, b"", False) as port:
        sweep = Sweep({"127.0.0.1": (port,)})
        outcome = assess_fleet(
            tmp_path, Policy(), Order(sweep=sweep, bare=Environment("", "")), lambda _: None
        )
    (environment,) = outcome.environments
    assert environment.name == f"tls://127.0.0.1:{port}"
    assert ["HTTP and log-ins" in problem.message for problem in environment.not_assessed] == [True]
