"""Modules of the program's own, by the path or the name that another imports them from.

Sources: https://nodejs.org/api/modules.html#file-modules, https://www.typescriptlang.org/docs/handbook/modules/reference.html (`./a.js` of a
file that is written as `./a.ts`).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from batten.formats import Mapping, SyntaxProblem, Unreadable, Workspace, key_path
from batten.formats.json import parse_with_comments
from batten.formats.tree import plain
from batten.technologies.frameworks.express.module import Module, load

_SOURCES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
_ENDINGS = ("", *_SOURCES, *(f"/index{ending}" for ending in _SOURCES))
_BUILT = {".js": ".ts", ".mjs": ".mts", ".cjs": ".cts"}


def imported(module: Module, named: str, workspace: Workspace) -> tuple[Module, str] | None:
    """The module that an import names, and the name in it ("" for the whole): of `./routes/orders.router`, `router` of
    `routes/orders.ts`, unless a file is called so. None where the program has no such file."""
    whole = path_of(module.path, named, workspace)
    if whole:
        return _loaded(whole, "", workspace)
    outer, _, name = named.rpartition(".")
    other = path_of(module.path, outer, workspace) if "/" not in name else ""
    return _loaded(other, name, workspace) if other else None


def path_of(beside: str, named: str, workspace: Workspace) -> str:
    """The file that an import names; "" where it is a package's, or there is none."""
    if named.startswith(("./", "../")) or named in (".", ".."):
        found = workspace.resolve(beside, named)
        listed = [found] if found is not None else []
    else:
        listed = aliased(beside, named, workspace) if named else []
    return next((path for one in listed for path in _files(one) if workspace.exists(path)), "")


def _files(found: str) -> list[str]:
    """What Node.js and TypeScript look for, in their order."""
    base, dot, ending = found.rpartition(".")
    built = [base + _BUILT[dot + ending]] if dot + ending in _BUILT else []
    every = (*built, *(f"{found}{ending}" for ending in _ENDINGS))
    return [path for path in every if path.endswith(_SOURCES)]


def _loaded(path: str, name: str, workspace: Workspace) -> tuple[Module, str] | None:
    try:
        return load(path, workspace), name
    except (SyntaxProblem, Unreadable):
        return None


# Names that `paths` of tsconfig.json give to the program's own files: `@shop/common/*` for `./libs/common/src/*`.
#
# Source: https://www.typescriptlang.org/tsconfig/#paths (relative to `baseUrl`, else to the file; the longest name before `*` wins).
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
