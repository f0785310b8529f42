"""A module in a process of its own: what it prints, and how it is ended when it hangs, grows, floods or is not wanted."""

from __future__ import annotations

import os
import signal
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

import batten
from batten.cell import child
from batten.cell.child import MIB, Bounds, Ended, Task
from waiting import until

PATIENT = Bounds(wall=60.0)
CONFINED = "import sys\nfrom batten.cell.child import confine\nconfine(sys.argv[1:])\n"


def ran(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    bounds: Bounds = PATIENT,
    cancelled: Callable[[], bool] = lambda: False,
    heard: Callable[[str], None] = lambda line: None,
    given: bytes = b"",
) -> Ended:
    """What comes of a module with this code."""
    module = folder / "hostile_work.py"
    module.write_text(CONFINED + textwrap.dedent(code))
    home = Path(batten.__file__).parents[1]
    monkeypatch.setattr(child, "_HOME", f"{folder}{os.pathsep}{home}")
    task = Task(module="hostile_work", given=given, folder=folder, environment={"LANG": "C"}, bounds=bounds)
    return child.run(task, heard, cancelled)


def test_what_it_reads_prints_and_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    code = """
        data = sys.stdin.buffer.read()
        print("one", file=sys.stderr); print("half", end="", file=sys.stderr)
        sys.stdout.buffer.write(data[::-1]); sys.exit(7)
    """
    ended = ran(tmp_path, monkeypatch, code, heard=told.append, given=b"ab" * 500_000)
    assert (ended.code, ended.out, ended.last, ended.stopped) == (7, b"ba" * 500_000, "half", "")
    assert told == ["one", "half"]


def test_it_knows_only_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_PASSWORD", "never to be seen")
    ended = ran(tmp_path, monkeypatch, "import os; print(sorted(os.environ))")
    assert b"SERVICE_PASSWORD" not in ended.out and b"LANG" in ended.out


def test_one_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        import os, signal, subprocess
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        other = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        print(other.pid, flush=True)
        os.close(1); os.close(2)
        signal.pause()
    """
    monkeypatch.setattr(child, "_GRACE", 0.1)
    ended = ran(tmp_path, monkeypatch, code, Bounds(wall=3.0))
    assert ended.stopped == "it did not finish within 3 s" and ended.code == -signal.SIGKILL
    until(lambda: not _lives(int(ended.out)), "the end of what it started")


def test_one_that_is_stopped_does_not_hold_its_parent_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE", 0.1)
    code = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
    assert ran(tmp_path, monkeypatch, code, Bounds(wall=2.0)).stopped


def test_one_that_floods_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "while True: sys.stdout.write('x' * 100_000)"
    ended = ran(tmp_path, monkeypatch, code, Bounds(wall=60.0, output=MIB))
    assert ended.stopped == "it printed more than 1 MiB"


def test_progress_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    code = "sys.stderr.write('x' * 300_000 + '\\n' + '\\0é\\n')"
    ran(tmp_path, monkeypatch, code, heard=told.append)
    assert [len(line) for line in told] == [4096, 2]


def test_memory_and_processor_time_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ran(tmp_path, monkeypatch, "kept = bytearray(1 << 30)", Bounds(wall=60.0, memory=200 * MIB))
    assert ended.code == 1 and ended.last == "MemoryError"
    ended = ran(tmp_path, monkeypatch, "while True: pass", Bounds(wall=60.0, processor=1))
    assert ended.code in (-signal.SIGXCPU, -signal.SIGKILL)


def test_it_is_ended_when_it_is_not_wanted_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = iter([False, False, True])
    code = "import signal; signal.pause()"
    ended = ran(tmp_path, monkeypatch, code, cancelled=lambda: next(asked))
    assert ended.cancelled and ended.stopped == "it was cancelled" and ended.code == -signal.SIGTERM


def _lives(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
