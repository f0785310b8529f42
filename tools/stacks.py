"""The stacks of tests/stacks: what batten finds in them now and what it found before, and how precise it is.

python tools/stacks.py                  a table: findings before and now, causes lost and gained, precision
python tools/stacks.py --write          the same into docs/precision.md
python tools/stacks.py --check          fails when a cause that was judged useful is no longer found
python tools/stacks.py --before FOLDER  writes tests/stacks/causes-before.json by the code in FOLDER (…/src)
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from batten.engine.precision import Precision, Share, Tally, precision
from batten.engine.verdicts import Judgement, Verdict, read_verdicts

ROOT = Path(__file__).resolve().parent.parent
STACKS = ROOT / "tests" / "stacks"
PLANTED = (
    STACKS / "planted"
)  # stacks with faults that are known, and the same without them: tests/test_planted.py
BEFORE = STACKS / "causes-before.json"
JUDGED_BEFORE = STACKS / "verdicts-before.jsonl"
JUDGED = STACKS / "verdicts.jsonl"
ENDED = STACKS / "ended.json"  # useful causes of before that are gone for a reason
# What a control of before is called at the same place today: a password is judged by how easily it is guessed, first.
HEIRS = {"secret-not-inline": ("secret-not-guessable", "store-default-credentials")}
PAGE = ROOT / "docs" / "precision.md"
# Held by tests/test_stacks.py; raised as findings get better, never lowered. The aim is 60 %, and of findings at or above
# the default gate 75 % useful and 99 % not false.
LEAST_FALL, LEAST_USEFUL, LEAST_TRUE = 0.60, 0.75, 0.99
PART = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, order=True)
class Cause:
    """A weakness at one place, as it is named in reports of any version."""

    control: str
    case: str
    path: str
    place: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.control}/{self.case} {self.path} {self.place}"


@dataclass(frozen=True)
class Found:
    """What one finding says: its places, and those that broader controls found there. It is judged by its first place."""

    places: tuple[Cause, ...]
    covered: tuple[Cause, ...]
    severity: str
    message: str

    @property
    def causes(self) -> tuple[Cause, ...]:
        return self.places + self.covered


@dataclass(frozen=True)
class Stack:
    name: str
    before: int  # findings
    known: tuple[Cause, ...]  # of before
    now: tuple[Found, ...]


def names() -> list[str]:
    return sorted(folder.name for folder in STACKS.iterdir() if folder.is_dir() and folder != PLANTED)


def reviewed(name: str, source: Path) -> list[Found]:
    """The findings that count, by the code in `source`. The stack is reviewed alone, as a repository of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(STACKS / name, Path(folder) / name)
        environment = os.environ | {"PYTHONPATH": str(source), "XDG_STATE_HOME": folder}
        command = [sys.executable, "-m", "batten", "review", ".", "--format", "json", "--no-cache"]
        ran = subprocess.run(
            command, cwd=Path(folder) / name, env=environment, capture_output=True, check=False
        )
    if ran.returncode not in (0, 1, 3):
        raise SystemExit(f"{name}: batten ended with {ran.returncode}: {ran.stderr.decode()[-500:]}")
    findings = json.loads(ran.stdout)["findings"]
    return [_found(f) for f in findings if f["counts"] and not f["suppression"]]


def _found(finding: dict[str, Any]) -> Found:
    places = [{**finding, **place} for place in finding.get("places") or [finding]]
    covered = finding.get("also_breaks") or []
    return Found(_causes(places), _causes(covered), finding["severity"], finding["message"])


def _causes(places: Iterable[dict[str, Any]]) -> tuple[Cause, ...]:
    return tuple(
        Cause(p["control"], p["case"], p["at"]["path"], p["at"]["pointer"], p["fingerprint"]) for p in places
    )


def all_reviewed(source: Path) -> dict[str, list[Found]]:
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names(), pool.map(lambda name: reviewed(name, source), names()), strict=True))


def stacks(now: dict[str, list[Found]]) -> list[Stack]:
    before = json.loads(BEFORE.read_text())["stacks"]
    return [
        Stack(
            name,
            before[name]["findings"],
            tuple(Cause(**cause) for cause in before[name]["causes"]),
            tuple(now[name]),
        )
        for name in names()
    ]


def lost(stack: Stack) -> list[Cause]:
    """Causes of before that no place of today shows. A place may be named otherwise today: then its file, control and
    case decide."""
    here = {cause for found in stack.now for cause in found.causes}
    exact = {(c.control, c.case, c.path, c.place) for c in here}
    renamed = {(c.control, c.case, c.path) for c in here}
    heirs = {(c.control, c.path, c.place) for c in here}
    return [
        c
        for c in stack.known
        if (c.control, c.case, c.path, c.place) not in exact
        and (c.control, c.case, c.path) not in renamed
        and not any((heir, c.path, c.place) in heirs for heir in HEIRS.get(c.control, ()))
    ]


def gained(stack: Stack) -> list[Cause]:
    known = {(c.control, c.case, c.path) for c in stack.known}
    return [c for found in stack.now for c in found.causes if (c.control, c.case, c.path) not in known]


