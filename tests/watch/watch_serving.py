"""`batten watch` as a process of its own, for as long as a block lasts."""

from __future__ import annotations

import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from servers import ended, free_port
from waiting import answering

BATTEN = Path(sys.executable).with_name("batten")


@contextmanager
def watching(
    folder: Path, *options: str, ca: str = ""
) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    """Its URL, its process, and the file with what it says."""
    port = free_port()
    log = folder / f"log-{port}"
    command = [BATTEN, "watch", "--listen", f"127.0.0.1:{port}", *options]
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    url = f"{'https' if ca else 'http'}://127.0.0.1:{port}"
    context = ssl.create_default_context(cafile=ca) if ca else True
    try:
        answering(
            lambda: httpx.get(f"{url}/readyz", verify=context, trust_env=False).raise_for_status(),
            httpx.HTTPError,
        )
        yield url, process, log
    finally:
        ended(process)
