"""Caddy's own verdict: `caddy validate` on a copy that can be loaded anywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from batten.formats import Workspace, apply
from batten.model import Edit, Problem
from batten.technologies import Unit
from batten.technologies._certificate import self_signed
from batten.technologies.caddy import native
from batten.technologies.caddy.tree import Item, Tree, load

SECONDS = 10
_LINE = re.compile(r"(?P<file>[^\s:]*):(?P<line>\d+)(?::| -)")
# The tester's Caddy is of another version or lacks a plug-in, a file or a name: nothing is wrong with the file.
_NOT_OURS = re.compile(
    r"module not registered|not a registered directive|unrecognized (?:directive|global option|servers? option|subdirective)|getting module named"
    r"|no such file|permission denied|file to import not found|unknown (?:field|module)|wrong argument count"
    r"|listen|lookup|loading certificate|not supported",
    re.IGNORECASE,
)
# Names that changed: 2.8 calls basicauth basic_auth, and skip_log log_skip.
_RENAMED = {"basic_auth": "basicauth", "log_skip": "skip_log"}
_FILES = ("trusted_ca_cert_file", "trusted_leaf_cert_file", "tls_trusted_ca_certs", "acme_ca_root")


def caddy() -> str:
    """Where Caddy is installed here; "" when it is not."""
    places = (shutil.which("caddy"), shutil.which("caddy", path="/usr/local/bin:/usr/bin"))
    return next((p for p in places if p), "")


def validate(unit: Unit, workspace: Workspace) -> Problem | bool:
    """What Caddy has against the configuration; True when nothing, False when it is not installed."""
    command = caddy()
    if not command:
        return False
    with tempfile.TemporaryDirectory(prefix="batten-caddy-") as folder:
        place = Path(folder)
        if native.is_native(unit.main):
            (place / "caddy.json").write_text(workspace.text(unit.main).text, encoding="utf-8")
            error = _test([command, "validate", "--config", "caddy.json"], place)
        else:
            _copy(load(unit, workspace), workspace, place)
            main = str(place / "tree" / unit.main)
            error = _test([command, "validate", "--adapter", "caddyfile", "--config", main], place)
    return _problem(error, unit.main) or True


def _test(arguments: list[str], place: Path) -> str:
    environment = {
        **os.environ,
        "HOME": str(place),
        "XDG_DATA_HOME": str(place),
        "XDG_CONFIG_HOME": str(place),
    }
    try:
        done = subprocess.run(
            arguments,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            cwd=place,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


def _problem(error: str, main: str) -> Problem | None:
    if not error or _NOT_OURS.search(error):
        return None
    found = _LINE.search(error)
    message = error.removeprefix("Error: ").rpartition("Error during parsing: ")[2] or error
    line = int(found["line"]) if found else 0
    return Problem(
        main, "fix", f"Caddy refuses it: {message[:200]}", "nothing was written; see caddy validate", line
    )


def _copy(tree: Tree, workspace: Workspace, place: Path) -> None:
    """Every file of the unit with what cannot exist here replaced. Lines keep their numbers."""
    for name, part in zip(("pair.crt", "pair.key"), self_signed(), strict=True):
        (place / name).write_bytes(part)
    for file in tree.files:
        edits = [e for i in tree.root.walk() if i.source.path == file for e in _testable(i, place)]
        copy = place / "tree" / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(apply(workspace.text(file).text, edits), encoding="utf-8")


def _testable(item: Item, place: Path) -> Iterator[Edit]:
    """The edits that let a statement be tested here."""
    words, path = item.statement.words, item.source.path
    if item.name in _RENAMED:
        yield Edit(path, words[0].span, _RENAMED[item.name])
    if item.name == "tls" and len(words) > 2 and words[1].text not in ("internal", "force_automate"):
        yield Edit(path, words[1].span, str(place / "pair.crt"))
        yield Edit(path, words[2].span, str(place / "pair.key"))
    if item.name in _FILES:
        for word in words[1:]:
            yield Edit(path, word.span, str(place / "pair.crt"))
    if item.name == "output" and [w.text for w in words[1:2]] == ["file"] and len(words) > 2:
        yield Edit(path, words[2].span, str(place / "access.log"))
