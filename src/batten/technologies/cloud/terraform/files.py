"""Functions that read files below the root."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from functools import lru_cache

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.expressions import Expression, Literal, Template
from batten.formats.hcl import parse
from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.module import Module
from batten.technologies.cloud.terraform.values import LONGEST, Value

FUNCTIONS = frozenset(("file", "fileexists", "templatefile"))
_MARK = "END_OF_THE_TEMPLATE_FILE"


def call(
    name: str,
    values: list[Value],
    root: str,
    module: Module,
    evaluate: Callable[[Expression, Mapping[str, Value]], Value],
) -> Value:
    """A file that is not there may be made before Terraform runs: it is UNKNOWN."""
    if not values or not isinstance(values[0], str) or module.tree is None:
        return UNKNOWN
    workspace = module.tree.workspace
    path = _path(values[0], root, workspace)
    if name == "fileexists":
        return True if path else UNKNOWN
    written = _text(path, workspace) if path else None
    if written is None:
        return UNKNOWN
    if name == "file":
        return written
    names = values[1] if len(values) == 2 else None
    template = _template(written)
    return evaluate(template, names) if template is not None and isinstance(names, dict) else UNKNOWN


def _path(written: str, root: str, workspace: Workspace) -> str:
    """Below the reviewed folder: as `path.module` begins it, or from the root module."""
    for joined in (written, posixpath.join(root, written)):
        path = posixpath.normpath(joined)
        if not path.startswith(("..", "/")) and workspace.exists(path):
            return path
    return ""


def _text(path: str, workspace: Workspace) -> str | None:
    try:
        text = workspace.text(path).text
    except Unreadable:
        return None
    return text if len(text) <= LONGEST else None


@lru_cache(64)
def _template(written: str) -> Expression | None:
    """A template's text, read as the heredoc that would hold it."""
    if _MARK in written:
        return None
    try:
        read = parse(f"x = <<{_MARK}\n{written}\n{_MARK}\n").attributes["x"].expression
    except (SyntaxProblem, KeyError):
        return None
    return read if isinstance(read, Template | Literal) else None
