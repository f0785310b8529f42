"""What a file is on one line costs no more than on many: no report, no cache and no history repeats the line for a finding.

CI runs a few of the forms at 64 KiB; `make proof` all of them, up to a megabyte. Each runs in a process of its own, whose
processor time and memory are measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from minified import KIB, SIZES, WRITTEN, Form, forms, of_pages

from batten.advisories.database import kept
from batten.advisories.exports import Local
from batten.advisories.fetching import fetch
from batten.reports import FORMATS
from batten.reports import plan as plans
from batten.technologies import technologies
from osv import NEEDED, archive, before, record
from proofs import PROOF, turn

TIMES = 3  # the terminal's processor time
SLACK = (
    3.0  # seconds: edits are proved on the whole text until five million characters were read (`Text.prove`)
)
MEGABYTES = 200
LENGTH = 20  # times the input, for each report
DENSE = 200  # characters for each finding; of what is denser, what batten itself says of a finding is counted apart:
OWN = 2_500  # bytes
HELD = 0.012  # megabytes
PROGRAM = Path(__file__).with_name("minified_run.py")
FORMS = dict(forms())
CASES = [(name, size) for size in (SIZES if PROOF else SIZES[:1]) for name in FORMS]
# Those that were seen to fail always run.
FIRST = [
    ("kubernetes: a list, as kubectl prints it", SIZES[0]),
    ("cloudformation: a template", SIZES[0]),
    ("environment: one giant secret", SIZES[0]),
]
CHOSEN = list(dict.fromkeys([*FIRST, *turn("minified", CASES, 9)]))


def written(form: Form, size: int, root: Path) -> int:
    """The files of the form below the root; returns their bytes."""
    length = 0
    for path, text in form(size).items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        length += place.write_bytes(text.encode())
    return length


def ran(root: Path, home: Path, *more: Path) -> dict[str, object]:
    surroundings = os.environ | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, os.fspath(PROGRAM), *map(os.fspath, (root, *more))],
        capture_output=True, text=True, env=surroundings, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, object] = json.loads(done.stdout)
    return found


def over(found: dict[str, object], length: int) -> list[str]:
    """What took more than it may."""
    seconds, sizes, findings = found["seconds"], found["bytes"], found["findings"]
    assert isinstance(seconds, dict) and isinstance(sizes, dict) and isinstance(findings, int)
    beyond = max(0, findings - length // DENSE)
    terminal = seconds["read"] + seconds["terminal"]
    told = [
        f"{form}: {seconds['read'] + seconds[form]:.1f} s, the terminal's {terminal:.1f} s"
        for form in FORMATS
        if seconds["read"] + seconds[form] > TIMES * terminal + SLACK
    ]
    allowed = max(length, 4 * KIB) * LENGTH + beyond * OWN
    told += [f"{form}: {size:,} bytes of {length:,}" for form, size in sizes.items() if size > allowed]
    peak = found["megabytes"]
    assert isinstance(peak, float)
    if peak > MEGABYTES + beyond * HELD:
        told.append(f"{peak:.0f} MB for {findings} findings")
    return told


@pytest.mark.parametrize(("name", "size"), [pytest.param(n, s, id=f"{n}, {s // KIB} KiB") for n, s in CHOSEN])
def test_a_line_costs_no_more_than_lines(name: str, size: int, tmp_path: Path) -> None:
    root = tmp_path / "root"
    length = written(FORMS[name], size, root)
    found = ran(root, tmp_path / "home")
    assert over(found, length) == []


@NEEDED
@pytest.mark.parametrize("name", ["sbom: CycloneDX", "packages: package-lock.json"])
def test_a_list_of_vulnerable_packages_costs_no_more(name: str, tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "advisories"
    length = written(WRITTEN[name], SIZES[1 if PROOF else 0], root)
    folder.mkdir()
    place = tmp_path / "all.zip"
    names = [f"package-{n}" for n in range(1500)] + [f"p{n}" for n in range(1500)]
    place.write_bytes(archive(record(f"N-{name}", name, "npm", *before("9999.0.0")) for name in names))
    with kept(folder) as database:
        list(fetch(database, Local(place, single=True), ["npm"], datetime(2026, 11, 1, tzinfo=UTC)))
    found = ran(root, tmp_path / "home", folder)
    assert isinstance(found["findings"], int) and found["findings"] > 100
    assert over(found, length) == []


def test_every_report_and_every_technology_with_pages_is_among_them(tmp_path: Path) -> None:
    """A new one joins by itself: its bytes and seconds are asked for, and its pages are put on one line."""
    root = tmp_path / "root"
    written(WRITTEN["dockerfile: one ENV"], KIB, root)
    found = ran(root, tmp_path / "home")
    assert isinstance(found["bytes"], dict)
    assert set(found["bytes"]) == {*FORMATS, *(f"plan {form}" for form in plans.FORMATS)}
    without_pages = {"laravel", "rails", "environment", "system_packages", "helm", "credential_files"}
    assert {name.partition(":")[0] for name in of_pages()} == set(technologies()) - without_pages
    assert len(WRITTEN) >= 30 and len(FORMS) >= 170


def test_what_is_too_much_is_seen() -> None:
    """The measure is measured."""
    forms = dict.fromkeys(FORMATS, 1.0)
    sizes = dict.fromkeys(FORMATS, 1000)
    fine: dict[str, object] = {
        "findings": 1,
        "seconds": forms | {"read": 1.0},
        "bytes": sizes,
        "megabytes": 50.0,
    }
    assert over(fine, 10_000) == []
    slow: dict[str, object] = fine | {"seconds": forms | {"read": 1.0, "json": 9.0}}
    large: dict[str, object] = fine | {"bytes": sizes | {"json": 10_000 * LENGTH + 1}, "megabytes": 300.0}
    assert over(slow, 10_000) == ["json: 10.0 s, the terminal's 2.0 s"]
    assert len(over(large, 10_000)) == 2


def test_cache_and_history_do_not_repeat_the_line(tmp_path: Path) -> None:
    root = tmp_path / "root"
    length = written(WRITTEN["kubernetes: a list, as kubectl prints it"], SIZES[0], root)
    (root / "batten.yaml").write_text("version: 1\n")
    home = tmp_path / "home"
    kept = {name: str(home / name) for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME")}
    surroundings = os.environ | kept | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    program = "import sys; from batten.cli import main; main(sys.argv[1:])"
    for words in (["review"], ["check", "--no-probe"]):
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=root,
            env=surroundings,
            capture_output=True,
            check=False,
        )
        assert done.returncode in (1, 3), done.stderr
    sizes = [path.stat().st_size for path in home.rglob("*") if path.is_file()]
    assert sizes and sum(sizes) < LENGTH * length
