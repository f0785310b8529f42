"""What a server and its clients are told: the groups that they read, with what the file includes in its place.

Sources: https://dev.mysql.com/doc/refman/8.4/en/option-files.html, …/option-modifiers.html,
https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/configuring-mariadb/configuring-mariadb-with-option-files
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.mysql import Group, IncludeLine, OptionLine, parse_options
from batten.formats.workspace import problem_line
from batten.model import Location, Problem
from batten.model.record import record
from batten.technologies.shared.settings.settings import Entry, Settings, settings_of, templated, whole_file
from batten.technologies.shared.text.globs import MOST_BROUGHT, beyond

SERVER = re.compile(r"(?:mysqld|mariadbd?|server|galera)(?:-[\d.]+)?|mysqld\d+|client-server|embedded")
CLIENT = re.compile(r"client(?:-server|-mariadb)?|mysql|mariadb-client|mysqldump|mariadb-dump|mysqladmin")
DEEPEST = 10  # mysys/my_default.c: max_recursion_level
# Options whose own name begins as one of the modifiers does.
_WHOLE = frozenset(
    [
        "skip_name_resolve",
        "skip_networking",
        "skip_grant_tables",
        "skip_show_database",
        "skip_slave_start",
        "skip_replica_start",
        "skip_external_locking",
        "skip_host_cache",
        "skip_bdb",
        "skip_parallel_replication",
        "skip_replication",
        "skip_stack_trace",
        "enable_named_pipe",
    ]
)
_FALSE = ("off", "0", "false")


@record
class Files:
    """The option files of one configuration. `server` holds what the server reads, by its names of variables;
    `clients` what programs read that connect to one, by group."""

    server: Settings
    clients: tuple[tuple[str, Entry], ...]
    groups: frozenset[str]


def files(path: str, workspace: Workspace) -> Files:
    """The file with its includes in their places. Raises SyntaxProblem and Unreadable of the file."""
    return workspace.kept(("mysql", path), lambda: _files(path, workspace))


def _files(path: str, workspace: Workspace) -> Files:
    reading = _Reading(workspace, complete=not fragment(path))
    found = list(reading.lines(path, 0))
    server = settings_of(
        whole_file(path, workspace),
        (given for group, given in found if SERVER.fullmatch(group)),
        complete=reading.complete,
        problems=reading.problems,
    )
    clients = tuple((group, given) for group, given in found if CLIENT.fullmatch(group))
    return Files(server, clients, frozenset(reading.groups))


def fragment(path: str) -> bool:
    """Whether a file is one of several that a folder of parts holds."""
    return posixpath.basename(posixpath.dirname(path)).endswith(".d")


def included(path: str, workspace: Workspace) -> Iterator[str]:
    """The files that a file includes, as far as they are here."""
    try:
        groups = workspace.document(path, parse_options).tree
    except (SyntaxProblem, Unreadable):
        return
    for group in groups:
        for line in group.lines:
            if isinstance(line, IncludeLine):
                yield from _named(path, line, workspace) or ()


@dataclass(slots=True)
class _Reading:
    workspace: Workspace
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    left: int = MOST_BROUGHT

    def lines(self, path: str, depth: int) -> Iterator[tuple[str, Entry]]:
        for group in self.workspace.document(path, parse_options).tree:
            self.groups.add(group.name)
            for line in group.lines:
                if isinstance(line, IncludeLine):
                    yield from self._include(path, line, depth)
                else:
                    yield group.name, given(path, group, line)

    def _include(self, path: str, line: IncludeLine, depth: int) -> Iterator[tuple[str, Entry]]:
        found = _named(path, line, self.workspace)
        if found is None or depth >= DEEPEST:
            self.complete = False
            return
        for file in found:
            try:
                self.left -= 1 + sum(len(g.lines) for g in self.workspace.document(file, parse_options).tree)
                if self.left < 0:
                    self.complete = False
                    beyond(path, self.problems)
                    return
                yield from self.lines(file, depth + 1)
            except (SyntaxProblem, Unreadable) as error:
                self.complete = False
                if isinstance(error, Unreadable):
                    problem = Problem(file, "parse", str(error), hint=error.hint, line=error.line)
                else:
                    problem = Problem(
                        file,
                        "parse",
                        str(error),
                        hint=error.hint,
                        line=problem_line(self.workspace.text(file), error),
                    )
                self.problems.append(problem)


def _named(path: str, line: IncludeLine, workspace: Workspace) -> list[str] | None:
    """The files that an include names; None when they are not here. An absolute path of the running system is looked
    for beside the file, as Debian's `conf.d` is."""
    if templated(line.path):
        return None
    written = line.path.rstrip("/")
    target = workspace.resolve(path, posixpath.basename(written) if written.startswith("/") else written)
    if target is None:
        return None
    if not line.folder:
        return [target] if workspace.exists(target) else None
    if not workspace.is_directory(target):
        return None
    return sorted(e for e in workspace.entries(target) if e.endswith(".cnf") and workspace.exists(e))


def given(path: str, group: Group, line: OptionLine) -> Entry:
    """An option by the name of its variable, as the server takes it."""
    name, value = normal(line.name, line.value)
    return Entry(name, value, Location(path, f"{group.name}/{name}", line.span))


def normal(name: str, value: str | None) -> tuple[str, str]:
    """The variable that an option sets, and its value: `skip-ssl` is ssl=0, `loose-local-infile` is local_infile=1."""
    name = name.lstrip("-").replace("-", "_").lower()
    name = name.removeprefix("loose_").removeprefix("maximum_")
    if name in _WHOLE:
        return name, value if value is not None else "1"
    for word, state in (("skip_", "0"), ("disable_", "0"), ("enable_", "1")):
        if name.startswith(word):
            opposite = "1" if state == "0" else "0"
            return name.removeprefix(word), opposite if (value or "").lower() in _FALSE else state
    return name, value if value is not None else "1"


def command_options(arguments: Iterable[tuple[str, Location]]) -> Iterator[Entry]:
    """`--name=value`, `--name` and `-P 3307` of a command line."""
    held = ""
    for word, at in arguments:
        if held:
            yield _placed(held, word, at)
            held = ""
        elif word.startswith("--") and len(word) > 2:
            name, sign, value = word[2:].partition("=")
            yield _placed(*normal(name, value if sign else None), at)
        elif word in _SHORT:
            held = _SHORT[word]
        elif word[:2] in _SHORT and not word.startswith("--"):
            yield _placed(_SHORT[word[:2]], word[2:], at)


_SHORT = {"-P": "port", "-u": "user", "-h": "datadir"}


def _placed(name: str, value: str, at: Location) -> Entry:
    return Entry(name, value, Location(at.source, f"{at.pointer}[{name}]", at.span, kind=at.kind))
