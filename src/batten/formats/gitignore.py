"""What .gitignore files keep out of a repository, as git reads them.

Source: gitignore(5), and git itself (tests/formats/test_gitignore.py asks it). Patterns are held against one level of
a path at a time, as git does, so that what lies in an excluded folder cannot be brought back; and in time linear in the
path, since whoever wrote them may be an attacker. (`pathspec` was tried: it holds a pattern against whole paths, which
brings back files that git does not, and matches with backtracking.)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from batten.formats.document import SyntaxProblem
from batten.formats.ignorefile import expression
from batten.formats.workspace import Unreadable, Workspace
from batten.model import Span
from batten.model.record import record
from batten.patterns import BadPattern, Pattern, compiled

MOST_VARYING = 1000  # patterns with wildcards of one file: of a longer one nothing is taken to be ignored
_MAGIC = frozenset("*?[\\")
_EXCLUDE = ".git/info/exclude"
_TRAILING = re.compile(r"(?<!\\) +$")
_NOWHERE = Span(0, 0)


@record
class _Row:
    """A pattern: `whole` is held against the path below its folder, others against the name."""

    number: int
    exception: bool
    whole: bool
    folders: bool
    expression: Pattern


@record
class _Rules:
    """The patterns of one file: those that vary, last first, and the numbers of the others by what they name."""

    varying: tuple[_Row, ...]
    fixed: dict[tuple[str, bool], int]  # a name or "/" and a path; whether it names folders only
    exceptions: frozenset[int]

    def decide(self, relative: str, folder: bool) -> bool | None:
        """What the last pattern that fits says; None where none fits."""
        name = posixpath.basename(relative)
        keys = (
            (key, only) for key in (name, f"/{relative}") for only in ((False, True) if folder else (False,))
        )
        last = max((self.fixed.get(key, -1) for key in keys), default=-1)
        for row in self.varying:
            if row.number < last:
                break
            if (folder or not row.folders) and row.expression.fullmatch(
                relative if row.whole else name
            ) is True:
                return not row.exception
        return None if last < 0 else last not in self.exceptions


def ignored(path: str, workspace: Workspace) -> bool:
    """Whether a .gitignore at or below the root, or the repository's own list, names the file or a folder that it is in.
    A repository within another is read by itself."""
    return _within_ignored(path, workspace) or _decided(path, False, workspace)


def kept_out(path: str, workspace: Workspace) -> bool:
    """Whether the file is ignored and no repository tracks it: one that was added all the same is the repository's."""
    return ignored(path, workspace) and not workspace.tracked(path)


def _within_ignored(path: str, workspace: Workspace) -> bool:
    """Whether a folder above is ignored: then nothing in it can be brought back."""
    known: dict[str, bool] = workspace.kept(("gitignored",), dict)
    folder = posixpath.dirname(path)
    if not folder:
        return False
    if folder not in known:
        known[folder] = not is_repository(folder, workspace) and (
            _within_ignored(folder, workspace) or _decided(folder, True, workspace)
        )
    return known[folder]


def _decided(path: str, folder: bool, workspace: Workspace) -> bool:
    for rules, relative in _rules_for(path, workspace):
        decided = rules.decide(relative, folder)
        if decided is not None:
            return decided
    return False


def _rules_for(path: str, workspace: Workspace) -> Iterator[tuple[_Rules, str]]:
    """The lists that may name a path, nearest first, and the path below the folder of each."""
    folder = posixpath.dirname(path)
    while True:
        relative = path[len(folder) + 1 :] if folder else path
        for name in (".gitignore", _EXCLUDE):
            rules = _rules(posixpath.join(folder, name), workspace)
            if rules is not None:
                yield rules, relative
        if not folder or is_repository(folder, workspace):
            return
        folder = posixpath.dirname(folder)


def is_repository(folder: str, workspace: Workspace) -> bool:
    """Whether a folder is the top of a work tree: of a clone, or of a submodule."""
    dot = posixpath.join(folder, ".git")
    return workspace.exists(dot) or workspace.exists(f"{dot}/HEAD")


def _rules(path: str, workspace: Workspace) -> _Rules | None:
    try:
        return workspace.document(path, _parse).tree if workspace.exists(path) else None
    except (Unreadable, SyntaxProblem):
        return None


def _parse(text: str) -> _Rules:
    varying: list[_Row] = []
    fixed: dict[tuple[str, bool], int] = {}
    exceptions: set[int] = set()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n")):
        pattern = _TRAILING.sub("", line.removesuffix("\r"))
        if not pattern or pattern.startswith("#"):
            continue
        exception = pattern.startswith("!")
        body = pattern[1:] if exception else pattern
        folders, shape = body.endswith("/"), body.removesuffix("/")
        whole, shape = "/" in shape, shape.removeprefix("/")
        if exception:
            exceptions.add(number)
        if not shape:
            continue
        if _MAGIC.isdisjoint(shape):
            fixed[f"/{shape}" if whole else shape, folders] = number
        elif (made := _compiled(shape)) is not None:
            varying.append(_Row(number, exception, whole, folders, made))
    if len(varying) > MOST_VARYING:
        raise SyntaxProblem(f"there are more than {MOST_VARYING} patterns with wildcards", 0)
    return _Rules(tuple(reversed(varying)), fixed, frozenset(exceptions))


@lru_cache(maxsize=4096)
def _compiled(shape: str) -> Pattern | None:
    """None for what git takes for no pattern, or what cannot be matched within bounds."""
    try:
        return compiled(f"(?s:{_expression(shape)})")
    except (SyntaxProblem, BadPattern):
        return None


def _expression(shape: str) -> str:
    """Two stars cross folders only as a whole part of the path; elsewhere they are one."""
    parts = shape.split("/")
    made: list[str] = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**" and len(parts) > 1:
            made.append(".+" if last else "(?:[^/]+/)*")
        else:
            plain = re.sub(r"(?<!\\)\*{2,}", "*", part).replace("[!", "[^")
            made.append(expression(plain, _NOWHERE) + ("" if last else "/"))
    return "".join(made)
