"""Review beside its peers, in one run: `make bench`, or `python bench/review.py [FILES]`.

Peers live in an environment of their own (.bench/, made here). Ratios are what counts; the absolute
numbers are this machine's.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from corpus import ROOT, write_corpus

PEERS = ROOT / ".bench"
BATTEN = Path(sys.executable).with_name("batten")
PARSE_ONLY = """
import gc, sys
gc.set_threshold(100_000, 50, 50)
from pathlib import Path
from batten.formats import SyntaxProblem, dockerfile, directives, hcl, nginx, yaml
PARSERS = {"nginx.conf": nginx.parse, "compose.yaml": yaml.parse, "openapi.yaml": yaml.parse,
           "Dockerfile": dockerfile.parse, "redis.conf": directives.parse_directives, "main.tf": hcl.parse}
for path in sorted(Path(sys.argv[1]).rglob("*")):
    if path.name in PARSERS:
        try:
            PARSERS[path.name](path.read_text())
        except SyntaxProblem:
            pass
"""


@dataclass(frozen=True)
class Cost:
    seconds: float
    megabytes: float


def measured(command: list[str], runs: int) -> Cost:
    """Best wall time of some runs, and the peak memory of the process tree's largest process."""
    best, peak = float("inf"), 0.0
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1, 3):
            raise SystemExit(f"{command} failed")
        best = min(best, time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss / 1024)
    return Cost(best, peak)


def peer(package: str, program: str) -> str:
    """The path of a peer's program, installed when it is not there yet."""
    if not (PEERS / "bin" / "python").exists():
        venv.create(PEERS, with_pip=True)
    if not (PEERS / "bin" / program).exists():
        subprocess.run([PEERS / "bin" / "pip", "install", "-q", package], check=True)
    return str(PEERS / "bin" / program)


def row(name: str, cost: Cost, ratio: float, base: str) -> str:
    return f"| {name} | {cost.seconds:.2f} | {cost.megabytes:.0f} | {ratio:.1f} × {base} |"


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    folder = Path(tempfile.mkdtemp(prefix="batten-bench-"))
    try:
        size = write_corpus(folder / "tree", files)
        (folder / "one").mkdir()
        shutil.copy(ROOT / "examples" / "orders" / "nginx" / "nginx.conf", folder / "one" / "nginx.conf")
        tree = str(folder / "tree")
        python = measured([sys.executable, "-c", "pass"], 5)
        version = measured([str(BATTEN), "--version"], 5)
        one = measured([str(BATTEN), "review", str(folder / "one")], 5)
        parse = measured([sys.executable, "-c", PARSE_ONLY, tree], 3)
        whole = measured([str(BATTEN), "review", tree], 3)
        json = measured([str(BATTEN), "review", tree, "--format", "json"], 1)
        checkov = measured([peer("checkov", "checkov"), "--directory", tree, "--quiet", "--compact"], 1)
    finally:
        shutil.rmtree(folder)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(f"{files} files, {size / 1e6:.2f} MB\n")
    print("| what | seconds | MB | ratio |\n|---|---|---|---|")
    print(row("python -c pass", python, 1, "itself"))
    print(row("batten --version", version, (version.seconds - python.seconds) * 1000, "ms over python"))
    print(row("batten review, one file", one, one.seconds * 1000, "ms"))
    print(row("parsing only", parse, 1, "itself"))
    print(row("batten review, the tree", whole, whole.seconds / parse.seconds, "parsing only"))
    print(
        row(
            "batten review --format json, every fix and diff",
            json,
            json.seconds / parse.seconds,
            "parsing only",
        )
    )
    print(row("checkov, the tree", checkov, checkov.seconds / whole.seconds, "batten"))


if __name__ == "__main__":
    main()
