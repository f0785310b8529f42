"""Engines of workflows, by what their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import Case, found, installed

from servers import free_port
from waiting import until


@contextmanager
def _temporal(folder: Path, port: int) -> Iterator[None]:
    program = installed("temporal", "temporal")
    ports = [f"--{name}-port={free_port()}" for name in ("http", "metrics")]
    listens = ["--ip=127.0.0.1", f"--port={free_port()}", f"--ui-port={port}", *ports]
    with running([program, "server", "start-dev", *listens], port, folder):
        until(lambda: found(port, "/api/v1/namespaces"), "Temporal serves its namespaces")
        yield


CASES = (Case(product="Temporal", opened=_temporal),)
