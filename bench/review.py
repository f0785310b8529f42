"""Review beside its peers, in one run: `make bench`, or `python bench/review.py [FILES]`.

Peers live in environments of their own (.bench/, made here). Ratios are what counts; the absolute
numbers are this machine's. Seconds are of processor time, children's included.
"""

from __future__ import annotations

import compileall
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from corpus import NAMES, ROOT, write_corpus
from peers import Peer, specialists, whole_tree

BATTEN = Path(sys.executable).with_name("batten")
SPECIAL = 200  # files of one technology for a specialist
PARSE_ONLY = """
import gc, sys
gc.set_threshold(100_000, 50, 50)
from pathlib import Path
from batten.formats import SyntaxProblem, dockerfile, directives, hcl, nginx, yaml
PARSERS = {"nginx.conf": nginx.parse, "Dockerfile": dockerfile.parse, "redis.conf": directives.parse_directives,
           "main.tf": hcl.parse, "compose.yaml": yaml.parse, "openapi.yaml": yaml.parse,
           "template.yaml": yaml.parse, "manifests.yaml": yaml.parse_all}
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
    """Least processor time of some runs, and the peak memory of the process tree's largest process."""
    best, peak = float("inf"), 0.0
    for _ in range(runs):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) < 0:
            raise SystemExit(f"{command[:4]} was killed")
        best = min(best, usage.ru_utime + usage.ru_stime)
        peak = max(peak, usage.ru_maxrss / 1024)
    return Cost(best, peak)


def review(tree: Path, *options: str, runs: int = 3) -> Cost:
    return measured([str(BATTEN), "review", *options, str(tree)], runs)


def row(name: str, cost: Cost, ratio: str = "") -> None:
    print(f"| {name} | {cost.seconds:.2f} | {cost.megabytes:.0f} | {ratio} |", flush=True)


def tree_table(folder: Path, files: int) -> None:
    """Parsing, batten cold and warm, JSON, and the peer that reads the whole tree."""
    tree = folder / "tree"
    size = write_corpus(tree, files)
    print(f"{files} files, {size / 1e6:.2f} MB of {', '.join(NAMES)}\n")
    print("| what | seconds | MB | ratio |\n|---|---|---|---|")
    python = measured([sys.executable, "-c", "pass"], 5)
    row("`python -c pass`", python)
    version = measured([str(BATTEN), "--version"], 5)
    row("`batten --version`", version, f"{(version.seconds - python.seconds) * 1000:.0f} ms over Python")
    parse = measured([sys.executable, "-c", PARSE_ONLY, str(tree)], 3)
    row("parsing only", parse, "1")
    whole = review(tree, "--no-cache")
    row("batten review --no-cache", whole, f"{whole.seconds / parse.seconds:.1f} × parsing")
    review(tree, runs=1)
    warm = review(tree)
    row("batten review, nothing changed", warm, f"{warm.seconds / files * 1e6:.0f} ms a thousand files")
    json = review(tree, "--no-cache", "--format", "json", runs=1)
    row("batten review --no-cache --format json", json, f"{json.seconds / parse.seconds:.1f} × parsing")
    for peer in whole_tree():
        cost = measured(peer.command(tree, []), 1)
        row(f"{peer.name}, the tree", cost, f"{cost.seconds / whole.seconds:.0f} × batten")


def linear_table(folder: Path, files: int) -> None:
    """The same mix, once, four and sixteen times as large."""
    print("\n| files | seconds | MB | ms a file, start-up apart |\n|---|---|---|---|")
    (folder / "none").mkdir()
    start = review(folder / "none", "--no-cache", runs=5).seconds
    for share in (16, 4, 1):
        tree = folder / f"share-{share}"
        count = max(files // share, 1)
        write_corpus(tree, count)
        cost = review(tree, "--no-cache")
        row(str(count), cost, f"{(cost.seconds - start) / count * 1000:.2f}")


def specialist_table(folder: Path) -> None:
    """Each specialist on files of its own technology, beside batten on the same files."""
    print("\n| peer | its seconds | its MB | batten's seconds, MB, ratio |\n|---|---|---|---|")
    for kind, peer in specialists():
        tree = folder / f"{kind}-{peer.name.partition(',')[0]}"
        write_corpus(tree, SPECIAL, [kind])
        if peer.stops:
            drop_what_stops(peer, tree, kind)
        files = sorted(str(p) for p in tree.rglob(NAMES[kind][0]))
        own = review(tree, "--no-cache")
        cost = measured(peer.command(tree, files), 1)
        ratio = f"{own.seconds:.2f} s, {own.megabytes:.0f} MB: {cost.seconds / own.seconds:.1f} × faster"
        row(f"{peer.name}, {len(files)} × {NAMES[kind][0]}", cost, ratio)


def drop_what_stops(peer: Peer, tree: Path, kind: str) -> None:
    """Takes files out of the tree, for both, with which the peer ends before it has read the others."""
    for path in sorted(tree.rglob(NAMES[kind][0])):
        done = subprocess.run(peer.command(tree, [str(path)]), capture_output=True, text=True, check=False)
        if "Traceback" in done.stderr:
            path.unlink()


def one_file_table(folder: Path) -> None:
    print("\n| one file | seconds | MB | |\n|---|---|---|---|")
    example = ROOT / "examples" / "orders"
    for name in ("nginx/nginx.conf", "compose.yaml", "openapi.yaml", "Dockerfile", "terraform/bucket.tf"):
        place = folder / f"one-{name.replace('/', '-')}"
        place.mkdir()
        shutil.copy(example / name, place / Path(name).name)
        row(Path(name).name, review(place, "--no-cache", runs=5))


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    folder = Path(tempfile.mkdtemp(prefix="batten-bench-"))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{time.strftime('%Y-%m-%d')}, {machine}")
    # An installer compiles what it installs, the peers too; a checkout may hold sources that never were.
    compileall.compile_dir(ROOT / "src" / "batten", quiet=1)
    try:
        tree_table(folder, files)
        linear_table(folder, files)
        specialist_table(folder)
        one_file_table(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
