"""Hostile sizes: each answer within 30 seconds of processor time and 500 MB, and no traceback.

CI runs what takes a few seconds; BATTEN_SIZES=all (`make proof`) runs everything.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_sizes import CASES, Hostile

SECONDS = 30
MEGABYTES = 500
ALL = os.environ.get("BATTEN_SIZES") == "all"


def ran(hostile: Hostile, root: Path) -> tuple[int, str, float, float]:
    """The exit code, what stands on stderr, seconds of processor time and megabytes."""
    command = [sys.executable, "-c", "from batten.cli import main; main()", *hostile.command, os.fspath(root)]
    with (root.parent / "out").open("wb") as out, (root.parent / "err").open("wb+") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, preexec_fn=_limited, cwd=root.parent)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        err.seek(0)
        said = err.read().decode("utf-8", "replace")
    return process.returncode, said, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _limited() -> None:
    """A run that does not end must end."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS * 2, SECONDS * 2))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


@pytest.mark.parametrize("hostile", [pytest.param(c, id=c.name) for c in CASES if ALL or not c.slow])
def test_no_size_holds_a_run(hostile: Hostile, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    hostile.make(root)
    try:
        code, said, seconds, megabytes = ran(hostile, root)
        print(f"{hostile.name}: {seconds:.1f} s, {megabytes:.0f} MB, exit {code}")
        assert code in (0, 1, 2, 3), said[-2000:]
        assert "Traceback" not in said
        assert seconds < SECONDS and megabytes < MEGABYTES
    finally:
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["rm", "-rf", os.fspath(root)], check=False)


def test_what_a_run_takes_is_seen(tmp_path: Path) -> None:
    """The measure itself is measured: what a child burns and holds is seen."""
    (tmp_path / "root").mkdir()
    burn = "import time\nkept = bytearray(200 << 20)\nwhile time.process_time() < 1: pass"
    process = subprocess.Popen([sys.executable, "-c", burn])
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    assert 200 < usage.ru_maxrss / 1024 < MEGABYTES and usage.ru_utime + usage.ru_stime >= 0.9
