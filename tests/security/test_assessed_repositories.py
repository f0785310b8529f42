"""The child in which `batten watch` assesses a repository, as its worker starts it, under the watcher."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hostile_judge import Rules, judged
from hostile_repositories import Repository, family, lay_out
from hostile_run import Command, outputs
from hostile_surroundings import differences, made, snapshot
from hostile_watch import watch

import batten
from needs import needs, where
from proofs import turn

pytestmark = needs("strace", where("strace"))
SECONDS = 300.0  # for one assessment, on a machine with other work
# Puts itself in the child's place: what it is asked on standard input, its limits as arguments, then everything is judged.
_CHILD = """
import contextlib, os, sys
from batten.watch.assess import work
sys.stdin = open(TASK)
sys.stdout = open(OUT, "w", encoding="utf-8", errors="surrogateescape")
sys.argv = ["work", str(os.getppid()), "600", str(2 << 30), str(256 << 20), "1024", "-1"]
with contextlib.suppress(OSError):
    os.open("/hostile-mark/0", os.O_RDONLY)
try:
    work.main()
finally:
    with contextlib.suppress(OSError):
        os.open("/hostile-mark/pause", os.O_RDONLY)
"""
_ASSESSMENT = Command(("assessment", "json"))
_FAMILIES = {
    "git": 3,
    "links": 4,
    "names": 2,
    "policy": 4,
    "proxies": 2,
    "readers": 5,
    "servers": 3,
    "state": 3,
}
_CHOSEN = [one for name, count in _FAMILIES.items() for one in turn(f"assessed {name}", family(name), count)]


@pytest.mark.parametrize("repository", _CHOSEN, ids=lambda r: r.name)
def test_an_assessment_touches_the_checkout_alone(repository: Repository, tmp_path: Path) -> None:
    around = made(tmp_path / "run")
    lay_out(repository, around)
    task, out, program = (around.top / name for name in ("task.json", "report", "child.py"))
    task.write_text(json.dumps({"type": "tree", "root": str(around.repository), "network": {}}))
    program.write_text(f"TASK = {str(task)!r}\nOUT = {str(out)!r}\n{_CHILD}")
    before = {folder: snapshot(folder) for folder in (*around.watched, around.repository)}
    rules = Rules(
        around,
        ("the assessment",),
        lambda path, command: path == str(out),
        tuple(repository.never),
        tuple(around.filled(path) for path in repository.may_read),
    )
    environment = {**around.environment(), "PYTHONPATH": str(Path(batten.__file__).parent.parent)}
    trace, ended = watch(
        [sys.executable, "-P", str(program)], around.top / "trace", around.repository, environment, SECONDS
    )
    seen = judged(trace, rules)
    assert ended and seen.faults == [], (repository.name, repository.why, seen.faults)
    changed = [d for folder, was in before.items() for d in differences(was, snapshot(folder))]
    assert changed == [], (repository.name, repository.why, changed)
    unmet = [n for n in repository.read if os.path.realpath(around.repository / n) not in seen.opened]
    assert unmet == [], (repository.name, "was never read")
    report = out.read_text("utf-8", "surrogateescape").partition("\n")[2]
    refused = (around.top / "trace" / "said").read_text("utf-8", "surrogateescape").strip()
    assert report or "batten.yaml" in refused, "there is neither a report nor a reason"
    assert not report or json.loads(report)["command"] == "check"
    assert list(outputs([report, refused], [_ASSESSMENT, _ASSESSMENT])) == []
