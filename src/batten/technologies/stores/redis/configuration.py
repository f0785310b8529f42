"""What a server is told: its configuration file, what that includes, and the options after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.directives import Line, parse_directives
from batten.formats.workspace import problem_line
from batten.model import Kind, Location, Problem
from batten.model.record import record
from batten.patterns import fits
from batten.technologies.shared.text.globs import MOST_BROUGHT, beyond

DEEPEST = 16  # includes within includes; the server itself has no bound
_TEMPLATE = re.compile(r"\0|\$\{|\{\{|%\(|<%|\$[A-Z_]{2,}|@@|__[A-Z]\w*__")


@record
class Option:
    """One directive, wherever it was given."""

    keyword: str
    values: tuple[str, ...]
    at: Location

    @property
    def text(self) -> str:
        return " ".join(self.values)

    @property
    def templated(self) -> bool:
        """Whether something fills in the value before the server reads it (NUL: a variable in a Compose command)."""
        return any(_TEMPLATE.search(v) for v in self.values)


@record
class Configuration:
    """Options in the order in which the server takes them: the last one of a keyword counts."""

    options: tuple[Option, ...]
    at: Location
    complete: bool = True  # False: an include, an ACL file or a template is not known here
    problems: tuple[Problem, ...] = ()

    def all(self, keyword: str) -> list[Option]:
        return [o for o in self.options if o.keyword == keyword]

    def last(self, keyword: str) -> Option | None:
        return next((o for o in reversed(self.options) if o.keyword == keyword), None)

    def with_arguments(self, arguments: Iterable[tuple[str, Location]]) -> Configuration:
        """The same with the words of a command line after it: `--port 6380 --requirepass …`."""
        return replace(self, options=(*self.options, *command_options(arguments)))


def configuration(path: str, workspace: Workspace) -> Configuration:
    """The file with its includes in their places. Raises SyntaxProblem and Unreadable of the file."""
    return workspace.kept(("redis", path), lambda: _configuration(path, workspace))


def _configuration(path: str, workspace: Workspace) -> Configuration:
    reading = _Reading(workspace)
    options = tuple(reading.options(path, ()))
    whole = Location(path, "", workspace.text(path).whole, kind=Kind.BLOCK)
    return Configuration(options, whole, reading.complete, tuple(reading.problems))


def command_options(arguments: Iterable[tuple[str, Location]]) -> Iterator[Option]:
    """`--name value …` as the server takes them after its file; a value reaches to the next `--`.

    A name and its value may be one word, with a space between them: the server joins the words to lines of a file.
    """
    held: Option | None = None
    for word, at in arguments:
        if word.startswith("--") and len(word) > 2:
            if held is not None:
                yield held
            name, *values = word[2:].split() or [""]
            held = Option(name.lower(), tuple(values), at)
        elif held is not None:
            held = replace(held, values=(*held.values, word))
    if held is not None:
        yield held


def included(path: str, workspace: Workspace) -> Iterator[str]:
    """The files that a file includes, as far as they are here."""
    try:
        lines = workspace.document(path, parse_directives).tree
    except (SyntaxProblem, Unreadable):
        return
    for line in lines:
        if line.keyword == "include" and line.args:
            yield from _files(path, line.args[0].text, workspace) or ()


@dataclass(slots=True)
class _Reading:
    workspace: Workspace
    complete: bool = True
    problems: list[Problem] = field(default_factory=list)
    left: int = MOST_BROUGHT

    def options(self, path: str, trail: tuple[str, ...]) -> Iterator[Option]:
        for line in self.workspace.document(path, parse_directives).tree:
            if line.keyword == "include":
                yield from self._include(path, line, (*trail, path))
            else:
                yield Option(line.keyword, tuple(line.values), Location(path, pointer(line), line.span))

    def _include(self, path: str, line: Line, trail: tuple[str, ...]) -> Iterator[Option]:
        files = _files(path, line.args[0].text, self.workspace) if line.args else []
        if files is None or len(trail) > DEEPEST:
            self.complete = False
            return
        for file in files:
            if file in trail:
                continue
            self.left -= 1
            try:
                self.left -= len(self.workspace.document(file, parse_directives).tree)
                if self.left < 0:
                    self.complete = False
                    beyond(path, self.problems)
                    return
                yield from self.options(file, trail)
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


def _files(beside: str, pattern: str, workspace: Workspace) -> list[str] | None:
    """The files an `include` names; None when one is not here. No match of a pattern is no error."""
    if pattern.startswith("/") or _TEMPLATE.search(pattern):
        return None
    path = workspace.resolve(beside, pattern)
    if path is None:
        return None
    if re.search(r"[*?\[]", path):
        return [p for p in workspace.entries(path.rpartition("/")[0]) if fits(p, path)]
    return [path] if workspace.exists(path) else None


def pointer(line: Line) -> str:
    """A directive's name; one that may stand several times has its first argument for a name."""
    if line.keyword in ("user", "rename-command", "loadmodule") and line.args:
        return f"{line.keyword}[{line.args[0].text}]"
    return line.keyword
