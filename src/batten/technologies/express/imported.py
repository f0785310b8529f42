"""Modules of the program's own, by the relative path that another imports them from.

Sources: https://nodejs.org/api/modules.html#file-modules, https://www.typescriptlang.org/docs/handbook/modules/reference.html (`./a.js` of a
file that is written as `./a.ts`).
"""

from __future__ import annotations

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.express.module import Module, load

_ENDINGS = ("", ".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", "/index.ts", "/index.js", "/index.mjs", "/index.cjs")  # fmt: skip
_SOURCES = (".ts", ".js", ".mts", ".mjs", ".cts", ".cjs")
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
    """The file that a relative import names; "" where there is none."""
    if not named.startswith(("./", "../")) and named not in (".", ".."):
        return ""
    found = workspace.resolve(beside, named)
    if found is None:
        return ""
    base, dot, ending = found.rpartition(".")
    built = [base + _BUILT[dot + ending]] if dot + ending in _BUILT else []
    listed = (*built, *(f"{found}{ending}" for ending in _ENDINGS))
    return next((p for p in listed if p.endswith(_SOURCES) and workspace.exists(p)), "")


def _loaded(path: str, name: str, workspace: Workspace) -> tuple[Module, str] | None:
    try:
        return load(path, workspace), name
    except (SyntaxProblem, Unreadable):
        return None
