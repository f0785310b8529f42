"""Processes that listen on loopback, each for as long as a block lasts."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn

from waiting import BOUND, listening, until

# Below the ports that the system gives to connections, and each process of tests in a corner of its own: a port that
# somebody else takes before its server does would have that one's answers assessed.
_CANDIDATES = itertools.count(os.getpid() * 997)


def free_port() -> int:
    """A port that nobody has, and that this process gives nobody else."""
    for number in _CANDIDATES:
        port = 12_000 + number % 20_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@contextmanager
def listener(
    command: Sequence[str | Path], port: int, log: Path, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, once it listens; what it says is in `log`. `options` are those of Popen."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **options)
    try:
        listening(port, process, log)
        yield process
    finally:
        ended(process)


def ended(process: subprocess.Popen[bytes]) -> int:
    """How it ended, asked to; one that does not heed is killed."""
    process.terminate()
    try:
        return process.wait(_HEEDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(BOUND)


_HEEDS = 60.0  # seconds, for a server that ends in order


@contextmanager
def application(app: Callable[..., Any], **options: Any) -> Iterator[int]:
    """The port of 127.0.0.1 on which uvicorn serves an application, in a thread."""
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical", ws="none", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until(lambda: server.started or not thread.is_alive(), f"uvicorn serves on port {port}")
        assert server.started, f"uvicorn ended before it served on port {port}"
        yield port
    finally:
        server.should_exit = True
        thread.join(BOUND)
