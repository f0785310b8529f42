"""Wheels of what is installed here, so that what installs from an index can be run without one; and the action with their hashes."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LEFT_OUT = ("INSTALLER", "REQUESTED", "direct_url.json")
_PIN = re.compile(r"^([A-Za-z][\w.-]*)==([^\s;\\]+)")


def pinned(text: str, folder: Path) -> str:
    """Make a wheel of each release that the text pins; the text with their hashes. Raises PackageNotFoundError."""
    folder.mkdir()
    made: list[str] = []
    for line in text.splitlines():
        if line.startswith("# "):
            made.append(line)
        elif found := _PIN.match(line):
            package = distribution(found[1])
            digest = sha256(_wheel(package, folder).read_bytes()).hexdigest()
            made.append(f"{found[1]}=={package.version} --hash=sha256:{digest}")
    return "\n".join([*made, ""])


def _wheel(package: Distribution, folder: Path) -> Path:
    """A wheel that holds the files of an installed distribution, uncompressed."""
    tag = re.findall(r"(?m)^Tag: (\S+)$", package.read_text("WHEEL") or "")[0]
    name = re.sub(r"[-_.]+", "_", package.metadata["Name"])
    place = folder / f"{name}-{package.version}-{tag}.whl"
    kept = [
        f
        for f in package.files or ()
        if ".." not in f.parts and f.name not in _LEFT_OUT and f.suffix != ".pyc"
    ]
    with zipfile.ZipFile(place, "w") as archive:
        for file in kept:
            data = (
                "".join(f"{f},,\n" for f in kept)
                if file.name == "RECORD"
                else Path(str(file.locate())).read_bytes()
            )
            archive.writestr(str(file), data)
    return place


def action(folder: Path, wheels: Path) -> Path:
    """A copy of all that the action is installed from, which holds hashes of wheels that are made beside it."""
    ignored = shutil.ignore_patterns("__pycache__", ".run")
    for name in ("src", "docs/controls", "docs/schemas", "examples", "ci"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "tools").mkdir()
    for name in (
        "action.yml",
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        "tools/pinned.py",
        "tools/sbom.py",
    ):
        shutil.copy(ROOT / name, folder / name)
    used, rest = (ROOT / "constraints.txt").read_text().split("# == watch\n")
    text = f"{pinned(used, wheels)}# == example\n{rest}"
    (folder / "constraints.txt").write_text(text)
    return folder


def installed() -> bool:
    """Whether what a build needs is here."""
    try:
        return bool(distribution("hatchling")) and sys.version_info >= (3, 11)
    except PackageNotFoundError:
        return False
