"""Hostile repositories as data: one YAML file a family in hostile/, laid out below a folder.

A repository has
  name, why     what it is called, and the attack in one sentence
  with          names of bases (hostile/bases.yaml) whose files it has, too
  files         path -> text; a text may be {repeat: text, times: number}, {size: bytes} (sparse) or {base64: bytes}
  links         path -> where the symbolic link points
  hard          path -> the file that it is another name of
  fifos         paths
  setup         a shell script, run in the checkout when all that is laid out (git, mostly)
  reads         files that batten must have opened, or the attack was not met (default: the first of `files`)
  asks          validators that must have been started, in their cells, or the attack was not met
  never         names of files that nothing may open (libraries, scripts)
  may_read      places outside that are read with right
  says          words that must stand in what some command says
  also          further commands that only read
  writes        further commands that write, each {run: words, output: the name that it is told to write}
  thorough      whether check is asked for every format, as review is
  costly        whether CI leaves out commands that do what another one does with other options
  contract      what `harden` is given (default: openapi.yaml when it is there)
@HOME@, @VICTIM@, @OUTSIDE@ and @REPOSITORY@ are replaced everywhere.
"""

from __future__ import annotations

import base64
import os
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hostile_surroundings import Surroundings

FOLDER = Path(__file__).parent / "hostile"
Content = str | dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Repository:
    name: str
    why: str
    files: dict[str, Content] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    hard: dict[str, str] = field(default_factory=dict)
    fifos: list[str] = field(default_factory=list)
    setup: str = ""
    reads: list[str] | None = None
    asks: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    may_read: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    also: list[list[str]] = field(default_factory=list)
    writes: list[dict[str, Any]] = field(default_factory=list)
    thorough: bool = False
    costly: bool = False
    contract: str = "openapi.yaml"

    @property
    def read(self) -> list[str]:
        return self.reads if self.reads is not None else list(self.files)[:1]


@cache
def _bases() -> dict[str, dict[str, Content]]:
    found: dict[str, dict[str, Content]] = yaml.safe_load((FOLDER / "bases.yaml").read_text("utf-8"))
    return found


def families() -> list[str]:
    return sorted(p.stem for p in FOLDER.glob("*.yaml") if p.stem != "bases")


def family(name: str) -> list[Repository]:
    """The repositories of one family."""
    rows = yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return [_repository(row) for row in rows]


def _repository(row: dict[str, Any]) -> Repository:
    files = dict(row.pop("files", {}))
    for base in row.pop("with", ()):
        files |= {path: text for path, text in _bases()[base].items() if path not in files}
    return Repository(files=files, **row)


def lay_out(repository: Repository, around: Surroundings) -> None:
    """Make the checkout. Paths of YAML are text; those that are no UTF-8 are written with surrogates."""
    root = around.repository
    for path, content in repository.files.items():
        place = _place(root, path)
        _write(place, content, around)
    for path, target in repository.links.items():
        os.symlink(around.filled(target), _place(root, path))
    for path, target in repository.hard.items():
        os.link(around.filled(target), _place(root, path))
    for path in repository.fifos:
        os.mkfifo(_place(root, path))
    if repository.setup:
        _set_up(around.filled(repository.setup), around)


def _place(root: Path, path: str) -> bytes:
    place = os.path.join(os.fsencode(root), os.fsencode(path))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def _write(place: bytes, content: Content, around: Surroundings) -> None:
    with Path(os.fsdecode(place)).open("wb") as file:
        match content:
            case {"repeat": text, "times": times}:
                file.write(str(text).encode() * int(times))
            case {"size": size}:
                file.truncate(int(size))
            case {"base64": text}:
                file.write(base64.b64decode(text))
            case _:
                file.write(around.filled(str(content)).encode("utf-8", "surrogateescape"))


def _set_up(script: str, around: Surroundings) -> None:
    environment = {
        **around.environment(),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=around.repository, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise ValueError(f"the set-up of a hostile repository failed: {done.stderr}")
