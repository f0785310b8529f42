"""An application object of a Python framework, and the server among the dependencies that serves it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from batten.engine.building.folders import Walk, below
from batten.engine.building.start import Start
from batten.engine.hardening.shown import Shown
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.shared.python.module import load

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
_WALK = Walk(
    entries=2000,
    depth=4,
    enters=lambda path: posixpath.basename(path) not in _SKIPPED,
    what="the application object",
)


def served(workspace: Workspace, shown: Shown) -> Iterator[Start]:
    """Where exactly one module has an application."""
    asked = shown.asked
    found = [
        one
        for path in (path for path in below(workspace, _WALK, shown.notes) if path.endswith(".py"))
        for one in _applications(path, workspace)
    ]
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
