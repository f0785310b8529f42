"""Installs the products that the catalogue is tested against, or with `--judges` the programs that judge what is rendered, each
apart from the others: `python tools/products.py [--judges] [--all] [NAME …]`.

Packages come as they were on the day of `NEWEST`, so that a later release of a dependency changes no test.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRODUCTS = ROOT / "tests" / "live" / "products" / "packages.toml", ROOT / ".products"
JUDGES = ROOT / "tests" / "harden" / "judges" / "packages.toml", ROOT / ".judges"
NEWEST = "2026-11-20"
AT_ONCE = 4  # mostly waiting for downloads


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true", help="also what only the proof run needs")
    parser.add_argument("--judges", action="store_true", help="programs that judge what is rendered")
    given = parser.parse_args()
    packages, place = JUDGES if given.judges else PRODUCTS
    rows = tomllib.loads(packages.read_text())
    unknown = set(given.names) - set(rows)
    if unknown:
        parser.error(f"{packages.name} has no {', '.join(sorted(unknown))}")
    wanted = given.names or [name for name, row in rows.items() if given.all or row.get("ci")]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        there = pool.map(lambda name: _installed(place / name, rows[name]), wanted)
        failed = [name for name, made in zip(wanted, there, strict=True) if not made]
    for name in failed:
        print(f"{name} cannot be installed", file=sys.stderr)
    return 1 if failed else 0


def _installed(folder: Path, row: dict[str, object]) -> bool:
    """Whether it is there; what stands in its folder from another row is replaced."""
    written = repr(sorted(row.items(), key=str))
    mark = folder / "row"
    if mark.is_file() and mark.read_text() == written:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if "overrides" in row:  # versions of dependencies, by their names
        (folder / "package.json").write_text(json.dumps({"overrides": row["overrides"]}))
    made = all(subprocess.run(command).returncode == 0 for command in _commands(folder, row))
    if made:
        mark.write_text(written)
    return made


def _commands(folder: Path, row: dict[str, object]) -> list[list[str]]:
    pip, npm = row.get("pip", []), row.get("npm", [])
    assert isinstance(pip, list) and isinstance(npm, list)
    uv = [sys.executable, "-m", "uv"]
    commands = []
    if pip:
        commands.append([*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")])
        into = [
            "pip",
            "install",
            "--quiet",
            "--exclude-newer",
            NEWEST,
            "--python",
            str(folder / "venv" / "bin" / "python"),
        ]
        commands.append([*uv, *into, *pip])
    if npm:
        quiet = ["--silent", "--no-audit", "--no-fund", "--no-save", "--before", NEWEST]
        commands.append(["npm", "install", *quiet, "--prefix", str(folder), *npm])
    return commands


if __name__ == "__main__":
    sys.exit(main())
