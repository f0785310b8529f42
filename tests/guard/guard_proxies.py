"""A worker of `batten guard run` in a thread, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop
from guard_contracts import SHOP, TEXT

from batten.guard.options import Options
from batten.guard.proxy.meter import Meters
from batten.guard.proxy.reloading import compiled
from batten.guard.proxy.settings import Address, Deadlines, Settings
from batten.guard.proxy.settings import Upstream as To
from batten.guard.proxy.sockets import bound
from batten.guard.proxy.worker import Worker
from waiting import BOUND

# Short is only what tests wait for: an upstream that hangs, and a client that does not read. What a busy machine could
# be late with has a minute.
PATIENT = Deadlines(head=60, idle=60, body=60, connect=60, queue=60, answer=4, stall=4, drain=2)


def settings(folder: Path, upstream_port: int, **more: Any) -> Settings:
    (folder / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    (folder / "batten.yaml").write_text(f"origins: [{SHOP}]\n", encoding="utf-8")
    to = To(Address("127.0.0.1", upstream_port))
    plain = Settings(
        folder / "openapi.yaml", to, Address("127.0.0.1", 0), deadlines=PATIENT, options=Options()
    )
    return replace(plain, **more)


@contextmanager
def working(chosen: Settings) -> Iterator[tuple[int, Worker]]:
    """The port that it serves on, and the worker."""
    listener = bound(chosen.listen)
    port = listener.getsockname()[1]
    worker = Worker(chosen, compiled(chosen).compiled, Meters(1).row(0))
    loop = uvloop.new_event_loop()
    stop = asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        ready.set()
        await worker.serve([listener], stop)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(BOUND)
    try:
        yield port, worker
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(BOUND)
        loop.close()
        listener.close()