def missing(found: Iterable[Stack]) -> list[str]:
    """Causes that were judged useful and are gone without a reason that is written down."""
    useful = {
        (v.stack, v.fingerprint) for v in read_verdicts(JUDGED_BEFORE) if v.judgement is Judgement.USEFUL
    }
    ended = {
        (e["stack"], e["control"], e["case"], e["path"])
        for e in (json.loads(ENDED.read_text()) if ENDED.exists() else [])
    }
    return [
        f"{stack.name}: {cause}"
        for stack in found
        for cause in lost(stack)
        if (stack.name, cause.fingerprint) in useful
        and (stack.name, cause.control, cause.case, cause.path) not in ended
    ]


@dataclass(frozen=True)
class Judged:
    """The verdicts of the findings of today, and which findings have none."""

    verdicts: tuple[Verdict, ...]
    gated: tuple[Verdict, ...]  # those of findings at or above the default gate: all but `info`
    without: tuple[str, ...]


def judged(found: Iterable[Stack]) -> Judged:
    held = {(v.stack, v.fingerprint): v for v in read_verdicts(JUDGED)}
    verdicts, gated, without = [], [], []
    for stack in found:
        for finding in stack.now:
            verdict = next(
                filter(None, (held.get((stack.name, c.fingerprint)) for c in finding.places)), None
            )
            if verdict is None:
                without.append(f"{stack.name}: {finding.severity} {finding.places[0]}: {finding.message}")
            else:
                verdicts.append(verdict)
                gated += [verdict] if finding.severity != "info" else []
    return Judged(tuple(verdicts), tuple(gated), tuple(without))


def page(found: list[Stack]) -> Iterator[str]:
    """The generated part of docs/precision.md."""
    now = judged(found)
    figures = precision(now.verdicts)
    before = precision(read_verdicts(JUDGED_BEFORE))
    gate = precision(now.gated)
    gate_before = precision(v for v in read_verdicts(JUDGED_BEFORE) if v.severity != "info")
    yield f"| of the findings on {len(found)} stacks | before (`fe283a9`) | now |"
    yield "|---|---|---|"
    yield f"| judged | {before.total.all} | {figures.total.all} |"
    yield f"| useful | {_share(before.total.usefulness)} | {_share(figures.total.usefulness)} |"
    yield f"| not false | {_share(before.total.truth)} | {_share(figures.total.truth)} |"
    yield f"| at or above the default gate (low) | {gate_before.total.all} | {gate.total.all} |"
    yield f"| useful of these | {_share(gate_before.total.usefulness)} | {_share(gate.total.usefulness)} |"
    yield f"| not false of these | {_share(gate_before.total.truth)} | {_share(gate.total.truth)} |"
    yield ""
    yield from _falls(found)
    yield ""
    yield from _controls(figures)
    shipped = [v for v in read_verdicts(JUDGED) if v.stack.startswith("debian:")]
    if shipped:
        of = precision(shipped)
        yield ""
        yield (
            f"Configurations that Debian packages ship ({len(of.stacks)} packages, {of.total.all} findings): useful "
            f"{_share(of.total.usefulness)}, not false {_share(of.total.truth)}."
        )


def _share(part: Share) -> str:
    return f"{part.value:.1%} ({part.low:.1%} to {part.high:.1%})"


def _falls(found: list[Stack]) -> Iterator[str]:
    yield "| stack | findings before | now | fall | causes gone (useful) | causes new |"
    yield "|---|---|---|---|---|---|"
    gone = {line.partition(":")[0] for line in missing(found)}
    for stack in found:
        many = f"{len(lost(stack))} ({sum(name == stack.name for name in gone)})"
        yield f"| {stack.name} | {stack.before} | {len(stack.now)} | {_fall(stack.before, len(stack.now))} | {many} | {len(gained(stack))} |"
    before, now = sum(s.before for s in found), sum(len(s.now) for s in found)
    yield f"| **all** | {before} | {now} | {_fall(before, now)} | | |"


def fallen(found: Iterable[Stack]) -> float:
    """By which part findings fell, over all stacks."""
    counts = [(stack.before, len(stack.now)) for stack in found]
    return 1 - sum(now for _, now in counts) / sum(before for before, _ in counts)


def _fall(before: int, now: int) -> str:
    return f"{1 - now / before:.0%}" if before else ""


def _controls(figures: Precision) -> Iterator[str]:
    yield "| control | useful | noise | false |"
    yield "|---|---|---|---|"
    for tally in figures.controls:
        yield _row(tally)


def _row(tally: Tally) -> str:
    return f"| {tally.name} | {tally.useful} | {tally.noise} | {tally.false} |"


def write_before(source: Path) -> None:
    found = all_reviewed(source)
    noted = {
        name: {
            "findings": len(findings),
            "causes": [asdict(cause) for finding in findings for cause in finding.causes],
        }
        for name, findings in found.items()
    }
    BEFORE.write_text(json.dumps({"stacks": noted}, indent=1) + "\n")


def main() -> int:
    match sys.argv[1:]:
        case ["--before", folder]:
            write_before(Path(folder).absolute())
            return 0
        case [] | ["--write"] | ["--check"]:
            found = stacks(all_reviewed(ROOT / "src"))
        case _:
            print(__doc__)
            return 2
    text = "\n".join(page(found)) + "\n"
    if "--write" in sys.argv:
        PAGE.write_text(PART.sub(lambda _: text, PAGE.read_text()))
    print(text)
    for line in judged(found).without:
        print(f"not judged: {line}")
    gone = missing(found)
    for line in gone:
        print(f"gone: {line}")
    return int(bool(gone) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
