"""Modules of the program's own, by the path or the name that another imports them from.

Sources: https://nodejs.org/api/modules.html#file-modules, https://www.typescriptlang.org/docs/handbook/modules/reference.html (`./a.js` of a
file that is written as `./a.ts`).
"""

from __future__ import annotations

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.frameworks.express.aliases import aliased
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
