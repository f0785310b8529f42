"""A rendered store, run on loopback for as long as it takes to look at it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from batten.cell import NotAsked
from batten.cell.keeper import running
from batten.files.temporary import private_file
from batten.harden.authority import CERTIFICATE
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem
from batten.harden.stores.servers import Server
from batten.harden.trial import BOUNDS, answers, free_ports
from batten.model.record import record

TRIES = 50
START_SECONDS = 60.0  # some make their tables first


@record(kw_only=True)
class StoreTrial:
    """Its port of loopback, its secrets by path, the trust anchor of its certificate, and what it has printed so far."""

    port: int
    secrets: Mapping[str, bytes]
    ca: Path
    said: Callable[[], str]


@contextmanager
def store_trial(server: Server, intent: Intent, render: Callable[[Intent], Made]) -> Iterator[StoreTrial]:
    """Run what `render` makes of the intent, with a port, certificates and secrets of the trial's own. Raises HardenProblem
    when the server does not start."""
    port = _free_port()
    names = tuple(dict.fromkeys(("localhost", *intent.options.names)))
    options = replace(
        intent.options, names=names, prefix=server.settings, data=server.data, address="127.0.0.1", port=port
    )
    made = render(replace(intent, options=options, local_ca=True))
    secrets: dict[str, bytes] = {}
    for secret in made.secrets:
        secrets[secret.path] = secret.make(secrets)
    texts = {path: text.encode() for path, text in made.files.items()}
    order = replace(server.order, files={**texts, **secrets}, bounds=BOUNDS, network=True)
    with private_file(secrets[CERTIFICATE]) as anchor, running(order, server.harmless) as store:
        if isinstance(store, NotAsked):
            raise HardenProblem(f"the trial run failed: {store}")
        end = time.monotonic() + START_SECONDS
        if not answers(port, None, b"", lambda: store.ended() or time.monotonic() > end):
            last = store.said().strip().splitlines()[-1:]
            raise HardenProblem(f"it did not start: {last[0] if last else 'it printed no error'}")
        yield StoreTrial(port=port, secrets=secrets, ca=anchor, said=store.said)


def _free_port() -> int:
    """One whose next is free, too: there members of a cluster meet."""
    for _ in range(TRIES):
        (port,) = free_ports(1)
        with suppress(OSError, OverflowError), socket.socket() as beside:
            beside.bind(("127.0.0.1", port + 1))
            return port
    raise HardenProblem("no two adjacent ports of loopback are free; try again")
