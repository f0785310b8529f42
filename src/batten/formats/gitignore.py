"""What .gitignore files keep out of a repository, as git reads them.

Source: gitignore(5), and git itself (tests/formats/test_gitignore.py asks it). Patterns are held against one level of
a path at a time, as git does, so that what lies in an excluded folder cannot be brought back; and in time linear in the
path, since their author may be an attacker. (`pathspec` was tried: it holds a pattern against whole paths, which
brings back files that git does not, and matches with backtracking.)
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from functools import lru_cache

from batten.formats.document import SyntaxProblem
from batten.formats.ignorefile import expression
from batten.formats.workspace import Unreadable, Workspace
from batten.model import Span
from batten.model.record import record
from batten.patterns import BadPattern, Glob, compiled

MOST_VARYING = 1000  # patterns with wildcards of one file: of a longer one nothing is taken to be ignored
_MAGIC = frozenset("*?[\\")
_PLAIN = frozenset("[\\")  # without them, the stars and question marks of a name need no expression
_EXCLUDE = ".git/info/exclude"
_NOWHERE = Span(0, 0)


@record
class _Pattern:
    """A pattern: `whole` is held against the path below its folder, others against the name."""

    number: int
    exception: bool
    whole: bool
    folders: bool
    fits: Callable[[str], bool | None]


@record
class _Rules:
    """The patterns of one file: those that vary, last first, and the numbers of the others by what they name."""

    varying: tuple[_Pattern, ...]
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
            if (folder or not row.folders) and row.fits(relative if row.whole else name):
                return not row.exception
        return None if last < 0 else last not in self.exceptions


@record
class _Lists:
    """A list, the folder that it is in, and the lists above."""

    rules: _Rules
    below: str  # the folder with a slash behind it
    above: _Lists | None


def ignored(path: str, workspace: Workspace) -> bool:
    """Whether a .gitignore at or below the root, or the repository's own list, names the file or a folder that it is in.
    A repository within another is read by itself."""
    # Whether a folder above is ignored: then nothing in it can be brought back.
    known: dict[str, bool] = workspace.kept(("gitignored",), dict)
    unknown: list[str] = []
    folder = posixpath.dirname(path)
    while folder.strip("/") and folder not in known:
        unknown.append(folder)
        folder = posixpath.dirname(folder)
    within = known.get(folder, False)
    for folder in reversed(unknown):
        within = not is_repository(folder, workspace) and (within or _decided(folder, True, workspace))
        known[folder] = within
    return within or _decided(path, False, workspace)


def kept_out(path: str, workspace: Workspace) -> bool:
    """Whether the file is ignored and no repository tracks it: one that was added all the same is the repository's."""
    return ignored(path, workspace) and not workspace.tracked(path)


def _decided(path: str, folder: bool, workspace: Workspace) -> bool:
    """What the nearest list that names the path itself says of it."""
    lists = _lists(posixpath.dirname(path), workspace)
    while lists is not None:
        decided = lists.rules.decide(path[len(lists.below) :], folder)
        if decided is not None:
            return decided
        lists = lists.above
    return False


def _lists(folder: str, workspace: Workspace) -> _Lists | None:
    """The lists that may name what is in a folder."""
    known: dict[str, _Lists | None] = workspace.kept(("lists of ignored files",), dict)
    unknown: list[str] = []
    while folder not in known:
        unknown.append(folder)
        if not folder.strip("/") or is_repository(folder, workspace):
            break
        folder = posixpath.dirname(folder)
    lists = known.get(folder)
    for below in reversed(unknown):
        names = (_EXCLUDE, ".gitignore") if is_repository(below, workspace) else (".gitignore",)
        for name in names:
            path = posixpath.join(below, name)
            try:
                rules: _Rules | None = (
                    workspace.document(path, _parse).tree if workspace.exists(path) else None
                )
            except (Unreadable, SyntaxProblem):
                rules = None
            lists = lists if rules is None else _Lists(rules, f"{below}/" if below else "", lists)
        known[below] = lists
    return lists


def is_repository(folder: str, workspace: Workspace) -> bool:
    """Whether a folder is the top of a work tree: of a clone, or of a submodule."""
    dot = posixpath.join(folder, ".git")
    return workspace.exists(dot) or workspace.exists(f"{dot}/HEAD")


def _parse(text: str) -> _Rules:
    varying: list[_Pattern] = []
    fixed: dict[tuple[str, bool], int] = {}
    exceptions: set[int] = set()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n")):
        # A line without the blanks at its end; one behind a backslash stays.
        without_line = line.removesuffix("\r")
        bare = without_line.rstrip(" ")
        pattern = f"{bare} " if bare.endswith("\\") and bare != without_line else bare
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
        elif len(varying) == MOST_VARYING:
            raise SyntaxProblem(f"there are more than {MOST_VARYING} patterns with wildcards", 0)
        elif (fits := _fitting(shape, whole)) is not None:
            varying.append(_Pattern(number, exception, whole, folders, fits))
    return _Rules(tuple(reversed(varying)), fixed, frozenset(exceptions))


@lru_cache(maxsize=4096)
def _fitting(shape: str, whole: bool) -> Callable[[str], bool | None] | None:
    """None for what git takes for no pattern, or what cannot be matched within bounds."""
    if not whole and _PLAIN.isdisjoint(shape):
        return Glob(shape).match
    try:
        return compiled(f"(?s:{_expression(shape)})").fullmatch
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
