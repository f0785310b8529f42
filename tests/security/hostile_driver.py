"""Runs many batten commands in one process, with a mark in the trace before each; started under strace.

Arguments: a JSON file with {commands: [[word, ...], ...], root, written, snapshots: [number, ...], seconds}. Beside
it, what each command said lies in `written` as NUMBER.out, and `outcomes.json` tells how each ended.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import signal
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

MARK = "/hostile-mark/"
PATIENCE = 30  # seconds of wall clock for one of processor time, on a machine with other work


class TooSlow(BaseException):
    """The command had all its time."""


def _mark(word: str) -> None:
    with suppress(OSError):
        os.open(MARK + word, os.O_RDONLY)


def _too_slow(number: int, frame: object) -> None:
    raise TooSlow


def _run(words: list[str], seconds: float) -> tuple[str, str]:
    """How the command ended, and what it said."""
    from batten.cli import main

    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", write_through=True)
    ended = "returned"
    with redirect_stdout(said), redirect_stderr(said):
        try:
            # Processor time is what a machine with other work gives; a command that waits uses none.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            signal.setitimer(signal.ITIMER_REAL, seconds * PATIENCE)
            main(args=words, prog_name="batten", standalone_mode=True)
        except SystemExit as error:
            ended = f"exit {error.code}"
        except TooSlow:
            ended = "too slow"
        except BaseException:
            ended = "traceback"
            traceback.print_exc()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
    said.seek(0)
    return ended, said.read()


def run(order: dict[str, object]) -> None:
    from hostile_surroundings import snapshot

    root, written = str(order["root"]), Path(str(order["written"]))
    outcomes: list[str] = []
    for timer in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(timer, _too_slow)
    commands = order["commands"]
    snapshots = order["snapshots"]
    assert isinstance(commands, list) and isinstance(snapshots, list)
    for number, words in enumerate(commands):
        if number in snapshots:
            _mark("pause")
            (written / f"{number}.snapshot").write_bytes(pickle.dumps(snapshot(Path(root))))
        os.chdir(root)
        _mark(str(number))
        ended, said = _run(words, float(str(order["seconds"])))
        _mark("pause")
        outcomes.append(ended)
        (written / f"{number}.out").write_text(said, encoding="utf-8", errors="surrogateescape")
        if ended == "too slow":
            break
    (written / "outcomes.json").write_text(json.dumps(outcomes))


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text()))
