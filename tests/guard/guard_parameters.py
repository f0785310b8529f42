"""Applications behind both middlewares, one guard for each version of OpenAPI: what servers are given to serve."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cases.parameters import PREFIXES, contract

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.wsgi import Guard as WsgiGuard
from batten.policy import Policy


def read(version: str) -> Contract:
    found, problems = load(Workspace(Path(), {"openapi.yaml": contract(version)}), "openapi.yaml")
    assert not problems
    return found


async def _asgi(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _wsgi(environ: Any, start_response: Any) -> Any:
    start_response("204 No Content", [])
    return []


ASGI = {f"/{prefix}": AsgiGuard(_asgi, read(version), Policy()) for version, prefix in PREFIXES.items()}
WSGI = {f"/{prefix}": WsgiGuard(_wsgi, read(version), Policy()) for version, prefix in PREFIXES.items()}


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await ASGI[scope["path"][:4]](scope, receive, send)


def wsgi(environ: Any, start_response: Any) -> Any:
    return WSGI[environ["PATH_INFO"][:4]](environ, start_response)
