"""Whether an application answers with data only, as far as its own code shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Content
from batten.formats import Unreadable, Workspace
from batten.technologies.shared.python.module import Module

# What makes pages, serves files of a site, or takes in an application of another kind.
_PAGES = re.compile(
    r"HTMLResponse|TemplateResponse|Jinja2Templates|StaticFiles|text/html|\.html\b|get_swagger_ui|get_redoc"
    r"|\.mount\(|Mount\(|WSGIMiddleware|gradio|nicegui|sqladmin|starlette_admin|streamlit"
)
_MOST_FILES = 400  # of one application; beyond that nothing is said


def content_of(module: Module, docs: bool) -> Content:
    """What an application made in this module serves. Interactive documentation is a page."""
    if docs:
        return Content.BOTH
    folder = module.path.rpartition("/")[0]
    kept = module.workspace.kept
    return kept(("fastapi content", folder), lambda: _of_folder(folder, module.workspace))


def _of_folder(folder: str, workspace: Workspace) -> Content:
    for number, path in enumerate(_modules(folder, workspace)):
        if number >= _MOST_FILES:
            return Content.UNKNOWN
        try:
            if _PAGES.search(workspace.text(path).text):
                return Content.BOTH
        except Unreadable:
            return Content.UNKNOWN
    return Content.API


def _modules(folder: str, workspace: Workspace) -> Iterator[str]:
    """The Python files at and below a folder."""
    for path in workspace.entries(folder):
        name = path.rpartition("/")[2]
        if name.endswith(".py"):
            yield path
        elif "." not in name and name not in ("node_modules", "venv") and workspace.is_directory(path):
            yield from _modules(path, workspace)
