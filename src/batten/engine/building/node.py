"""What package.json and a lock file of Node.js show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from batten.engine.hardening.shown import Shown
from batten.formats import Mapping, Node, SyntaxProblem, Unreadable, Workspace, json
from batten.technologies.dependencies.packages.trees import EMPTY, below, mappings, root, words

_MODULES = "node_modules/"
_PRODUCTION = re.compile(r"^NODE_ENV=production\s+")


def package(workspace: Workspace) -> Mapping:
    """package.json; empty where it is missing or cannot be read."""
    return _tree(workspace, "package.json", json.parse)


def _tree(workspace: Workspace, path: str, parse: Callable[[str], Node]) -> Mapping:
    try:
        return root(path, workspace, parse) if workspace.exists(path) else EMPTY
    except (SyntaxProblem, Unreadable):
        return EMPTY


def is_compiled(workspace: Workspace) -> bool:
    return bool(below(package(workspace), "scripts").text("build"))


def installing(workspace: Workspace, lock_file: str, shown: Shown) -> tuple[str, ...]:
    """Packages whose install scripts the application needs, sorted."""
    told = package(workspace)
    if "workspaces" in told or workspace.exists("pnpm-workspace.yaml"):
        shown.missing.append(
            "the folder has workspaces, which are not rendered; name the folder of one with --from"
        )
    if lock_file == "pnpm-lock.yaml":
        return tuple(sorted(set(words(below(told, "pnpm")["onlyBuiltDependencies"]))))
    if lock_file == "yarn.lock":
        shown.notes.append("yarn.lock does not say which packages have install scripts; none is run")
        return ()
    # https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json: `hasInstallScript`, which is not set of other
    # systems' packages alone.
    with_scripts: set[str] = set()
    for path, row, _ in mappings(_tree(workspace, lock_file, json.parse)["packages"]):
        elsewhere = "os" in row and "linux" not in set(words(row["os"]))
        if row.text("hasInstallScript") == "true" and row.text("dev") != "true" and not elsewhere:
            with_scripts.add(path.rpartition(_MODULES)[2])
    return tuple(sorted(with_scripts))


def start_of(workspace: Workspace) -> tuple[str, str]:
    """The command that `npm start` runs, and the place that says so; "" for none."""
    told = package(workspace)
    script = below(told, "scripts").text("start") or ""
    if script:
        return _PRODUCTION.sub("", script.strip()), "package.json (scripts.start)"
    main = told.text("main") or ""
    if main:
        return f"node {shlex.quote(main)}", "package.json (main)"
    if workspace.exists("server.js"):
        return "node server.js", "server.js, as npm starts it"
    return "", ""


_OWN = re.compile(r"(?:exec\s+)?(?:npm|pnpm|yarn)\s+(?:run\s+)?start")


def is_its_own(line: str) -> bool:
    """Whether a command only runs the start script of package.json."""
    return _OWN.fullmatch(line.strip()) is not None
