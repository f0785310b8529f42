"""What a server is told: postgresql.conf with what it includes, then postgresql.auto.conf, which ALTER SYSTEM writes.

Source: https://www.postgresql.org/docs/current/config-setting.html
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.postgres import SettingLine, parse_settings
from batten.formats.workspace import problem_line
from batten.model import Location, Problem
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, templated, whole_file
from batten.technologies.shared.text.globs import MOST_BROUGHT, beyond

AUTO = "postgresql.auto.conf"
DEEPEST = 10  # guc.c: CONF_FILE_MAX_DEPTH
INCLUDES = ("include", "include_if_exists", "include_dir")


def configuration(path: str, workspace: Workspace) -> Settings:
    """The settings of the main file with its includes in their places, and of the automatic file beside it.
    Raises SyntaxProblem and Unreadable of the main file."""
    return workspace.kept(("postgresql", path), lambda: _configuration(path, workspace))


def _configuration(path: str, workspace: Workspace) -> Settings:
    reading = _Reading(workspace)
    given = list(reading.given(path, 0))
    auto = beside(path, AUTO)
    if posixpath.basename(path) != AUTO and workspace.exists(auto):
        given += reading.brought(path, auto, 0)
    folder, name = posixpath.split(path)
    # Whether a file is one that another includes: neither its name nor a setting is a main file's.
    part = (
        name == AUTO
        or posixpath.basename(folder).endswith(".d")
        or (name.endswith(".conf") and "postgres" not in name and not any(g.key in _OF_MAIN for g in given))
    )
    return settings_of(
        whole_file(path, workspace),
        given,
        complete=reading.complete and not part,
        problems=reading.problems,
    )


# What a server's main file says, and files that it includes seldom do.
_OF_MAIN = frozenset(
    ("listen_addresses", "data_directory", "hba_file", "port", "max_connections", "shared_buffers")
)


def beside(path: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(path), posixpath.basename(name))


def included(path: str, workspace: Workspace) -> Iterator[str]:
    """The files that a file includes, as far as they are here."""
    try:
        lines = workspace.document(path, parse_settings).tree
    except (SyntaxProblem, Unreadable):
        return
    for line in lines:
        if line.name in INCLUDES:
            yield from _files(path, line, workspace) or ()


@dataclass(slots=True)
class _Reading:
    workspace: Workspace
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)
    left: int = MOST_BROUGHT

    def given(self, path: str, depth: int) -> Iterator[Entry]:
        for line in self.workspace.document(path, parse_settings).tree:
            if line.name in INCLUDES:
                yield from self._include(path, line, depth)
            else:
                yield Entry(line.name, line.value, Location(path, line.name, line.span))

    def _include(self, path: str, line: SettingLine, depth: int) -> Iterator[Entry]:
        files = _files(path, line, self.workspace)
        if files is None or depth >= DEEPEST:
            self.complete = self.complete and line.name == "include_if_exists"
            return
        for file in files:
            yield from self.brought(path, file, depth)

    def brought(self, path: str, file: str, depth: int) -> Iterator[Entry]:
        """The settings of a file that another one brings; what is wrong with it is noted."""
        try:
            self.left -= 1 + len(self.workspace.document(file, parse_settings).tree)
            if self.left < 0:
                self.complete = False
                beyond(path, self.problems)
                return
            yield from self.given(file, depth + 1)
        except (SyntaxProblem, Unreadable) as error:
            self.complete = False
            self.problems.append(problem(file, error, self.workspace))


def _files(path: str, line: SettingLine, workspace: Workspace) -> list[str] | None:
    """The files that an include names; None when they are not here. An absolute path of the running system is looked
    for beside the file, as Debian's `conf.d` is."""
    if templated(line.value):
        return None
    written = line.value.rstrip("/")
    named = posixpath.basename(written) if written.startswith("/") else written
    target = workspace.resolve(path, named)
    if target is None:
        return None
    if line.name != "include_dir":
        return [target] if workspace.exists(target) else None
    if not workspace.is_directory(target):
        return None
    found = (e for e in workspace.entries(target) if e.endswith(".conf") and workspace.exists(e))
    return sorted(e for e in found if not posixpath.basename(e).startswith("."))


def problem(file: str, error: SyntaxProblem | Unreadable, workspace: Workspace) -> Problem:
    """What is wrong with a file that another one brings."""
    if isinstance(error, Unreadable):
        return Problem(file, "parse", str(error), hint=error.hint, line=error.line)
    return Problem(file, "parse", str(error), hint=error.hint, line=problem_line(workspace.text(file), error))


def command_settings(arguments: Iterable[tuple[str, Location]]) -> Iterator[Entry]:
    """What the words of a command line set: `-c name=value`, `--name=value`, `-p 5433`, `-h '*'`, `-l`.

    Source: https://www.postgresql.org/docs/current/app-postgres.html
    """
    held = ""
    for word, at in arguments:
        if held:
            yield from _set(_SHORT.get(held, ""), word, at)
            held = ""
        elif word.startswith("--"):
            yield from _set("", word[2:], at)
        elif word in ("-c", *_SHORT):
            held = word
        elif word.startswith("-c"):
            yield from _set("", word[2:], at)
        elif word == "-l":
            yield Entry("ssl", "on", at)


_SHORT = {"-p": "port", "-h": "listen_addresses", "-k": "unix_socket_directories"}


def _set(name: str, word: str, at: Location) -> Iterator[Entry]:
    if name:
        yield Entry(name, word, Location(at.source, f"{at.pointer}[{name}]", at.span, kind=at.kind))
        return
    name, sign, value = word.partition("=")
    name = name.strip().replace("-", "_").lower()
    if sign and name:
        yield Entry(name, value.strip(), Location(at.source, f"{at.pointer}[{name}]", at.span, kind=at.kind))
