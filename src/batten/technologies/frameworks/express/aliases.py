"""Names that `paths` of tsconfig.json give to the program's own files: `@shop/common/*` for `./libs/common/src/*`.

Source: https://www.typescriptlang.org/tsconfig/#paths (relative to `baseUrl`, else to the file; the longest name before `*` wins).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, key_path
from batten.formats.json import parse_with_comments
from batten.formats.tree import plain

_NAMES = ("tsconfig.json", "tsconfig.base.json", "tsconfig.app.json", "jsconfig.json")
_LEVELS = 12
_MOST = 200  # names of one file


def aliased(beside: str, named: str, workspace: Workspace) -> list[str]:
    """The paths that an import by such a name stands for, without an ending, in their order."""
    # (the name before `*`, after it, the path) of the nearest files that have any.
    folder = posixpath.dirname(beside)
    rows = workspace.once(("tsconfig paths", folder), lambda: _nearest(folder, workspace))
    fitting = [(before, to) for before, after, to in rows if named.startswith(before) and named.endswith(after) and (after or before == named or before.endswith("/"))]  # fmt: skip
    longest = max((len(before) for before, _ in fitting), default=0)
    return [to.replace("*", named[len(before) :], 1) for before, to in fitting if len(before) == longest]


def _nearest(folder: str, workspace: Workspace) -> tuple[tuple[str, str, str], ...]:
    for _ in range(_LEVELS):
        found = [row for name in _NAMES for row in _written(posixpath.join(folder, name), workspace)]
        if found or not folder:
            return tuple(found)
        folder = posixpath.dirname(folder)
    return ()


def _written(path: str, workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    if not workspace.exists(path):
        return
    try:
        tree = parse_with_comments(workspace.start(path, 100_000))
    except (SyntaxProblem, Unreadable):
        return
    base, rows = key_path(tree, "compilerOptions", "baseUrl"), key_path(tree, "compilerOptions", "paths")
    root = plain(base) if base is not None else "."
    listed = rows.entries if isinstance(rows, Mapping) else {}
    for name, entry in list(listed.items())[:_MOST]:
        to = plain(entry.value) if entry.value is not None else None
        for one in to if isinstance(to, list) else ():
            found = workspace.resolve(path, posixpath.join(str(root), one)) if isinstance(one, str) else None
            if found is not None:
                before, _, after = name.partition("*")
                yield before, after, found
