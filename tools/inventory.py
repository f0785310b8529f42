"""The documentation site's pages of inventories: what each vendor lets people set, and what batten makes of it.

python tools/inventory.py nginx     prints the page of a technology; without a name, the overview
python tools/inventory.py --check   renders every page, and fails for a table or a link that does not hold

No page is kept in the repository: each says again what `technologies/<wing>/<name>/inventory.txt` says. `tools/website.py` writes them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from batten.technologies import technologies
from batten.technologies._wings import folder_of
from batten.technologies.shared.inventory import Inventory, Listed, Standing, inventory

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "inventory"  # where the site has them; controls are linked from there
KEYS = ROOT / "src/batten/technologies/shared/aws/access/keys.txt"
_TITLES = {
    Standing.JUDGED: ("Judged", "controls"),
    Standing.READ: ("Read", "what for"),
    Standing.UNREAD: ("Not read", "what it touches"),
    Standing.IRRELEVANT: ("Irrelevant", "why"),
}
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
_CELLS = re.compile(r"(?<!\\)\|")


def page(found: Inventory) -> str:
    """One technology's page: how much is covered, the sources, and a table for each standing."""
    title = technologies()[found.technology].title
    counts = ", ".join(f"{len(found.of(one)):,} {one.value}" for one in Standing)
    lines = [f"# {title}: inventory of settings", "", f"Rendered from `{folder_of(found.technology)}/inventory.txt`.",
             f"{counts}: **{found.covered:.1%}** of the relevant ones are judged or read.", "", *(f"- {one}" for one in found.head)]  # fmt: skip
    for standing, (name, column) in _TITLES.items():
        if rows := found.of(standing):
            lines += ["", f"## {name}", "", f"| setting | {column} |", "|---|---|", *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(one: Listed) -> str:
    said = one.said
    if one.standing is Standing.JUDGED:
        said = ", ".join(f"[{slug}](../controls/{slug}.md)" for slug in said.split())
    return f"| `{one.name}` | {said} |"


def overview(every: list[Inventory]) -> str:
    rows = [
        f"| [{technologies()[one.technology].title}]({one.technology}.md) | "
        + " | ".join(f"{len(one.of(standing)):,}" for standing in _TITLES)
        + f" | {one.covered:.1%} |"
        for one in every
    ]
    return "\n".join(
        ["# Inventories", "", "What vendors let people set, and what batten makes of it. A run's ledger names settings that are *not read*",
         "where a file uses them. Covered is the share of the relevant settings that are judged or read.", "",
         "Who sets the condition keys of AWS access policies: [aws-condition-keys.md](aws-condition-keys.md).", "",
         "uvicorn has no files of its own and so no page: its options are read where commands, calls and variables (`UVICORN_*`) give them. Chroma's file has too few settings",
         "for a page.", "",
         "| technology | judged | read | not read | irrelevant | covered |", "|---|---|---|---|---|---|", *rows]
    ) + "\n"  # fmt: skip


def condition_keys() -> str:
    """The page of AWS's condition keys: what each is, and so whether it fixes who calls."""
    text = KEYS.read_text()
    head = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    rows = [line.split(maxsplit=2) for line in text.splitlines() if line and not line.startswith("#")]
    return "\n".join(
        ["# AWS: condition keys of access policies", "", "Rendered from `technologies/shared/aws/access/keys.txt`.", "",
         "```text", *(line for line in head if not line.startswith("https:")), "```", "",
         *(f"- {line}" for line in head if line.startswith("https:")), "",
         "| key | what it is | of whom or what |", "|---|---|---|", *(f"| `{key}` | {kind} | {said} |" for kind, key, said in rows)]
    ) + "\n"  # fmt: skip


def pages() -> dict[Path, str]:
    """Every page by the place that it has on the site."""
    every = [found for name in sorted(technologies()) if (found := inventory(name)) is not None]
    made = {PAGES / "README.md": overview(every), PAGES / "aws-condition-keys.md": condition_keys()}
    return made | {PAGES / f"{one.technology}.md": page(one) for one in every}


def wrong(made: dict[Path, str]) -> Iterator[str]:
    """Rows that have more or fewer cells than their table, and links that lead nowhere."""
    for path, text in made.items():
        columns = 0
        for line in text.splitlines():
            cells = len(_CELLS.findall(line)) - 1 if line.startswith("|") else 0
            if cells and columns and cells != columns:
                yield f"{path.name}: {cells} cells in a table of {columns}: {line}"
            columns = cells and (columns or cells)
        for link in _LINK.findall(text):
            place = (path.parent / link).resolve()
            if place not in made and not place.exists():
                yield f"{path.name}: no page {link}"


def main(arguments: list[str]) -> int:
    made = pages()
    if "--check" in arguments:
        errors = list(wrong(made))
        print("\n".join(errors), file=sys.stderr, end="\n" if errors else "")
        return bool(errors)
    name = f"{arguments[0] if arguments else 'README'}.md"
    if PAGES / name not in made:
        print(
            f"there is no inventory of '{arguments[0]}'; python tools/inventory.py lists all", file=sys.stderr
        )
        return 2
    print(made[PAGES / name], end="")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
