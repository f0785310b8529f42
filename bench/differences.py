"""What a peer finds and batten does not, place by place: `python bench/differences.py TREE …`.

`differences.txt` says for each rule of the peer which control of batten asks the same, or why none does; a rule that it does
not name is told. A place is found by batten where a finding of one of those controls lies within the peer's lines, or names
the peer's resource; it is unknown where batten says so. The table counts, and `--list` names each place that only the peer has.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peers import python_program

ARGUED = Path(__file__).with_name("differences.txt")
BATTEN = Path(sys.executable).with_name("batten")


@dataclass(frozen=True)
class Told:
    """What checkov says: a rule, of the resource at these lines of a file below the tree."""

    rule: str
    title: str
    path: str
    first: int
    last: int
    resource: str


def argued() -> dict[str, tuple[frozenset[str], str]]:
    """For each rule, the controls that ask the same, or why none does."""
    found: dict[str, tuple[frozenset[str], str]] = {}
    for line in ARGUED.read_text().splitlines():
        if line and not line.startswith("#"):
            rule, said = line.split(None, 1)
            apart = said.startswith("-")
            found[rule] = (frozenset(), said[1:].strip()) if apart else (frozenset(said.split()), "")
    return found


def of_peer(tree: Path) -> Iterator[Told]:
    checkov = python_program("checkov", "checkov")
    command = [checkov, "-d", str(tree), "--quiet", "--compact", "-o", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    for report in told if isinstance(told, list) else [told]:
        for one in report.get("results", {}).get("failed_checks", []):
            first, last = one["file_line_range"]
            yield Told(one["check_id"], one["check_name"], one["file_path"].lstrip("/"), first, last, one["resource"])  # fmt: skip


def of_batten(tree: Path) -> dict[tuple[str, str], list[tuple[int, str]]]:
    """Lines and pointers of findings, by control and file."""
    command = [str(BATTEN), "review", "--no-cache", "--format", "json", str(tree)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for finding in report["findings"]:
        for at in _places(finding):
            found[finding["control"], at["path"]].append((at["line"] or 0, at["pointer"]))
    return found


def _places(finding: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield finding["at"]
    for key in ("also", "places", "same"):
        for one in finding[key]:
            yield one.get("at", one)


def met(told: Told, controls: frozenset[str], own: dict[tuple[str, str], list[tuple[int, str]]]) -> bool:
    name = told.resource.rpartition(".")[2].partition("[")[0]
    return any(
        told.first <= line <= told.last or f".{name}/" in f"{pointer}/" or f"{name}/" in f"{pointer}/"
        for control in controls
        for line, pointer in own.get((control, told.path), ())
    )


def main(arguments: list[str]) -> int:
    listed, trees = "--list" in arguments, [Path(a) for a in arguments if not a.startswith("-")]
    known, both, only = argued(), Counter[str](), Counter[str]()
    apart, titles, strange = Counter[str](), dict[str, str](), Counter[str]()
    for tree in trees:
        own = of_batten(tree)
        for told in of_peer(tree):
            titles[told.rule] = told.title
            controls, why = known.get(told.rule, (frozenset(), ""))
            if controls and met(told, controls, own):
                both[told.rule] += 1
            elif controls:
                only[told.rule] += 1
                if listed:
                    print(f"{told.rule}\t{tree.name}/{told.path}:{told.first}\t{told.resource}\t{told.title}")
            elif why:
                apart[told.rule] += 1
            else:
                strange[told.rule] += 1
    asked = sum(both.values()) + sum(only.values())
    print(
        f"| rule | asks | both | the peer alone |\n|---|---|---|---|\n| all | | {sum(both.values())} | {sum(only.values())} |"
    )
    for rule, _ in sorted((both + only).items(), key=lambda row: (-only[row[0]], row[0])):
        print(f"| {rule} | {titles[rule]} | {both[rule]} | {only[rule]} |")
    print(
        f"\nBoth: {sum(both.values())} of {asked} that are fairly asked. Not asked on purpose: {sum(apart.values())} of {len(apart)} rules."
    )
    print(f"Not argued yet: {', '.join(sorted(strange)) or 'none'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
