"""A child ends when its parent no longer proves that the work is its own, also where both of them hang."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from waiting import until

_SRC = Path(__file__).parents[2] / "src"
# Assesses an API that never answers, for as long as the lease is proved.
_PARENT = """
import sys, time
from pathlib import Path
from batten.cell.held import proved
from batten.watch.assess.assessment import AssessProblem, assess
from batten.live.addresses import networks
from batten.watch.model import Environment, Owned, Source
from batten.watch.settings import Settings

seconds = float(sys.argv[2])
begun = time.monotonic()
bound = (lambda: begun + seconds) if len(sys.argv) == 3 else (lambda: time.monotonic() + seconds)
one = Environment(id=1, team=1, service="a", stage="b", source=Source.LIVE, settings={"url": sys.argv[1]})
print("begins", flush=True)
try:
    with proved(bound):
        assess(one, Settings(folder=Path.cwd(), target_networks=networks(["127.0.0.0/8"])), lambda line: None, lambda: False, Owned(alone=True))
except AssessProblem as problem:
    print(problem, flush=True)
"""


@contextmanager
def _parent(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", _PARENT, url, *words], stdout=subprocess.PIPE, text=True, cwd=folder,
            env={**os.environ, "PYTHONPATH": str(_SRC)},
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def _child(parent: int) -> int:
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(found[0]) if found else 0


def _works(child: int) -> bool:
    try:
        return Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_child_ends_with_the_proof(tmp_path: Path) -> None:
    with _parent(tmp_path, "2") as parent:
        out, _ = parent.communicate(timeout=120)
    assert f"signal {signal.SIGALRM.value}" in out


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_child_of_a_parent_that_hangs_ends_as_well(tmp_path: Path) -> None:
    with _parent(tmp_path, "4", "on and on") as parent:
        child = until(lambda: _child(parent.pid), "the child begins")
        os.kill(parent.pid, signal.SIGSTOP)
        os.kill(child, signal.SIGSTOP)
        stopped = time.monotonic()
        until(lambda: time.monotonic() > stopped + 4, "the proof runs out")
        os.kill(child, signal.SIGCONT)
        until(lambda: not _works(child), "the child ends")
        assert _works(parent.pid)
