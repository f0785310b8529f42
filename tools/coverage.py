"""docs/coverage.md: which control finds, fixes and probes in which technology, counted from the fixtures.

What is read is written by hand at the head of the page, and kept; tests/test_readme.py compares it with the technologies.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import cast

from batten.formats import yaml
from batten.formats.tree import plain
from batten.technologies import technologies
from batten.technologies.shared.unread.catalogue import ROWS

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "pages"
TECHNOLOGIES = ROOT / "src" / "batten" / "technologies"
TABLE = ROOT / "docs" / "coverage.md"
COUNTED = "## Controls\n"  # all below it is counted
# What `batten explain` and `batten controls` know.
DATA = ROOT / "src" / "batten" / "reports" / "coverage.json"
WIRE = ("http", "tls", "pem")  # what answers, handshakes and certificates show
BLOCK = re.compile(r"^```(?P<language>[\w-]+)[^\n]*\b(?P<kind>bad|fixed)\b", re.MULTILINE)


def counted() -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {}
    for folder in sorted(FIXTURES.iterdir()):
        by_language: dict[str, set[str]] = defaultdict(set)
        for fixture in sorted(folder.glob("*.md")):
            for match in BLOCK.finditer(fixture.read_text()):
                by_language[match["language"]].add(match["kind"])
        found[folder.name] = by_language
    return found


def table() -> str:
    found = counted()
    languages = sorted({name for row in found.values() for name in row})
    finds = sum("bad" in kinds for row in found.values() for name, kinds in row.items() if name not in WIRE)
    fixes = sum("fixed" in kinds for row in found.values() for kinds in row.values())
    probes = sum(any(name in row for name in WIRE) for row in found.values())
    lines = [
        "",
        "Counted by `python tools/coverage.py` from the blocks of tests/pages, each of which the tests run.",
        f"{len(found)} controls; {finds} pairs of control and technology find, {fixes} fix, {probes} controls are",
        "also judged on the wire (`http`, `tls`, `pem`). F: finds. X: finds and fixes.",
        "",
        "| control | " + " | ".join(languages) + " |",
        "|---|" + "---|" * len(languages),
    ]
    for slug, row in found.items():
        marks = ("X" if "fixed" in row.get(n, ()) else "F" if row.get(n) else "" for n in languages)
        lines.append(f"| [{slug}](controls/{slug}.md) | " + " | ".join(marks) + " |")
    by_hand = TABLE.read_text().partition(COUNTED)[0]
    return by_hand + COUNTED + "\n".join((*lines, "", *unwritten(), "", *unread())) + "\n"


def unwritten() -> list[str]:
    """What a technology does not write, of its own list; tests hold the list against the fixtures."""
    lines = [
        "## Remedies that are not written",
        "",
        "A finding of these is reported with what to do, and has no fix. Each technology lists its own in",
        "`src/batten/technologies/<wing>/<name>/unwritten.yaml`; a test fails for a remedy that has neither a writer nor a line.",
        "",
        "| technology | remedy | why |",
        "|---|---|---|",
    ]
    for path in sorted(TECHNOLOGIES.glob("*/*/unwritten.yaml")):
        rows = plain(yaml.parse(path.read_text()))
        lines += [
            f"| {path.parent.name} | `{remedy}` | {why} |"
            for remedy, why in cast(dict[str, str], rows).items()
        ]
    return lines


def unread() -> list[str]:
    """What no technology reads although it matters, as `batten.technologies.shared.unread` knows it."""
    lines = [
        "## Recognised, and not read",
        "",
        "Every report names these files (docs/ledger.md); some are known by their contents, too. Terraform's reader looks for",
        "secrets in the resources of every provider.",
        "",
        "| kind | files |",
        "|---|---|",
    ]
    kinds: dict[str, list[str]] = {}
    for row in ROWS:
        kinds.setdefault(row.kind, []).extend(row.files.split())
    for kind, globs in sorted(kinds.items(), key=lambda item: item[0].lower()):
        lines.append(f"| {kind} | {', '.join(f'`{glob}`' for glob in dict.fromkeys(globs))} |")
    return lines


def data() -> str:
    """slug -> technology or "live" -> "finds" or "fixes"."""
    names = {t.language: t.name for t in technologies().values()} | dict.fromkeys(WIRE, "live")
    rows = {
        slug: {
            names[n]: "fixes" if "fixed" in kinds else "finds" for n, kinds in sorted(row.items()) if kinds
        }
        for slug, row in counted().items()
    }
    return json.dumps(rows, indent=1) + "\n"


def main() -> int:
    made = {TABLE: table(), DATA: data()}
    if "--check" not in sys.argv:
        for path, text in made.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is stale: run `python tools/coverage.py`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
