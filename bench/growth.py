"""What twice as much costs: `python bench/growth.py [WORD …]` measures the cases whose names hold a word, or all.

Every reader, judge, report and fix, and every expression that batten's modules hold, is given texts of 1×, 2×, 4× and 8× a
size at which the clock can be trusted. A doubling may cost 2.4 times as much processor time; what costs more is printed,
and is an error. A case that takes longer than a minute, or more memory than two gigabytes, is one too.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "security"))

from growth_expressions import asked, expressions, grows  # noqa: E402
from growth_measure import ALLOWED, grown  # noqa: E402
from growth_shapes import built, from_pages, spoiled  # noqa: E402

from batten.technologies import technologies  # noqa: E402

SECONDS = 60
PARTS = set(filter(None, os.environ.get("PARTS", "").split(",")))
MEMORY = 3 << 30
Row = tuple[str, str, float, str]  # case, stage, ratio, costs


def measured(name: str, work: Callable[[], list[Row]], answers: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        answers.send(work())
    except MemoryError:
        answers.send([(name, "all", float("inf"), "more memory than 3 GB")])


def tasks(words: list[str]) -> Iterator[tuple[str, Callable[[], list[Row]]]]:
    for word, source, size in (("pages", from_pages, 4), ("built", built, 8), ("spoiled", spoiled, 80)):
        if PARTS and word not in PARTS:
            continue
        for name, make in source():
            if _asked(name, words):
                yield (
                    name,
                    lambda name=name, make=make, size=size: [
                        (g.case, g.stage, g.worst, " ".join(f"{c * 1000:.0f}" for c in g.costs))
                        for g in grown(name, make, size)
                        if g.worst > ALLOWED
                    ],
                )
    for name, pattern in expressions().items() if not PARTS or "expressions" in PARTS else ():
        if _asked(name, words):
            yield name, lambda name=name, pattern=pattern: _expression(name, pattern)


def _expression(name: str, pattern) -> list[Row]:  # type: ignore[no-untyped-def]
    worst = grows(pattern, asked(name))
    return (
        [
            (
                name,
                "expression",
                worst[0],
                f"{', '.join(asked(name))} of {worst[1]}: {worst[2] * 1e6:.2f} µs a character",
            )
        ]
        if worst
        else []
    )


def _asked(name: str, words: list[str]) -> bool:
    return not words or any(w in name for w in words)


def main(words: list[str]) -> int:
    for technology in technologies().values():
        technology.adapter()  # what is loaded once is not part of what grows
    context = multiprocessing.get_context("fork")
    workers = int(os.environ.get("WORKERS", "2"))
    waiting = tasks(words)
    running: dict[Connection, tuple[str, BaseProcess]] = {}
    offenders: list[Row] = []
    count, ended = 0, False
    while running or not ended:
        while len(running) < workers and not ended:
            task = next(waiting, None)
            if task is None:
                ended = True
                break
            count += 1
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
            offenders += rows
            for row in rows:
                print(f"| {row[0]} | {row[1]} | {row[2]:.1f} | {row[3]} |", flush=True)
    print(f"\n{count} cases, {len(offenders)} grow by more than {ALLOWED} for twice as much")
    return 1 if offenders else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
