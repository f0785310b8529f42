"""Hostile sizes: each answer within 30 seconds of processor time and 500 MB, and no traceback.

CI runs what takes a few seconds; BATTEN_SIZES=all (`make proof`) runs everything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_sizes import CASES, Hostile

from proofs import turn

SECONDS = 30
MEGABYTES = 500
ALL = os.environ.get("BATTEN_SIZES") == "all"
CHOSEN = CASES if ALL else turn("sizes", [case for case in CASES if not case.slow], 50)


# A process is charged with the memory of the one that it was forked from: a small one stands between.
_BETWEEN = f"""
import json, os, resource, sys
out, err, folder, *command = sys.argv[1:]
child = os.fork()
if not child:
    os.chdir(folder)
    for path, descriptor in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS * 2}, {SECONDS * 2}))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    os.execv(command[0], command)
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def measured(command: list[str], folder: Path) -> tuple[int, str, float, float]:
    """The exit code, what stands on stderr, seconds of processor time and megabytes. A run that does not end is ended."""
    out, err = folder / "out", folder / "err"
    between = [sys.executable, "-I", "-S", "-c", _BETWEEN, os.fspath(out), os.fspath(err), os.fspath(folder)]
    done = subprocess.run([*between, *command], capture_output=True, text=True, check=True)
    code, seconds, megabytes = json.loads(done.stdout)
    return code, err.read_text("utf-8", "replace"), seconds, megabytes


def ran(hostile: Hostile, root: Path) -> tuple[int, str, float, float]:
    batten = [sys.executable, "-c", "from batten.cli import main; main()"]
    return measured([*batten, *hostile.command, os.fspath(root)], root.parent)


@pytest.mark.parametrize("hostile", [pytest.param(c, id=c.name) for c in CHOSEN])
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
    """The measure itself is measured: what a child burns and holds is seen, and nothing of this process's."""
    burn = "import time\nkept = bytearray(200 << 20)\nwhile time.process_time() < 1: pass"
    code, _, seconds, megabytes = measured([sys.executable, "-c", burn], tmp_path)
    assert code == 0 and 200 < megabytes < 300 and seconds >= 0.9
