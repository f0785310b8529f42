"""One hostile repository through every command, and all that went wrong on the way."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hostile_judge import Rules, Seen, judged
from hostile_repositories import Repository, lay_out
from hostile_surroundings import CANARY, Surroundings, differences, made, snapshot
from hostile_watch import watch

import batten
from batten.reports import FORMATS
from proofs import PROOF, turn

SECONDS = 20.0  # of processor time for one command
ALL_SECONDS = 1800.0  # for all commands, on a machine with other work
DRIVER = Path(__file__).with_name("hostile_driver.py")
_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|internal error|^\w+Error: ", re.MULTILINE)
_PROGRAMS = {"json", "sarif", "junit", "gitlab"}  # formats; a terminal is not what shows them
_FOR_PROGRAMS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_FOR_PEOPLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Command:
    """`kind` says what it may write: nothing (read), files below the root (fix), batten.yaml (init), a named file
    (output) or a named folder beside the checkout (harden)."""

    words: tuple[str, ...]
    kind: str = "read"
    output: str = ""

    @property
    def name(self) -> str:
        return " ".join(self.words)


def commands(repository: Repository, around: Surroundings) -> list[Command]:
    """What batten can be asked of a checkout: every command, and of what differs in its report alone a part in turn."""
    contract = around.repository / repository.contract
    harden = str(around.top / "harden")
    others = [form for form in FORMATS if form != "terminal"]
    formats = FORMATS if repository.thorough else ["terminal", *turn(repository.name, others, 3)]
    found = [Command(("review", "--format", form)) for form in formats]
    every = PROOF or not repository.costly
    found += [Command(("review", "--strict", "-v")), Command(("review", "--no-cache"))] if every else []
    found += [Command(("review", "--changed-since", "HEAD"))]
    checked = FORMATS if repository.thorough else turn(repository.name, ("terminal", "json"), 1)
    found += [Command(("check", "--no-probe", "--format", form)) for form in checked]
    found += [Command(("history",)), Command(("history", "--findings"))]
    found += [Command(tuple(words)) for words in repository.also]
    found += [Command(("fix", "--diff")), Command(("fix", "--risky", "--diff"))] if every else []
    found += [Command(("fix", "--undo"), "fix")]  # nothing of batten's is there to be undone
    found += [Command(("fix", "--risky"), "fix"), Command(("fix", "--undo"), "fix")]
    outputs = (
        ("--write-baseline", "baseline.json", "terminal"),
        ("--output", "report.sarif", "sarif"),
        ("--output", "report.html", "html"),
    )
    for option, name, form in turn(repository.name, outputs, 1):
        found += [Command(("review", "--format", form, option, name), "output", name)]
    found += [Command(tuple(one["run"]), "output", one["output"]) for one in repository.writes]
    found += [Command(("init",), "init")]
    found += [Command(("init", "--force"), "init")] if every else []
    if os.path.lexists(contract):
        found += [
            Command(("harden", "nginx", "--contract", repository.contract, "--output", harden), "harden")
        ]
    found += [Command(("harden", "nginx", "--force", "--contract", repository.contract, "--output", "deployment"),
                      "output", "deployment")]  # fmt: skip
    return found


def held(repository: Repository, top: Path) -> None:
    """Fail with all that went wrong; what a repository left on the disk is removed when it held."""
    found = faults(repository, top)
    lines = [f"{repository.name}: {repository.why}", *found]
    assert not found, "\n  ".join(lines).encode("utf-8", "backslashreplace").decode()
    shutil.rmtree(top / "run", ignore_errors=True)  # folders without rights stay, for who is not root


def faults(repository: Repository, top: Path) -> list[str]:
    """What a repository brought batten to do that it must not; empty when it held."""
    around = made(top / "run")
    lay_out(repository, around)
    asked = commands(repository, around)
    before = {str(f): snapshot(f) for f in around.watched}
    (around.top / "harden").mkdir()
    seen, late = _watched(repository, around, asked)
    said = _said(around, len(asked))
    return [
        *seen.faults,
        *late,
        *_outcomes(around, asked),
        *(f"surroundings: {d}" for f in around.watched for d in differences(before[str(f)], snapshot(f))),
        *_checkout(around, asked),
        *outputs(said, asked),
        *_not_met(repository, around, seen, said),
    ]


def _watched(repository: Repository, around: Surroundings, asked: list[Command]) -> tuple[Seen, list[str]]:
    order = {
        "commands": [c.words for c in asked],
        "root": str(around.repository),
        "written": str(around.written),
        "snapshots": list(_moments(asked)),
        "seconds": SECONDS,
    }
    place = around.top / "order.json"
    place.write_text(json.dumps(order))
    environment = {**around.environment(), "PYTHONPATH": str(Path(batten.__file__).parent.parent)}
    trace = around.top / "trace"
    rules = Rules(
        around,
        tuple(c.name for c in asked),
        lambda path, number: _may_write(path, asked[number], around),
        tuple(repository.never),
        tuple(around.filled(p) for p in repository.may_read),
    )
    program = [sys.executable, str(DRIVER), str(place)]
    events, ended = watch(program, trace, around.repository, environment, ALL_SECONDS)
    seen = judged(events, rules)
    return seen, [] if ended else [f"{seen.last}: did not end in {ALL_SECONDS:.0f} s, and heard no signal"]


def _moments(asked: list[Command]) -> Iterator[int]:
    """Before the first command, before the first that writes, and around each fix with its undo."""
    yield 0
    for number, command in enumerate(asked):
        if command.kind == "fix" or (number and asked[number - 1].kind == "fix"):
            yield number


def _may_write(path: str, command: Command, around: Surroundings) -> bool:
    root = str(around.repository)
    if command.kind == "harden":
        return path.startswith(str(around.top / "harden"))
    if not path.startswith(root + "/"):
        return False
    below = path[len(root) + 1 :]
    first = below.split("/")[0]
    match command.kind:
        case "fix":
            return first not in (".git", ".batten", ".hg", ".svn")
        case "init":
            return _beside(below, "batten.yaml")
        case "output":
            return _beside(below, command.output) or below.startswith(command.output + "/")
    return False


def _beside(path: str, name: str) -> bool:
    """The file, or a temporary one in the same folder that is going to be it."""
    return "/" not in path and (name in path or path.startswith(".batten-"))


def _said(around: Surroundings, count: int) -> list[str]:
    places = [around.written / f"{n}.out" for n in range(count)]
    return [p.read_text("utf-8", "surrogateescape") if p.exists() else "" for p in places]


def _outcomes(around: Surroundings, asked: list[Command]) -> Iterator[str]:
    place = around.written / "outcomes.json"
    if not place.exists():
        yield "the run: the driver did not end"
        return
    outcomes = json.loads(place.read_text())
    for command, ended in zip(asked, outcomes, strict=False):
        if ended == "too slow":
            yield f"{command.name}: took more than {SECONDS:.0f} s of processor time, or waited for ever"
        elif ended not in ("exit 0", "exit 1", "exit 2", "exit 3"):
            yield f"{command.name}: ended with {ended}"


def _checkout(around: Surroundings, asked: list[Command]) -> Iterator[str]:
    """Commands that only read leave the bytes as they were, and an undo brings them back."""
    states = {n: _loaded(around, n) for n in _moments(asked)}
    first = next(n for n, c in enumerate(asked) if c.kind == "fix")
    steps = [
        (0, first, "commands that only read"),
        (first, first + 1, "fix --undo without a fix of batten's"),
    ]
    steps += [(first + 1, first + 3, "fix --risky and fix --undo")]
    for start, end, what in steps:
        before, after = states[start], states.get(end, {})
        if before and after:
            yield from (f"{what}: {d}" for d in differences(before, after))


def _loaded(around: Surroundings, number: int) -> dict[bytes, tuple[str, int, str]]:
    place = around.written / f"{number}.snapshot"
    return pickle.loads(place.read_bytes()) if place.exists() else {}  # type: ignore[no-any-return]


def outputs(said: list[str], asked: list[Command]) -> Iterator[str]:
    for text, command in zip(said, asked, strict=True):
        if CANARY in text:
            yield f"{command.name}: shows what stands outside: {_around(text, text.index(CANARY))}"
        trace = _TRACEBACK.search(text)
        if trace:
            yield f"{command.name}: shows a traceback: {text[trace.start() :].strip().splitlines()[-1][:200]}"
        controls = (_FOR_PROGRAMS if _PROGRAMS & {*command.words} else _FOR_PEOPLE).search(text)
        if controls:
            yield f"{command.name}: shows a control character: {_around(text, controls.start())}"


def _around(text: str, at: int) -> str:
    return repr(text[max(0, at - 60) : at + 40])


def _not_met(repository: Repository, around: Surroundings, seen: Seen, said: list[str]) -> Iterator[str]:
    """An attack that was not met proves nothing."""
    for name in repository.read:
        if os.path.realpath(around.repository / name) not in seen.opened:
            yield f"not met: {name} was never read"
    for program in repository.asks:
        names = program.split("|")
        if not any(n in seen.started for n in names):
            yield f"not met: {program} was never asked"
    for words in repository.says:
        if not any(words in text for text in said):
            yield f"not met: no command says '{words}'"
