"""Every kind of cell holds what tries to get out of it, and leaves no trace of the attempt."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import batten
from batten.cell import ROOM
from needs import without
from proofs import PROOF

PACKAGE = Path(batten.__file__).parent
DRIVER = Path(__file__).with_name("driver.py")
KINDS = ("bubblewrap", "landlock", "alone")
NOBODY = "65534"
ORDINARY = "/usr/bin/python3"  # an interpreter that every user may start
USERS = ("me", "nobody") if os.geteuid() == 0 else ("me",)
# Every kind, and every user; the slow proofs try every kind as every user.
CELLS = [(k, u) for k in KINDS for u in USERS if u == "me" or k == "landlock" or PROOF]

# What a program may do, in every cell.
GRANTED = {
    "copy": "DONE laid out",
    "own folder": "DONE 8",
    "thread": "DONE a thread ran",
    "own limit": "DONE (64, 64)",
    "identity": "DONE 65534 65534",
}
REFUSED = (
    "read secret", "read users", "list processes", "write new", "write copy", "change mode", "change times", "shorten", "attribute",
    "connect", "datagram", "message", "named socket", "abstract socket", "resolve", "vsock", "netlink", "packet", "fork", "vfork",
    "execute", "trace", "signal", "limit another", "call unshare", "call bpf", "call keyctl", "call mount", "call memfd",
    "call userfaultfd", "call setns", "call perf", "call io_uring", "call open_tree", "call fsopen", "call newer", "memory",
    "shared memory", "large", "open files",
)  # fmt: skip
# What is ended from outside, and what is said of it.
ENDED = {
    "spin": "signal 9",
    "sleep": "did not finish within 4 s",
    "chatter": "printed more",
    "complain": "printed more",
}
# What the program can do without a cell: the attempts are real.
REAL = (
    "read secret", "read users", "list home", "list processes", "write new", "write copy", "change mode", "change times", "shorten",
    "attribute", "connect", "datagram", "message", "named socket", "abstract socket", "fork", "vfork", "signal", "limit another",
)  # fmt: skip


@pytest.fixture(scope="module")
def shelf() -> Iterator[Path]:
    """A copy of what the driver needs, for everybody to read."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name in ("cell", "model"):
            shutil.copytree(PACKAGE / name, place / "batten" / name)
        shutil.copy(PACKAGE / "__init__.py", place / "batten")
        for file in (DRIVER, DRIVER.with_name("intruder.py")):
            shutil.copy(file, place)
        yield place


@cache
def outcomes(kind: str, user: str, shelf: Path) -> dict[str, str]:
    if kind == "bubblewrap" and shutil.which("bwrap") is None:
        without("bubblewrap")
    python, before = sys.executable, []
    if user == "nobody":
        python = ORDINARY
        before = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]
    done = subprocess.run(
        [*before, python, "-W", "error", str(shelf / "driver.py"), kind],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PYTHONPATH": str(shelf), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=shelf,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(("kind", "user"), CELLS)
def test_a_cell_lets_nothing_out_and_nothing_is_left_behind(kind: str, user: str, shelf: Path) -> None:
    said = outcomes(kind, user, shelf)
    assert said["left"] == ""
    assert {name: said[name] for name in GRANTED} == GRANTED
    assert [f"{name}: {said[name]}" for name in REFUSED if not said[name].startswith("HELD ")] == []
    assert {name: reason in said[name] for name, reason in ENDED.items()} == dict.fromkeys(ENDED, True)


@pytest.mark.parametrize(("kind", "user"), CELLS)
def test_a_disk_is_not_filled(kind: str, user: str, shelf: Path) -> None:
    said = outcomes(kind, user, shelf)
    bounded = "wrote more than" if kind == "alone" else "No space left"
    assert bounded in said["fill"]
    assert "wrote more" in said["quiet"] if kind == "alone" else said["quiet"] == ""


@pytest.mark.parametrize("kind", KINDS)
def test_the_environment_is_empty_and_the_home_is_the_room(kind: str, shelf: Path) -> None:
    said = dict(pair.split("=") for pair in outcomes(kind, "me", shelf)["environment"].split()[1:])
    said.pop("PWD", None)  # bubblewrap tells where it starts the program
    assert said == {"HOME": ROOM, "LANG": "C", "PATH": ""}


def test_without_a_cell_the_attempts_succeed(shelf: Path) -> None:
    """Else the tests above would hold of a program that tries nothing."""
    said = outcomes("bare", "me", shelf)
    assert [name for name in REAL if not said[name].startswith("DONE ")] == []
    assert said["execute"] == "intruder"
    assert set(said["left"].split()) >= {"tcp", "udp", "named", "abstract", "new"}
    assert "secret changed" in said["left"]


def test_bounds_hold_without_a_cell(shelf: Path) -> None:
    said = outcomes("bare", "me", shelf)
    assert {name: reason in said[name] for name, reason in ENDED.items()} == dict.fromkeys(ENDED, True)
    assert all(said[name].startswith("HELD ") for name in ("memory", "large", "open files"))
    assert "wrote more than" in said["fill"] and "wrote more than" in said["quiet"]


@pytest.mark.parametrize("user", USERS)
def test_a_kernel_that_offers_no_view_runs_nothing(user: str, shelf: Path) -> None:
    said = outcomes("nothing", user, shelf)
    assert said.pop("left") == ""
    assert set(said.values()) == {
        "NOT ASKED intruder did not run: this system has no sandbox for programs"
        " (install bubblewrap, or trust the files with --trust)"
    }
