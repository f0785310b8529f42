"""Public repositories that were drawn by a seed, and what judges who had not written batten said of it on them.

python tools/judged.py           writes the tables into docs/precision.md
python tools/judged.py --check   fails where the page has others

`tests/precision/` holds a file of verdicts for each round: a line names the repository, the kind of what was judged (the first
lines that a user sees, all of high severity, secrets, a sample of the rest, safe and risky fixes), control, severity, place, verdict
and reason. Nothing else of the repositories is kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from batten.engine.precision import share

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "precision"
PAGE = ROOT / "docs" / "precision.md"
PART = re.compile(r"(?<=<!-- public -->\n).*?(?=<!-- end of public -->)", re.DOTALL)
ROUNDS = ("before", "after", "unseen", "third", "fourth", "fifth")
TITLES = {
    "first10": "the first lines of the list",
    "high": "findings of high and critical severity",
    "secret": "findings about secrets",
    "rest": "others",
    "safe-fix": "safe fixes",
    "risky-fix": "risky fixes",
}
WRONG = frozenset(("false", "wrong"))
WORTH = frozenset(("useful", "true", "right"))
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    path = FOLDER / f"{name}.jsonl"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def tables() -> str:
    return "\n".join(line for name in ROUNDS if rows(name) for line in _round(name, rows(name)))


def _round(name: str, judged: list[Row]) -> Iterator[str]:
    repositories = sorted({row["repo"] for row in judged}, key=str.lower)
    yield f"**{name.capitalize()}**, {len(judged)} verdicts on {len(repositories)} repositories: {', '.join(repositories)}.\n"
    yield "| what was judged | verdicts | useful, or right | not false, not wrong |"
    yield "|---|---|---|---|"
    for kind, title in TITLES.items():
        counts = Counter(row["verdict"] for row in judged if row["kind"] == kind)
        total = sum(counts.values())
        worth, wrong = (sum(counts[v] for v in some) for some in (WORTH, WRONG))
        yield f"| {title} | {total} | {_shown(worth, total)} | {_shown(total - wrong, total)} |"
    yield ""


def _shown(count: int, of: int) -> str:
    found = share(count, of)
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})" if of else "none"


def main(check: bool) -> int:
    page = PAGE.read_text("utf-8")
    made = PART.sub(lambda _: tables() + "\n", page)
    if check:
        if made != page:
            print(f"{PAGE.name} is not what tools/judged.py writes: run it")
        return int(made != page)
    PAGE.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
