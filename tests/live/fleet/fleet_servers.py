"""Servers at several addresses of the loopback network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from waiting import until


@contextmanager
def listening(address: str, port: int = 0) -> Iterator[int]:
    """A port that takes connections and says nothing."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family, backlog=200) as server:
        yield int(server.getsockname()[1])


@contextmanager
def filtered(address: str) -> Iterator[int]:
    """A port that answers no connection, as one behind a firewall: its queue is full and nothing accepts."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind((address, 0))
        server.listen(0)
        port = int(server.getsockname()[1])

        def full() -> bool:
            one = stack.enter_context(socket.socket())
            one.settimeout(0.2)
            try:
                one.connect((address, port))
            except TimeoutError:
                return True
            return False

        until(full, "the queue is full")
        yield port
