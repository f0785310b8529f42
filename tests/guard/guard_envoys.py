"""A real Envoy with the filter that `--print-envoy` prints, and the external processor behind it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from guard_exports import envoy_program
from guard_proxies import settings

from batten.guard.extproc import configuration
from batten.guard.extproc.server import Processor, listening
from batten.guard.options import Mode, Options
from batten.guard.proxy.settings import Address, Settings
from servers import free_port, listener
from waiting import BOUND

ENFORCING, OBSERVING = Options(), Options(Mode.OBSERVE)


@contextmanager
def processing(chosen: Settings) -> Iterator[tuple[int, Processor]]:
    """The processor's port, in a thread for as long as the block lasts."""
    made: list[tuple[int, Processor]] = []
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        processor = Processor(chosen)
        server, port = listening(processor)
        await server.start()
        made.append((port, processor))
        ready.set()
        watching = asyncio.create_task(processor.watch())
        await stop.wait()
        watching.cancel()
        await server.stop(1)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(BOUND)
    try:
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(BOUND)
        loop.close()


@contextmanager
def enveloped(folder: Path, chosen: Settings, port: int) -> Iterator[int]:
    """Envoy's port; the processor listens at `port`, or nobody does."""
    told = replace(chosen, listen=Address(chosen.listen.host, port))
    bootstrap = json.loads(configuration.bootstrap(told))
    front = free_port()
    bootstrap["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] = front
    conf = folder / "envoy.json"
    conf.write_text(json.dumps(bootstrap), encoding="utf-8")
    command = [envoy_program(), "-c", str(conf), "--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
    with listener(command, front, folder / "output.log"):
        yield front


@contextmanager
def held(folder: Path, upstream_port: int, options: Options = ENFORCING) -> Iterator[tuple[int, Processor]]:
    chosen = settings(folder, upstream_port, options=options)
    with processing(chosen) as (port, processor), enveloped(folder, chosen, port) as front:
        yield front, processor
