"""Two revisions of batten beside each other, in one run: `python bench/revisions.py BEFORE [AFTER]` (wrk and nginx are needed).

Both are checked out beside this folder's tree and run with this environment's libraries, in turns. What counts is the ratio of processor
time; start-up, review and probe are the least of some runs, the guard's is the median of its turns. Reports of the review are compared byte by
byte, too.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from corpus import ROOT, write_corpus

from guard import CONTRACT, DIFFERENT, ORDER, VARIED, Way, free_port, measure, nginx_conf, started
from live import RATE, contract, free_ports, served

FILES, RUNS, TURNS, SECONDS = 400, 5, 5, 3


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """The sources of a revision; this tree's own for `.`."""
    if revision == ".":
        yield ROOT / "src"
        return
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        yield folder / "src"
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def batten(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "batten", *words]


def spent(source: Path, command: list[str], folder: Path) -> float:
    """Seconds of processor time, children's included."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def row(name: str, before: float, after: float, unit: str = "s") -> None:
    print(f"| {name} | {before:.3f} {unit} | {after:.3f} {unit} | {after / before:.2f} |", flush=True)


def least(name: str, sources: tuple[Path, Path], folder: Path, command: Callable[[], list[str]]) -> None:
    costs: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for source, cost in zip(sources, costs, strict=True):
            cost.append(spent(source, command(), folder))
    row(name, min(costs[0]), min(costs[1]))


def reviewed(sources: tuple[Path, Path], folder: Path) -> None:
    tree = folder / "tree"
    write_corpus(tree, FILES)
    command = batten("review", str(tree), "--format", "json", "--no-cache")
    least(f"review of {FILES} files", sources, folder, lambda: command)
    reports = []
    for source in sources:
        spent(source, command, folder)
        reports.append((folder / "output.txt").read_bytes())
    print(
        f"| its JSON | {len(reports[0])} bytes | {'equal' if reports[0] == reports[1] else 'DIFFERENT'} | |"
    )


def probed(sources: tuple[Path, Path], folder: Path) -> None:
    (folder / "openapi.json").write_text(contract(), encoding="utf-8")
    ports = free_ports(1)
    with served(folder, ports):
        command = batten("probe", "--allow", "127.0.0.1", f"http://127.0.0.1:{ports[0]}", "--contract", "openapi.json", "--rate", str(5 * RATE))  # fmt: skip
        least("probe of 40 operations", sources, folder, lambda: command)


def guarded(sources: tuple[Path, Path], folder: Path) -> None:
    (folder / "openapi.yaml").write_text(CONTRACT, encoding="utf-8")
    (folder / "batten.yaml").write_text("origins: []\n", encoding="utf-8")
    (folder / "varied.lua").write_text(VARIED, encoding="utf-8")
    (folder / "orders").mkdir(mode=0o755)
    for number in range(DIFFERENT):
        one = json.dumps({**ORDER, "id": number}, separators=(",", ":"))
        (folder / "orders" / f"{number:04}.json").write_text(one, encoding="utf-8")
    source = free_port()
    file = f"server {{ listen 127.0.0.1:{source}; root {folder}; open_file_cache max={2 * DIFFERENT};\n"
    file += 'location ~ "[0-9]{4}$" { rewrite "([0-9]{4})$" /orders/$1.json break; } }'
    with ExitStack() as stack:
        started(stack, nginx_conf(folder, source, file, 1), folder, source)
        ways = []
        for name, path in zip(("before", "after"), sources, strict=True):
            port = free_port()
            command = batten("guard", "run", "--contract", "openapi.yaml", "--listen", f"127.0.0.1:{port}")
            command = ["env", f"PYTHONPATH={path}", *command, "--upstream", f"http://127.0.0.1:{source}", "--workers", "1"]  # fmt: skip
            ways.append(Way(name, port, started(stack, command, folder, port), "varied.lua"))
        for _ in range(TURNS):
            for way in ways:
                measure(way, SECONDS, folder)
    before, after = (statistics.median(way.costs) for way in ways)
    row("guard, a request that is never the same", before, after, "µs")


def main() -> None:
    if len(sys.argv) not in (2, 3):
        raise SystemExit(str(__doc__).splitlines()[0])
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        before = stack.enter_context(checked_out(sys.argv[1], folder / "before"))
        after = stack.enter_context(checked_out(sys.argv[2] if len(sys.argv) > 2 else ".", folder / "after"))
        work = folder / "work"
        work.mkdir(mode=0o755)
        sources = (before, after)
        print("| processor time | before | after | ratio |\n|---|---|---|---|")
        least("start-up", sources, work, lambda: batten("--version"))
        (work / "one").mkdir()
        (work / "one" / "Dockerfile").write_text("FROM alpine:3.22\nUSER 1000\n", encoding="utf-8")
        least("review of one file", sources, work, lambda: batten("review", "one", "--no-cache"))
        reviewed(sources, work)
        guarded(sources, work)
        probed(sources, work)


if __name__ == "__main__":
    main()
