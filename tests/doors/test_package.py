"""The wheel that the image, pre-commit and the action install: made of what the image's build sees, and run away from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from batten import __version__
from batten.engine.review import review
from batten.model import Severity
from batten.policy import Policy
from days import judged_on
from needs import PACKAGES, needs

ROOT = Path(__file__).parents[2]
DOCKERFILE, IGNORED = "Dockerfile", ".dockerignore"
pytestmark = needs("hatchling", find_spec("hatchling"), PACKAGES)
OPEN = 'services:\n  cache:\n    image: redis:8.2.1\n    ports: ["6379:6379"]\n'


def admitted() -> Iterator[str]:
    """What .dockerignore admits: all else is left out by its first line."""
    first, *rows = [r for r in (ROOT / IGNORED).read_text().splitlines() if r and not r.startswith("#")]
    assert first == "*"
    yield from (row.removeprefix("!") for row in rows if row.startswith("!"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    context, made = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("dist")
    for name in admitted():
        (context / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, context / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    path = os.pathsep.join(p for p in sys.path if p and not Path(p).is_relative_to(ROOT))
    environment = {"PATH": os.defpath, "PYTHONPATH": path}
    subprocess.run(command, cwd=context, env=environment, check=True, capture_output=True)
    (found,) = made.glob("batten-*.whl")
    return found


def test_the_wheel_holds_its_licence_types_pages_schemas_and_bill(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in (
        "batten/py.typed",
        "batten/pages/hsts-sent.md",
        "batten/schemas/report.schema.json",
        "batten/schemas/batten.schema.json",
        "batten/reports/coverage.json",
        "batten/technologies/edges/nginx/unwritten.yaml",
    ):
        assert name in names
    assert [n for n in names if n.endswith(".dist-info/licenses/LICENSE")]
    assert [n for n in names if ".dist-info/sboms/" in n]
    assert not [n for n in names if n.startswith(("tests/", "tools/", "docs/"))]
    here = {p.relative_to(ROOT / "src").as_posix() for p in (ROOT / "src").rglob("*") if p.is_file()}
    assert {n for n in here if "__pycache__" not in n} <= set(names)


def test_the_installed_wheel_does_its_work_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    place, stack = tmp_path / "place", tmp_path / "stack"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(place),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    stack.mkdir()
    (stack / "compose.yaml").write_text(OPEN)
    path = [str(place), *(p for p in sys.path if "site-packages" in p)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(path)}

    def batten(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "batten", *words]
        return subprocess.run(
            command, cwd=stack, env=environment, capture_output=True, text=True, check=False
        )

    where = subprocess.run(
        [sys.executable, "-c", "import batten; print(batten.__file__)"],
        cwd=stack, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.startswith(str(place))
    assert batten("--version").stdout.startswith("batten, version ")
    assert batten("explain", "hsts-sent").returncode == 0
    assert batten("schema", "report").stdout.startswith("{")
    reviewed = batten("review")
    assert reviewed.returncode == 1 and "store-private" in reviewed.stdout, reviewed.stderr


def test_the_changelog_begins_with_the_version() -> None:
    version, said = re.findall(r"(?m)^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text())[0]
    assert version == __version__ and re.fullmatch(r"unreleased|\d{4}-\d\d-\d\d", said)


def test_the_image_copies_only_what_its_context_admits() -> None:
    allowed = set(admitted())
    copied = [
        word
        for line in (ROOT / DOCKERFILE).read_text().splitlines()
        if line.startswith("COPY ") and "--from=" not in line
        for word in line.split()[1:-1]
    ]
    assert set(copied) == allowed


@judged_on("2026-12-01")
def test_the_image_is_judged_clean_and_runs_without_root() -> None:
    result = review(ROOT, Policy(gate=Severity.INFO), (DOCKERFILE,))
    found = {f.control for f in result.findings if f.suppression is None}
    assert result.units and found == {
        "container-health-checked"
    }  # a command that ends, not a service that could hang
    last = (ROOT / DOCKERFILE).read_text().split("\nFROM ")[-1]
    assert "\nUSER 10001:10001\n" in last
