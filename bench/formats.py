"""What a report costs in each format: `python bench/formats.py [FILES]`, processor time (user and system), lowest of several.

First a mixed tree in the formats, beside checkov's JSON of the same tree; then one file of 625 to 5,000 lines, start-up
apart, and what a doubling costs. `PEERS=0` leaves checkov out; `SHAPES=name,name` takes these shapes of
`tests/security/growth_shapes.py`; `RUNS=1` measures each once.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from corpus import ROOT, write_corpus
from peers import python_program

sys.path.insert(0, str(ROOT / "tests" / "security"))

from growth_shapes import Make, built

from batten.engine.outcome import Outcome
from batten.engine.review import judge_all, read
from batten.formats import Workspace
from batten.model import Severity
from batten.policy import Policy
from batten.reports import render
from batten.technologies import technologies

BATTEN = [sys.executable, "-m", "batten", "review", "--no-cache"]
FORMATS = ("terminal", "json", "sarif")
LINES = (625, 1250, 2500, 5000)
RUNS = int(os.environ.get("RUNS", "3"))
SHAPES = tuple(
    filter(
        None,
        os.environ.get(
            "SHAPES",
            "compose: services,kubernetes: pods,helm: one template,terraform: resources,terraform: buckets and what belongs to them,"
            "cloudformation: resources,nginx: servers,haproxy: frontends,caddy: sites,apache: hosts,envoy: listeners,"
            "kong: services,openapi: operations,dockerfile: stages,fastapi: cookies",
        ).split(","),
    )
)


def processor_time(command: list[str], runs: int) -> float:
    """Seconds of the command and of the processes that it waits for, lowest of some runs."""
    lowest = float("inf")
    for _ in range(runs):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) < 0:
            raise SystemExit(f"{command[:4]} was killed")
        lowest = min(lowest, usage.ru_utime + usage.ru_stime)
    return lowest


def mixed(tree: Path, files: int) -> None:
    size = write_corpus(tree, files)
    print(f"{files} files, {size / 1e6:.2f} MB\n\n| what | processor seconds | ratio |\n|---|---|---|")
    costs = {form: processor_time([*BATTEN, "--format", form, str(tree)], 3) for form in FORMATS}
    for form, cost in costs.items():
        print(f"| `--format {form}` | {cost:.2f} | {cost / costs['terminal']:.2f} × terminal |", flush=True)
    if os.environ.get("PEERS") != "0":
        checkov = python_program("checkov", "checkov")
        cost = processor_time([checkov, "--directory", str(tree), "--quiet", "--output", "json"], 1)
        print(f"| checkov, JSON | {cost:.2f} | {cost / costs['json']:.0f} × batten's JSON |", flush=True)


def reported(files: dict[str, str], form: str) -> float:
    """Processor seconds for reading, judging and reporting files in one format."""
    gc.collect()
    before = time.process_time()
    workspace = Workspace(Path(tempfile.gettempdir()) / "batten-nothing", files)
    result = read(workspace, Policy())
    judge_all(result)
    render(form, Outcome("review", "/", Severity.LOW, result.findings, result.problems), workspace)
    return time.process_time() - before


def of_length(make: Make, lines: int) -> dict[str, str]:
    """The files of a shape that have about so many lines."""
    each = (length(make(200)) - length(make(100))) / 100
    return make(max(round(lines / each), 1))


def length(files: dict[str, str]) -> int:
    return sum(text.count("\n") for text in files.values())


def doublings() -> None:
    print(f"\n| one file of lines | format | {' | '.join(f'{n:,}' for n in LINES)} | highest of a doubling |")
    print("|---|---|---|---|---|---|---|")
    for name, make in built():
        if name not in SHAPES:
            continue
        for form in ("json", "sarif"):
            costs = [min(reported(of_length(make, lines), form) for _ in range(RUNS)) for lines in LINES]
            ratio = max(b / a for a, b in pairwise(costs))
            print(f"| {name} | {form} | {' | '.join(f'{c:.3f}' for c in costs)} | {ratio:.2f} |", flush=True)


def main() -> None:
    for technology in technologies().values():
        technology.adapter()  # what is loaded once is not part of what grows
    gc.set_threshold(100_000, 50, 50)  # as the command has it
    with tempfile.TemporaryDirectory(prefix="batten-bench-") as folder:
        mixed(Path(folder) / "tree", int(sys.argv[1]) if len(sys.argv) > 1 else 300)
    doublings()


if __name__ == "__main__":
    main()
