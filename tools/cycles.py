"""Bring src/batten/controls/cycles.json up to date from endoflife.date, and say what changed.

`python tools/cycles.py` asks `https://endoflife.date/api/<product>.json` for each product that has a `source`;
`--from FOLDER` reads `<source>.json` files that were fetched before. Rows without a source (those of
AWS Lambda and Aurora MySQL) are brought up to date by hand. Of a cycle with paid extended support, `standard` keeps the day
on which that begins. A day that is only known as true or false there stays as it is here, and a cycle is never dropped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import urlopen

DATA = Path(__file__).resolve().parent.parent / "src" / "batten" / "controls" / "cycles.json"
API = "https://endoflife.date/api"
OLDEST = date(2017, 1, 1)  # what ended before is not added: nobody is helped by rows nobody runs

Fetch = Callable[[str], list[dict[str, Any]]]


def fetched(source: str) -> list[dict[str, Any]]:
    with urlopen(f"{API}/{source}.json", timeout=30) as answer:
        rows: list[dict[str, Any]] = json.load(answer)
        return rows


def updated(data: dict[str, Any], fetch: Fetch, today: date) -> Iterator[str]:
    """Change the data in place; yields a line for each cycle that is new or has another day."""
    for name, product in data["products"].items():
        if "source" in product:
            rows = fetch(product["source"])
            for row in rows:
                if ends := _day(row.get("extendedSupport")):
                    product.setdefault("standard", {})[str(row["cycle"])] = _day(row.get("eol"))
                    row["eol"] = ends
            yield from _merged(name, product["cycles"], rows)
    data["collected"] = today.isoformat()


def _merged(name: str, cycles: dict[str, str | None], rows: list[dict[str, Any]]) -> Iterator[str]:
    for row in reversed(rows):  # the API lists the newest first
        cycle, day = str(row["cycle"]), _day(row.get("eol"))
        if cycle not in cycles and (day is None or date.fromisoformat(day) >= OLDEST):
            cycles[cycle] = day
            yield f"{name} {cycle}: new, {day or 'supported'}"
        elif day is not None and cycles.get(cycle, day) != day:
            yield f"{name} {cycle}: {cycles[cycle]} -> {day}"
            cycles[cycle] = day


def _day(written: object) -> str | None:
    """An ISO day; None where the API says true or false only. Raises ValueError for anything else."""
    return date.fromisoformat(written).isoformat() if isinstance(written, str) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, help="read <source>.json files from there")
    folder: Path | None = parser.parse_args().folder
    fetch: Fetch = (
        fetched if folder is None else lambda source: json.loads((folder / f"{source}.json").read_text())
    )
    data = json.loads(DATA.read_text())
    try:
        changes = list(updated(data, fetch, date.today()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"nothing was changed: {error}", file=sys.stderr)
        return 1
    DATA.write_text(json.dumps(data, indent=1) + "\n")
    print("\n".join(changes) or "no day has changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
