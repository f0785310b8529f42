"""What twice as much costs: `python bench/growth.py [WORD …]` measures the cases whose names hold a word.

Every reader, judge, report and fix, and every expression that batten's modules hold, is given texts of 1×, 2×, 4× and 8× a
size at which the clock can be trusted. A doubling may cost 2.4 times as much processor time, lowest of several; what costs
more is printed, and is an error. A case that takes longer than a minute, or more memory than three gigabytes, is one too.

PARTS=expressions,built,pages,spoiled takes these parts alone. Of the thousands of spoiled texts (every shape behind every
head) a run takes one in twelve, so that each head meets each twelfth shape and each shape two heads or three; TURN=0 to 11
says which, and FULL=1 takes them all. WORKERS says how many run side by side (2).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "security"))

from growth_expressions import asked, cut, dearest, expressions, steepest  # noqa: E402
from growth_measure import ALLOWED, grown  # noqa: E402
from growth_shapes import Make, built, from_pages, sampled, spoiled  # noqa: E402

from batten.technologies import technologies  # noqa: E402

SECONDS = 60
MEMORY = 3 << 30
FULL = os.environ.get("FULL") == "1"
TURN = int(os.environ.get("TURN", "0"))
PARTS = tuple(filter(None, os.environ.get("PARTS", "expressions,built,pages,spoiled").split(",")))
Row = tuple[str, str, float, str]  # case, stage, ratio, costs
Task = tuple[str, Callable[[], list[Row]]]


@dataclass(slots=True)
class Part:
    """What was run of a part, and what came of it."""

    name: str
    there: int = 0
    ran: int = 0
    ratios: list[Row] = field(default_factory=list)

    def __str__(self) -> str:
        high = sorted((r[2] for r in self.ratios if r[2] != float("inf")), reverse=True)
        seen = (
            f"median {median(high):.2f}, highest {', '.join(f'{h:.2f}' for h in high[:3])}" if high else "-"
        )
        over = sum(r[2] > ALLOWED for r in self.ratios)
        return f"| {self.name} | {self.ran} of {self.there} | {len(self.ratios)} | {seen} | {over} |"


def measured(name: str, work: Callable[[], list[Row]], answers: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        answers.send(work())
    except MemoryError:
        answers.send([(name, "all", float("inf"), "more memory than 3 GB")])


def tasks(part: Part, words: list[str]) -> Iterator[Task]:
    for number, (name, work) in enumerate(_all(part.name)):
        part.there += 1
        if words and not any(w in name for w in words):
            continue
        if part.name == "spoiled" and not FULL and not words and not sampled(number, TURN):
            continue
        part.ran += 1
        yield name, work


def _all(part: str) -> Iterator[Task]:
    match part:
        case "expressions":
            for name, pattern in expressions().items():
                yield name, lambda name=name, pattern=pattern: _expression(name, pattern)  # type: ignore[misc]
        case "built":
            yield from _shapes(built(), 8)
        case "pages":
            yield from _shapes(from_pages(), 4)
        case "spoiled":
            yield from _shapes(spoiled(), 80)
        case _:
            raise SystemExit(f"there is no part {part!r}: expressions, built, pages, spoiled")


def _shapes(source: Iterator[tuple[str, Make]], size: int) -> Iterator[Task]:
    for name, make in source:
        yield name, lambda name=name, make=make: _grown(name, make, size)  # type: ignore[misc]


def _grown(name: str, make: Make, size: int) -> list[Row]:
    return [
        (g.case, g.stage, g.worst, " ".join(f"{c * 1000:.0f}" for c in g.costs))
        for g in grown(name, make, size)
        if g.worst
    ]


def _expression(name: str, pattern) -> list[Row]:  # type: ignore[no-untyped-def]
    methods = asked(name)
    if (most := cut(name)) is not None:  # its cost is bounded, so that the bound is what must be low
        spent = dearest(pattern, methods, most)
        return (
            [(name, "expression", float("inf"), f"{spent:.2f} s for {most:,} characters")]
            if spent > 0.1
            else []
        )
    worst = steepest(pattern, methods, most=128_000 if FULL else 64_000)
    if worst is None:
        return []
    shown = f"{', '.join(methods)} of {worst.text}: {worst.each * 1e6:.2f} µs a character"
    return [(name, "expression", worst.ratio, shown)]


def run(part: Part, words: list[str], workers: int) -> None:
    context = multiprocessing.get_context("fork")
    waiting = tasks(part, words)
    running: dict[Connection, tuple[str, BaseProcess]] = {}
    ended = False
    while running or not ended:
        while len(running) < workers and not ended:
            task = next(waiting, None)
            if task is None:
                ended = True
                break
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=measured, args=(*task, theirs))
            process.start()
            theirs.close()
            running[ours] = (task[0], process)
        for ours in wait(list(running)):
            assert isinstance(ours, Connection)
            name, process = running.pop(ours)
            try:
                rows: list[Row] = ours.recv()
            except EOFError:
                rows = [(name, "all", float("inf"), f"took longer than {SECONDS} s, or was killed")]
            process.join()
            part.ratios += rows
            for row in rows:
                if row[2] > ALLOWED:
                    print(f"| {row[0]} | {row[1]} | {row[2]:.1f} | {row[3]} |", flush=True)


def main(words: list[str]) -> int:
    for technology in technologies().values():
        technology.adapter()  # what is loaded once is not part of what grows
    parts = [Part(name) for name in PARTS]
    for part in parts:
        before = time.monotonic()
        run(part, words, int(os.environ.get("WORKERS", "2")))
        print(f"{part.name}: {time.monotonic() - before:.0f} s\n", flush=True)
    print(
        f"| part | cases run | costs judged | a doubling costs | more than {ALLOWED} |\n|---|---|---|---|---|"
    )
    print("\n".join(map(str, parts)))
    return 1 if any(row[2] > ALLOWED for part in parts for row in part.ratios) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
