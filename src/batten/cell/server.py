"""A server that the user named, started by the user's word and with the user's rights: no cell, but it ends with batten.

What it is given to read is made by batten. `PR_SET_PDEATHSIG` is Linux's (prctl(2)); elsewhere a server outlives a batten that is killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

Process = subprocess.Popen[bytes]
_PDEATHSIG = 1
_MOST = 65_536  # characters of what a check says


def start(command: list[str], said: int, folder: Path) -> Process:
    """A running server: what it says goes to the descriptor `said`, its errors where batten's go. Raises OSError."""
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=said, cwd=folder, env=_environment(), start_new_session=True,
        preexec_fn=_prepared,
    )  # fmt: skip


def asked(command: list[str], seconds: float) -> tuple[int, str]:
    """How a short call of a server's program ended, and all that it said. Raises OSError."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment(),
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, f"it took more than {seconds:.0f} seconds"
    return done.returncode, done.stdout.decode("utf-8", "replace")[-_MOST:]


def end(process: Process, seconds: float) -> None:
    """End a server and all that it has started, at the latest after `seconds`."""
    if seconds and process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # it leads a session of its own
    process.wait()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C"}


def _prepared() -> None:
    """In the new process: signals that batten waits for are the server's to handle."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
