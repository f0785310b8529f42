"""The vendor's own opinion: `docker compose config`, asked of the plug-in itself, which needs no Docker for that."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from pathlib import Path

from batten.cell import COPY, MIB, Bounds, NotAsked, Order
from batten.cell.keeper import run
from batten.cell.programs import installed
from batten.cell.scripts import is_script
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.tree import Plain, plain
from batten.model import Problem
from batten.technologies import Unit, Verdict
from batten.technologies.orchestration.compose.layers import documents
from batten.technologies.orchestration.compose.project import load

BOUNDS = Bounds(seconds=30.0, processor=30, memory=2048 * MIB)
_DEEPEST = 50
# Where Docker looks for its plug-ins: https://docs.docker.com/compose/install/linux/#install-the-plugin-manually
_FOLDERS = (
    "~/.docker/cli-plugins",
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_NAMED = ("env_file", "label_file")


def compose() -> Path | None:
    """The plug-in, or the program of the same name that stands alone; None where there is neither."""
    places = (Path(os.path.expanduser(f), "docker-compose") for f in _FOLDERS)
    found = next((p for p in places if os.access(p, os.X_OK)), None) or installed("docker-compose")
    return found if found and not is_script(found) else None


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """What `docker compose config` has against the files, when the plug-in is installed (False: it is not)."""
    program = compose()
    if program is None:
        return False
    options = [word for file in unit.files for word in ("-f", f"{COPY}/{file}")]
    beside = posixpath.join(COPY, posixpath.dirname(unit.main))
    arguments = ("--project-directory", beside, *options, "config", "-q", "--no-interpolate")
    answer = run(Order(program, arguments, copies(unit, workspace), bounds=BOUNDS, reserves=True))
    if isinstance(answer, NotAsked):
        return answer
    if answer.code == 0:
        return True
    lines = answer.errors.replace(f"{COPY}/", "").strip().splitlines()
    message = f"docker compose config: {lines[-1] if lines else 'failed'}"
    return Problem(unit.main, "fix", message, hint="run it by hand to see its whole output")


def copies(unit: Unit, workspace: Workspace) -> dict[str, bytes]:
    """The Compose files with those that they include and extend, in their places; files of variables are empty,
    since what they hold is often secret and nothing is put in from them."""
    loaded = load(unit.files, workspace)
    files = dict.fromkeys([*unit.files, *loaded.files])
    made: dict[str, bytes] = {}
    for file in files:
        made[file] = workspace.text(file).text.encode("utf-8", "replace")
        for beside in (file, unit.main, *loaded.bases):
            for named in _variables(file, beside, workspace):
                made.setdefault(named, b"")
    return made


def _variables(file: str, beside: str, workspace: Workspace) -> Iterator[str]:
    """The files of variables that are here."""
    try:
        trees = [plain(tree) for tree in documents(file, workspace)]
    except (SyntaxProblem, Unreadable):
        return
    for name in _named(trees):
        path = workspace.resolve(beside, name)
        if path is not None and workspace.exists(path):
            yield path


def _named(value: Plain, key: str = "", depth: int = 0) -> Iterator[str]:
    """The texts below the keys that name such files."""
    if depth > _DEEPEST:
        return
    if isinstance(value, str) and key in _NAMED:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, key, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _named(item, key if key in _NAMED and name == "path" else name, depth + 1)
