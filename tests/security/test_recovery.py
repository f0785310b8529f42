"""Runs that are killed, that run side by side, that find no room: every file is old or new as a whole, and all is told.

With HYPOTHESIS_PROFILE=proof the real commands are killed 150 times; else a dozen times.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batten.engine.history import runs
from batten.files import state_of
from proofs import PROOF

KILLS = 150 if PROOF else 6
FILES = 200
BATTEN = [sys.executable, "-c", "from batten.cli import main; main()"]
NGINX = "# {number}\nserver {{\n    listen 127.0.0.1:{port};\n    server_tokens on;\n    autoindex on;\n}}\n"


class Tree:
    """A checkout of many files to mend, with its own state beside it."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.root = folder / "root"
        self.old: dict[str, bytes] = {}
        for number in range(FILES):
            path = self.root / f"site{number:03}" / "nginx.conf"
            path.parent.mkdir(parents=True)
            path.write_text(NGINX.format(number=number, port=8000 + number))
            self.old[path.relative_to(self.root).as_posix()] = path.read_bytes()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state), "NO_COLOR": "1"}
        return subprocess.Popen(
            [*BATTEN, *arguments],
            cwd=self.root,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in out + err, out[-2000:] + err[-2000:]
        return process.returncode, out + err

    def now(self) -> dict[str, bytes]:
        return {
            p.relative_to(self.root).as_posix(): p.read_bytes() for p in self.root.rglob("*") if p.is_file()
        }

    def history(self) -> int:
        (found,) = self.state.glob("batten/root-*/history.db")
        return len(runs(found, 10_000))


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return Tree(tmp_path_factory.mktemp("killed"))


FIX = ("fix", "--no-validate")
UNDO = ("fix", "--undo")


def test_killed_at_any_moment(tree: Tree) -> None:
    code, said = tree.run(*FIX)
    new = tree.now()
    assert code == 1 and new.keys() == tree.old.keys() and all(new[p] != tree.old[p] for p in new), said
    assert tree.run(*UNDO)[0] == 0 and tree.now() == tree.old
    takes = {command: _seconds(tree, command) for command in (FIX, UNDO, ("check",))}
    chance = random.Random(KILLS)
    interrupted = 0
    for number in range(KILLS):
        command = (FIX, UNDO, ("check",))[number % 3]
        if command is UNDO:
            assert tree.run(*FIX)[0] in (0, 1)
        process = tree.start(*command)
        time.sleep(takes[command] * (0.3 + 0.8 * chance.random()))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = tree.now()
        for path, data in found.items():
            assert path not in tree.old or data in (tree.old[path], new[path]), f"{path} is half written"
        code, said = tree.run("review", "--no-cache", "--format", "json", "--gate", "critical")
        assert code == 0, said
        interrupted += "was interrupted" in said
        assert tree.now().keys() == tree.old.keys(), "a file was left behind"
        while tree.now() != tree.old:
            code, said = tree.run(*UNDO)
            assert code == 0, said
    assert interrupted or KILLS < 50, "no kill hit the moment of writing"
    assert tree.run("check")[0] in (0, 1)


def _seconds(tree: Tree, command: tuple[str, ...]) -> float:
    if command is UNDO:
        tree.run(*FIX)
    start = time.monotonic()
    tree.run(*command)
    taken = time.monotonic() - start
    if command is FIX:
        tree.run(*UNDO)
    return taken


def test_eight_at_once(tree: Tree) -> None:
    before = tree.history() if list(tree.state.glob("batten/root-*/history.db")) else 0
    commands = [
        ("check",),
        FIX,
        ("review",),
        ("check",),
        ("fix", "--diff", "--no-validate"),
        ("check",),
        FIX,
        ("check",),
    ]
    started = [tree.start(*command) for command in commands]
    ended = [process.communicate(timeout=300) for process in started]
    assert all("Traceback" not in out + err for out, err in ended)
    assert all(process.returncode in (0, 1) for process in started), [err for _, err in ended]
    assert tree.history() == before + 4, "a run was lost"
    new = tree.now()
    assert new.keys() == tree.old.keys() and all(new[p] != tree.old[p] for p in new)
    fixed = [
        int(m[2] or m[1])
        for out, _ in (ended[1], ended[6])
        if (m := re.search(r"(?m)^(\d+) findings?(?: in (\d+) places?)? fixed", out))
    ]
    assert sorted(fixed)[0] == 0 and sorted(fixed)[1] >= FILES, "each fix is made once"
    assert tree.run(*UNDO)[0] == 0 and tree.now() == tree.old
    assert "no fix to undo" in tree.run(*UNDO)[1]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")


def mounted(tmp_path: Path, mount: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command in a mount namespace of its own, which ends with it."""
    script = f'set -e; {mount}; cd "$ROOT"; exec "$@"'
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "ROOT": str(tmp_path / "root")}
    command = ["unshare", "--mount", "sh", "-c", script, "sh", *BATTEN, *arguments]
    return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=300, check=False)


def small(tmp_path: Path, files: int = 40) -> Path:
    for number in range(files):
        path = tmp_path / "full" / f"site{number}" / "nginx.conf"
        path.parent.mkdir(parents=True)
        path.write_text(NGINX.format(number=number, port=8000 + number) + "# filled up\n" * 300)
    (tmp_path / "root").mkdir()
    (tmp_path / "state").mkdir()
    return tmp_path / "full"


@needs_root
def test_a_full_disk_under_the_files(tmp_path: Path) -> None:
    full = small(tmp_path)
    copy = 'mount -t tmpfs -o size=240k t "$ROOT" && cp -r "$ROOT/../full/." "$ROOT"'
    keep = f'{copy}; trap \'cp -r "$ROOT" "$ROOT/../kept"\' EXIT; cd "$ROOT"; "$@"; exit $?'
    done = mounted(tmp_path, keep, *FIX)
    assert done.returncode == 3, done.stdout + done.stderr
    assert (
        "nothing was written" in done.stderr
        and "No space left" in done.stderr
        and "Traceback" not in done.stderr
    )
    kept = tmp_path / "kept"
    files = {p.relative_to(kept): p.read_bytes() for p in kept.rglob("*") if p.is_file()}
    assert files == {p.relative_to(full): p.read_bytes() for p in full.rglob("*") if p.is_file()}


@needs_root
@pytest.mark.parametrize("command", [FIX, ("check",)])
def test_a_full_disk_under_the_state(command: tuple[str, ...], tmp_path: Path) -> None:
    full = small(tmp_path)
    shutil.copytree(full, tmp_path / "root", dirs_exist_ok=True)
    done = mounted(tmp_path, 'mount -t tmpfs -o size=8k t "$XDG_STATE_HOME"', *command)
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert "full" in done.stderr or "No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(
        (tmp_path / "root" / p.relative_to(full)).read_bytes() == p.read_bytes() for p in full.rglob("*.conf")
    )


@needs_root
@pytest.mark.parametrize("place", ["ROOT", "XDG_STATE_HOME"])
def test_a_disk_that_is_read_only(place: str, tmp_path: Path) -> None:
    shutil.copytree(small(tmp_path), tmp_path / "root", dirs_exist_ok=True)
    mount = f'mount --bind "${place}" "${place}" && mount -o remount,ro,bind "${place}"'
    for command in (FIX, ("init",), ("check",), ("review", "--output", "report.json"), ("fix", "--undo")):
        done = mounted(tmp_path, mount, *command)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 1, 2, 3)
        if place == "ROOT" and command in (FIX, ("init",)):
            assert done.returncode in (2, 3) and "Read-only file system" in done.stderr, done.stderr


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    from batten.engine.discover import discover, paths
    from batten.engine.review import Review, read_unit
    from batten.formats import Workspace
    from batten.policy import Policy

    (tmp_path / "nginx.conf").write_text(NGINX.format(number=1, port=8001))
    workspace = Workspace(tmp_path)
    listing = paths(workspace)
    found = discover(workspace, listing.paths, listing.problems)
    (tmp_path / "nginx.conf").unlink()
    result = Review(Workspace(tmp_path), Policy())
    for unit in found.units:
        read_unit(unit, result)
    assert [p.source for p in result.problems] == ["nginx.conf"] and "No such file" in result.problems[
        0
    ].message


def test_what_changed_while_a_fix_was_made_is_left(tmp_path: Path) -> None:
    from batten.engine.journal import UndoProblem, write
    from batten.formats import Workspace

    (tmp_path / "a").write_text("1")
    workspace = Workspace(tmp_path)
    workspace.text("a")
    (tmp_path / "a").write_text("mine")
    with pytest.raises(UndoProblem, match="was changed while"):
        write(workspace, {"a": "2"})
    assert (tmp_path / "a").read_text() == "mine"


def test_a_journal_that_is_not_ours_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from batten.engine.journal import FOLDER, UndoProblem, undo
    from batten.files import Root

    (tmp_path / "config").write_text("ours")
    state = state_of(str(tmp_path))
    forged = {
        "version": 2,
        "mark": "x",
        "changes": [{"path": "config", "before": "0", "after": "1", "patches": []}],
    }
    for data in (b"", json.dumps(forged).encode(), b"x" * 40):
        state.files.replace(state.path(f"{FOLDER}/0001.json"), data, 0o600)
        with pytest.raises(UndoProblem, match="nothing was restored"):
            undo(Root(tmp_path))
    assert (tmp_path / "config").read_text() == "ours"


def test_hard_links_are_told_and_left_alone(tmp_path: Path) -> None:
    tree = Tree.__new__(Tree)
    tree.root, tree.state = tmp_path / "root", tmp_path / "state"
    tree.root.mkdir()
    (tmp_path / "outside").write_text(NGINX.format(number=1, port=8001))
    os.link(tmp_path / "outside", tree.root / "nginx.conf")
    code, said = tree.run(*FIX)
    assert code == 1 and "hard links" in said and "0 findings fixed" in said
    assert (tmp_path / "outside").read_text() == NGINX.format(number=1, port=8001)


def test_a_history_of_a_newer_batten_is_left_alone(tmp_path: Path) -> None:
    tree = Tree.__new__(Tree)
    tree.root, tree.state = tmp_path / "root", tmp_path / "state"
    tree.root.mkdir()
    import sqlite3

    newer = tmp_path / "history.db"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    before = newer.read_bytes()
    code, said = tree.run("check", "--history", str(newer))
    assert code == 2 and "newer batten" in said and newer.read_bytes() == before
