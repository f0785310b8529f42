"""Writes docs/products.md: each product that `batten probe` finds open, what anyone can do there, and how it was tried. `--check` compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from batten.live.products import PRODUCTS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "products.md"
CASES = ROOT / "tests" / "live" / "products"
HEAD = """# Products that are found open

`batten probe URL` recognises these products by what their address answers, at the root of a host or below a path, and asks each one for something
that only clients with a login should get. One that answers it is the first line of the report, with what anyone can do there and the setting that closes
it. One that refuses is not mentioned. The reading requests are the only ones: nothing is changed.

Each was started by the tests, open and locked: *server* is the vendor's own program; *double* a small server that answers as its documented protocol says, where
the program cannot run in the tests. Made by `python tools/catalogue.py` of `src/batten/live/products/`; data stores are in [probe.md](probe.md).

| product | anyone can | close it | tried on |
|---|---|---|---|
"""


def main() -> int:
    page = HEAD + "".join(_rows())
    if "--check" not in sys.argv:
        PAGE.write_text(page, encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page:
        print("docs/products.md is not current: run python tools/catalogue.py", file=sys.stderr)
        return 1
    return 0


def _rows() -> Iterator[str]:
    started = _started()
    for row in sorted(PRODUCTS, key=lambda row: row.name.lower()):
        close = f"{row.close} [More]({row.source})"
        cells = (row.name, row.gains, close, "server" if row.name in started else "double")
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _started() -> set[str]:
    """The products of which a test starts the vendor's own program."""
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "live"), str(CASES)]
    modules = sorted(path.stem for path in CASES.glob("*_cases.py") if path.stem != "product_cases")
    return {case.product for name in modules for case in import_module(name).CASES if not case.double}


if __name__ == "__main__":
    sys.exit(main())
