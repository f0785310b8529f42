"""Secrets at every place where a reader can meet one, through every command and format: none gets out."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from zlib import crc32

import pytest
from canary_trees import CANARIES, Canaries, count, seen, tree
from click.testing import CliRunner, Result

import batten.technologies
from batten import masking
from batten.cli import main
from batten.reports import FORMATS
from batten.reports.plan import FORMATS as PLANS
from batten.technologies import technologies
from proofs import PROOF, turn

NAMES = sorted(p.stem for p in CANARIES.glob("*.md") if p.stem != "README")
SEEDS = (1, 2)
PLANTED = [(name, seed) for name in NAMES for seed in SEEDS]


class Run:
    """Commands in one tree, each with an empty register, and what all of them said."""

    def __init__(self, root: Path, canaries: Canaries) -> None:
        self.root = root
        self.canaries = canaries
        self.leaks: list[str] = []

    def __call__(self, *words: str, code: tuple[int, ...] = (0, 1, 3)) -> Result:
        masking.forget()
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code in code, (words, result.exit_code, result.output[-2000:])
        assert "internal error" not in result.output, (words, result.output[-2000:])
        self.leaks += [f"{' '.join(words)}: {leak}" for leak in seen(result.output, self.canaries)]
        return result

    @property
    def told(self) -> str:
        """The first leak of each secret."""
        first: dict[str, str] = {}
        for leak in self.leaks:
            first.setdefault(leak.partition(": ")[2].partition(" as ")[0], leak)
        return "\n".join(first.values())

    def looked_at(self, what: str, text: str) -> None:
        self.leaks += [f"{what}: {leak}" for leak in seen(text, self.canaries)]


@pytest.fixture
def in_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], Run]:
    home = tmp_path / "home"
    for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(home / name))
    monkeypatch.setenv("HOME", str(home))
    root = tmp_path / "tree"

    def made(name: str, seed: int) -> Run:
        canaries = Canaries(seed)
        root.mkdir()
        tree(name, canaries, root)
        monkeypatch.chdir(root)
        return Run(root, canaries)

    return made


def readable(form: str, text: str) -> None:
    """A report with masks in it still is one of its format."""
    if form in ("json", "sarif", "gitlab"):
        json.loads(text)
    elif form == "junit":
        ElementTree.fromstring(text)
    elif form == "html":
        assert text.startswith("<!DOCTYPE html>") and text.endswith("</html>\n")


def every_report(run: Run, *words: str) -> None:
    """What a command reports in every format. A report may register what the next one hides: the first is another one for
    each tree and command, and the proof run asks for each alone."""
    if PROOF:
        for form in FORMATS:
            readable(form, run(*words, "--format", form).stdout)
        return
    first = crc32(repr((words, *run.canaries.values)).encode()) % len(FORMATS)
    files = {form: run.root.parent / f"report.{form}" for form in FORMATS[first:] + FORMATS[:first]}
    run(*words, *(word for form, file in files.items() for word in ("--format", form, "--output", str(file))))
    for form, file in files.items():
        text = file.read_text("utf-8")
        readable(form, text)
        run.looked_at(f"{' '.join(words)} --format {form}", text)


@pytest.mark.parametrize(("name", "seed"), turn("review", PLANTED, len(NAMES)))
def test_review_shows_none(name: str, seed: int, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree(name, seed)
    run("review")  # writes the cache, the next reads it
    every_report(run, "review")
    every_report(run, "review", "--no-cache", "-v")
    every_report(run, "review", "--strict", "-v")
    run("review", "--write-baseline", "baseline.json")
    run.looked_at("baseline.json", (run.root / "baseline.json").read_text())
    assert not run.leaks, run.told


@pytest.mark.parametrize(("name", "seed"), turn("fix", PLANTED, len(NAMES)))
def test_fix_shows_none(name: str, seed: int, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree(name, seed)
    run("fix", "--diff", "--no-validate")
    run("fix", "--diff", "--risky", "--no-validate")
    before = contents(run.root)
    made = run("fix", "--risky", "--no-validate")
    if "0 findings fixed" not in made.output:
        run("fix", "--undo", code=(0,))
        assert contents(run.root) == before
    assert not run.leaks, run.told


@pytest.mark.parametrize(("name", "seed"), turn("check", PLANTED, len(NAMES)))
def test_check_and_what_lies_on_disk_show_none(
    name: str, seed: int, in_tree: Callable[[str, int], Run], tmp_path: Path
) -> None:
    run = in_tree(name, seed)
    planted = {path for path, _ in contents(run.root).items()}
    run("review")
    every_report(run, "check", "--no-probe")
    run("history")
    run("history", "--findings")
    run("init", "--force")
    for path in kept(tmp_path):
        if path.relative_to(tmp_path).as_posix().removeprefix("tree/") not in planted:
            run.looked_at(str(path), path.read_bytes().decode("utf-8", "replace"))
    for path in kept(tmp_path):
        if path.suffix == ".db":
            with sqlite3.connect(path) as db:
                run.looked_at(str(path), "\n".join(db.iterdump()))
    assert not run.leaks, run.told


SPOILS = (
    lambda text: text + "\n]}{ :\n\t- \"'\n",
    lambda text: text[: len(text) * 2 // 3],
    lambda text: text.replace('"', "", 1).replace("}", "", 1).replace("\n  ", "\n\t", 2),
)
SPOILED = [(name, spoil) for name in NAMES for spoil in range(len(SPOILS))]


@pytest.mark.parametrize(("name", "spoil"), turn("spoils", SPOILED, len(NAMES)))
def test_files_that_do_not_parse_show_none(name: str, spoil: int, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree(name, spoil)
    for path, data in contents(run.root).items():
        (run.root / path).write_text(SPOILS[spoil](data.decode()), encoding="utf-8")
    every_report(run, "review", "-v")
    run("fix", "--diff", "--risky", "--no-validate")
    run("init", "--force")
    assert not run.leaks, run.told


@pytest.mark.parametrize("engine", ["nginx", "envoy", "haproxy", "kong"])
@pytest.mark.parametrize("seed", SEEDS)
def test_exports_hold_none(engine: str, seed: int, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree("openapi", seed)
    run("guard", "export", engine, "--contract", "openapi.yaml", "--output", "out", code=(0, 2))
    for path in kept(run.root / "out"):
        run.looked_at(str(path), path.read_text())
    assert not run.leaks, run.told


@pytest.mark.parametrize("seed", SEEDS)
def test_hardened_deployments_hold_none(seed: int, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree("openapi", seed)
    run("harden", "nginx", "--contract", "openapi.yaml", "--output", "out", code=(0, 1, 2, 3))
    for path in kept(run.root / "out"):
        run.looked_at(str(path), path.read_text())
    assert not run.leaks, run.told


@pytest.mark.parametrize("name", turn("plans", NAMES, 5))
def test_plans_show_none(name: str, in_tree: Callable[[str, int], Run]) -> None:
    run = in_tree(name, SEEDS[0])
    for form in PLANS if PROOF else (PLANS[crc32(name.encode()) % len(PLANS)],):
        readable(form, run("harden", "--from", ".", "--format", form).stdout)
    run("harden", "--from", ".", "--next", "--risky")
    run("harden", "compose", "--from", ".", "--output", "out", "--dry-run", code=(0, 1, 2, 3))
    assert not run.leaks, run.told


@pytest.mark.parametrize("name", sorted(technologies()))
def test_every_technology_has_canaries(name: str) -> None:
    enough = name in NAMES and count(name) >= 4
    assert enough, f"tests/security/canaries/{name}.md: write at least 4 secrets, each as CANARY"


def test_there_are_many_canaries_and_none_without_a_technology() -> None:
    assert set(technologies()) == set(NAMES)
    assert sum(map(count, NAMES)) >= 120


_HOOKS = re.compile(
    r"\b(?:credentials\.(?!known\()\w+\(|typed\(|recognise\(|url_password\(|placeholder\(|token\(|masking\.)"
)
_NO_VALUES = {
    "shared/secrets/evidence.py",  # judges a value that its caller registers
    "shared/secrets/urls.py",  # asks whether a URL has a password, of texts that its callers asked about
    "cloud/cloudformation/secret_remedies.py",  # asks that of what the reader found
    "cloud/serverless/writing.py",  # as above
    "shared/deployment/named.py",  # masks what an internal error says
    "orchestration/kubernetes/edge/contour.py",  # only private keys, which are masked by what stands around them
}


def test_every_module_that_meets_credentials_meets_a_canary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(batten.technologies.__file__).parent
    modules = {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in folder.rglob("*.py")}
    wanted = {path for path, text in modules.items() if _HOOKS.search(text)} - _NO_VALUES
    met: set[str] = set()
    canaries = Canaries(3)
    register = masking.register

    def noticing(value: str) -> None:
        register(value)
        if any(canary in value or value in canary for canary in canaries.values if len(value) > 6):
            frame = sys._getframe(1)
            while frame is not None:
                place = Path(frame.f_code.co_filename)
                if place.is_relative_to(folder):
                    met.add(place.relative_to(folder).as_posix())
                frame = frame.f_back  # type: ignore[assignment]

    monkeypatch.setattr(masking, "register", noticing)
    for name in NAMES:
        root = tmp_path / name
        root.mkdir()
        tree(name, canaries, root)
        monkeypatch.chdir(root)
        CliRunner().invoke(main, ["review", "--no-cache"])
        CliRunner().invoke(main, ["fix", "--diff", "--risky", "--no-validate"])
    assert sorted(wanted - met) == [], (
        "no planted secret reaches these modules: plant one for each in tests/security/canaries/<technology>.md, where the module "
        "registers it (masking.register); a module that meets no value goes into _NO_VALUES, with the reason"
    )


def contents(root: Path) -> dict[str, bytes]:
    """The tree's own files."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in kept(root)
        if ".batten" not in path.parts
    }


def kept(folder: Path) -> Iterator[Path]:
    """All files below a folder but the journals of fixes, which must hold what is to be restored."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if "undo" not in Path(parent).parts:
                yield Path(parent) / name
