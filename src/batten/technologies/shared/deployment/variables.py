"""Whether the repository's own deployment sets a variable: then the default in the code does not decide."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.formats import Unreadable, Workspace

_FILES = re.compile(
    r"(?:^|/)(?:[^/]*compose[^/]*\.ya?ml|(?:[^/]*[._-])?(?:Docker|Container)file[^/]*|[^/]*\.env|\.env[^/]*|Procfile|app\.json|fly\.toml"
    r"|render\.ya?ml|heroku\.yml|[^/]+\.(?:ya?ml|service|container|tf|tfvars))$"
)
_FOR_OTHERS = re.compile(
    r"(?:^|[/._-])(?:dev|devel|development|local|tests?|testing|ci|e2e|examples?|samples?|templates?|dist|docs?|\.github|\.gitlab-ci|\.devcontainer)"
    r"(?:$|[/._-])",
    re.IGNORECASE,
)
_PASSED = re.compile(r"(?:^|/)(?:\.git|node_modules|vendor|\.venv|venv|site-packages|target|build|dist)$")
_MOST_FOLDERS, _MOST_FILES, _DEEPEST = 400, 300, 5


def deployed(variable: str, workspace: Workspace) -> bool:
    """Whether a file of the deployment, other than those for developers and tests, gives the variable a value."""
    return variable != "" and variable in workspace.once(("deployment variables",), lambda: _every(workspace))


_SET = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:export[ \t]+|ENV[ \t]+|ARG[ \t]+|Environment=)?[\"']?([A-Za-z_]\w{1,80})[\"']?[ \t]*[:=]"
    r"|\bENV[ \t]+([A-Za-z_]\w{1,80})[ \t]|\bname:[ \t]*[\"']?([A-Z_]\w{1,80})|\bname[ \t]*=[ \t]*\"([A-Z_]\w{1,80})\""
    r"|(?:-e|--env)[ =]([A-Za-z_]\w{1,80})=",
    re.MULTILINE,
)


def _every(workspace: Workspace) -> frozenset[str]:
    found: set[str] = set()
    for path in _files(workspace):
        try:
            text = workspace.text(path).text
        except Unreadable:
            continue
        found.update(name for one in _SET.finditer(text) for name in one.groups() if name)
    return frozenset(found)


def _files(workspace: Workspace) -> Iterator[str]:
    """The files of a deployment, nearest to the root first."""
    folders, files = [""], 0
    for number, folder in enumerate(folders):
        if number >= _MOST_FOLDERS:
            return
        for path in workspace.entries(folder):
            if workspace.is_directory(path):
                if path.count("/") < _DEEPEST and not _PASSED.search(path) and not _FOR_OTHERS.search(path):
                    folders.append(path)
            elif _FILES.search(path) and not _FOR_OTHERS.search(posixpath.basename(path)):
                files += 1
                if files > _MOST_FILES:
                    return
                yield path
