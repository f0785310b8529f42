"""An application object of a Python framework, and the server among the dependencies that serves it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.engine.building.start import Start
from batten.engine.hardening.asked import Asked
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies._python.module import load

_ASGI = (
    "fastapi.FastAPI",
    "fastapi.applications.FastAPI",
    "starlette.applications.Starlette",
    "litestar.Litestar",
)
_WSGI = ("flask.Flask", "flask.app.Flask")
_DJANGO = {"django.core.asgi.get_asgi_application": True, "django.core.wsgi.get_wsgi_application": False}
_MENTIONED = re.compile(r"\b(?:FastAPI|Starlette|Litestar|Flask|get_[aw]sgi_application)\(")
_SKIPPED = frozenset(
    ("node_modules", ".venv", "venv", "__pycache__", "tests", "test", "docs", "examples", "site-packages")
)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_MOST_ENTRIES, _DEEPEST = 2000, 4


def served(workspace: Workspace, asked: Asked) -> Iterator[Start]:
    """Where exactly one module has an application."""
    found = [one for path in _modules(workspace) for one in _applications(path, workspace)]
    if len(found) != 1:
        return
    path, name, asynchronous = found[0]
    module = path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    installed = _servers(workspace, asked.program.lock_file)
    port = asked.app_port
    if not _NAME.fullmatch(module):
        return
    if asynchronous and "uvicorn" in installed:
        line = f"uvicorn {module}:{name} --host 0.0.0.0 --port {port} --no-server-header"
    elif asynchronous and "hypercorn" in installed:
        line = f"hypercorn --bind 0.0.0.0:{port} {module}:{name}"
    elif not asynchronous and "gunicorn" in installed:
        line = f"gunicorn --bind 0.0.0.0:{port} {module}:{name}"
    else:
        return
    yield Start(source=path, line=line)


def _servers(workspace: Workspace, lock_file: str) -> frozenset[str]:
    try:
        text = workspace.text(lock_file).text if lock_file else ""
    except Unreadable:
        return frozenset()
    return frozenset(re.findall(r"^(?:name = \")?(uvicorn|hypercorn|gunicorn)\b", text, re.MULTILINE))


def _applications(path: str, workspace: Workspace) -> Iterator[tuple[str, str, bool]]:
    """Names of the module that hold an application, and whether it is one of ASGI."""
    try:
        if not _MENTIONED.search(workspace.text(path).text):
            return
        module = load(path, workspace)
    except (SyntaxProblem, Unreadable):
        return
    for name, value in module.names.items():
        called = module.qualified(getattr(value, "func", None))
        if called in _ASGI or called in _WSGI:
            yield path, name, called in _ASGI
        elif called in _DJANGO:
            yield path, name, _DJANGO[called]


def _modules(workspace: Workspace) -> Iterator[str]:
    pending, seen = [("", 0)], 0
    while pending:
        here, depth = pending.pop()
        for path in workspace.entries(here):
            seen += 1
            if seen > _MOST_ENTRIES:
                return
            if path.endswith(".py"):
                yield path
            elif (
                posixpath.basename(path) not in _SKIPPED and depth < _DEEPEST and workspace.is_directory(path)
            ):
                pending.append((path, depth + 1))
