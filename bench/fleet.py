"""The search for open ports on loopback: `python bench/fleet.py`. Every address of 127.0.0.0/22 at a hundred ports, of which sixteen
listen, at several values of `--connect-rate`. Processor seconds and memory are those of the command."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

BATTEN = str(Path(sys.executable).with_name("batten"))
PORTS = "20000-20099"
OPEN = tuple((f"127.0.{n % 4}.{10 + n}", 20000 + 6 * n) for n in range(16))
RATES = (1000, 4000, 20000)


def searched(folder: str, rate: int) -> tuple[float, float, int, dict[str, float]]:
    """Seconds, processor seconds, megabytes at the peak, and what the report says."""
    call = [
        BATTEN,
        "probe",
        "127.0.0.0/22",
        "--ports",
        PORTS,
        "--yes",
        "--connect-rate",
        str(rate),
        "--rate",
        "0",
    ]
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [*call, "--format", "json"], cwd=folder, stdout=subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    report = json.load(process.stdout)
    process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, spent, after.ru_maxrss // 1024, report["fleet"]


def main() -> None:
    print(
        "| connections a second allowed | connections | open | seconds of the search | CPU s | peak MB | connections a CPU second |"
    )
    print("|---|---|---|---|---|---|---|")
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        for place in OPEN:
            stack.enter_context(socket.create_server(place, backlog=100))
        for rate in RATES:
            _, spent, peak, fleet = searched(folder, rate)
            made = fleet["connections"]
            print(
                f"| {rate:,} | {made:,} | {fleet['open']} | {fleet['seconds']:.1f} | {spent:.1f} | {peak} | {made / spent:,.0f} |"
            )


if __name__ == "__main__":
    main()
