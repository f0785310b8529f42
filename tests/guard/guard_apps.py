"""Applications of usual frameworks in processes of their own, and journeys through them: what their clients do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from needs import PACKAGES, program, without
from servers import free_port, listener

APPS = Path(__file__).parent / "apps"
SRC = Path(__file__).resolve().parents[2] / "src"
LOGIN = {"Authorization": "Bearer good"}


@dataclass(frozen=True)
class Step:
    """One call. It gives `status` without the guard, and the same with it."""

    line: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)  # for httpx: json, data, files

    @property
    def name(self) -> str:
        return f"{self.line} {self.status}"


def step(line: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> Step:
    return Step(line, status, headers or {}, more)


@dataclass(frozen=True)
class App:
    """`servers` are those of its own interface; all are run behind `batten guard run`, too."""

    name: str
    framework: str
    packages: tuple[str, ...]
    servers: tuple[str, ...]
    document: str
    journey: tuple[Step, ...]
    refused: tuple[tuple[str, int], ...]  # what its contract does not have
    redirected: tuple[str, int, str] | None = None


@dataclass(frozen=True)
class Seen:
    status: int
    media_type: str
    body: bytes
    location: str


_PYTHON = (sys.executable, "-m")
SERVERS = {
    "uvicorn": (*_PYTHON, "uvicorn", "served:asgi", "--no-server-header", "--log-level=critical", "--port={port}"),
    "granian": (*_PYTHON, "granian", "--interface=asgi", "--port={port}", "--no-ws", "served:asgi"),
    "hypercorn": (*_PYTHON, "hypercorn", "served:asgi", "--bind=127.0.0.1:{port}"),
    "gunicorn": (*_PYTHON, "gunicorn", "served:app", "--bind=127.0.0.1:{port}", "--log-level=critical"),
    "node": ("node", str(APPS / "express_app.js"), "{port}"),
}  # fmt: skip


@contextmanager
def serving(app: App, server: str, folder: Path, **guard: str) -> Iterator[int]:
    """The port of the application, bare where there is no GUARD_CONTRACT."""
    for name in app.packages:
        if find_spec(name) is None:  # not imported: their warnings are not ours
            without(name, PACKAGES)
    command = [program(SERVERS[server][0]) if server == "node" else SERVERS[server][0], *SERVERS[server][1:]]
    port = free_port()
    environment = {
        **os.environ,
        "GUARD_APP": app.name,
        "PYTHONPATH": f"{APPS}:{SRC}",
        "NODE_PATH": "/usr/share/nodejs",
        **guard,
    }
    words = [word.format(port=port) for word in command]
    with listener(words, port, folder / f"{server}-{len(guard)}.log", env=environment):
        yield port


def played(port: int, steps: tuple[Step, ...]) -> list[Seen]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        return [_seen(client, each) for each in steps]


def _seen(client: httpx.Client, each: Step) -> Seen:
    method, _, target = each.line.partition(" ")
    answer = client.request(method, target, headers=each.headers, **each.more)
    return Seen(
        answer.status_code,
        answer.headers.get("content-type", ""),
        answer.content,
        answer.headers.get("location", ""),
    )


def document_of(port: int, app: App) -> dict[str, Any]:
    """The contract that the application itself publishes."""
    answer = httpx.get(f"http://127.0.0.1:{port}{app.document}", trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = json.loads(answer.text)
    return read


MUG = {"name": "bowl", "kind": "plate", "price": 3.5, "tags": []}
FASTAPI = App(
    "fastapi_app", "fastapi", ("fastapi", "multipart"), ("uvicorn", "granian", "hypercorn"), "/openapi.json",
    (
        step("POST /token", data={"username": "ann", "password": "right", "grant_type": "password"}),
        step("POST /token", 400, data={"username": "ann", "password": "wrong", "grant_type": "password"}),
        step("GET /items/"),
        step("GET /items/?limit=5&kind=cup&q=mu"),
        step("GET /items/1"),
        step("GET /items/77", 404),
        step("POST /items/", 201, LOGIN, json=MUG),
        step("POST /items/", 409, LOGIN, json=MUG),
        step("POST /items/", 401, {"Authorization": "Bearer bad"}, json=MUG),
        step("PUT /items/2", 200, LOGIN, json={**MUG, "price": None}),
        step("POST /items/2/photo", 200, {"X-Checksum": "abc"}, files={"photo": ("a.png", b"\x89PNG", "image/png")}),
        step("POST /items/77/photo", 404, files={"photo": ("a.png", b"\x89PNG", "image/png")}),
        step("DELETE /items/2", 204, LOGIN),
        step("DELETE /items/2", 404, LOGIN),
        step("GET /export"), step("GET /events"), step("GET /raw"), step("GET /report"), step("GET /latest", 303), step("GET /contact"),
    ),
    (("GET /openapi.json", 404), ("GET /docs", 404), ("PATCH /items/1", 405), ("GET /items/x", 422), ("GET /items/?limit=1000", 422)),
    ("/items", 307, "/items/"),
)  # fmt: skip
STARLETTE = App(
    "starlette_app", "starlette", ("starlette",), ("hypercorn",), "/openapi.json",
    (
        step("GET /notes/"), step("HEAD /notes/"), step("GET /notes/1"), step("GET /notes/9", 404),
        step("PUT /notes/2", 204, json={"text": "eggs"}), step("GET /notes/2"), step("DELETE /notes/2", 204),
    ),
    (("GET /openapi.json", 404), ("POST /notes/", 405), ("GET /notes/1/more", 404)),
    ("/notes", 307, "/notes/"),
)  # fmt: skip
BOOK = {"title": "Book 4", "year": None, "price": "9.50"}
DRF = App(
    "drf_app", "drf", ("rest_framework", "drf_spectacular"), ("gunicorn",), "/openapi.json",
    (
        step("GET /api/books/"), step("GET /api/books/?page=2"), step("GET /api/books/?page=9", 404), step("HEAD /api/books/"),
        step("GET /api/books/", 200, {"Accept": "text/html"}),
        step("GET /api/books/1/"), step("GET /api/books/99/", 404),
        step("POST /api/books/", 201, LOGIN, json=BOOK),
        step("POST /api/books/", 400, LOGIN, json=BOOK),
        step("POST /api/books/", 401, {"Authorization": "Bearer bad"}, json=BOOK),
        step("PUT /api/books/4/", 200, LOGIN, json={**BOOK, "year": 2004}),
        step("PATCH /api/books/4/", 200, LOGIN, json={"price": "8.00"}),
        step("PATCH /api/books/4/", 200, LOGIN, data={"year": "2005"}),
        step("DELETE /api/books/4/", 204, LOGIN),
    ),
    (("GET /openapi.json", 404), ("GET /admin/", 404), ("PUT /api/books/", 405), ("GET /static/rest_framework/css/default.css", 404)),
    ("/api/books", 301, "/api/books/"),
)  # fmt: skip
SMOREST = App(
    "smorest_app", "flask", ("flask_smorest",), ("gunicorn",), "/openapi.json",
    (
        step("GET /pets/"), step("GET /pets/?kind=dog"), step("HEAD /pets/"), step("GET /pets/1"), step("GET /pets/9", 404),
        step("POST /pets/", 201, json={"name": "Tom", "born": "2020-02-29"}), step("GET /pets/2"), step("DELETE /pets/2", 204),
        step("DELETE /pets/2", 404),
    ),
    (("GET /openapi.json", 404), ("PUT /pets/1", 405), ("GET /pets/x", 400)),
    ("/pets", 308, "/pets/"),
)  # fmt: skip
CONNEXION = App(
    "connexion_app", "connexion", ("connexion",), ("uvicorn",), "/v1/openapi.json",
    (
        step("GET /v1/rooms"), step("GET /v1/rooms?floor=1"), step("POST /v1/rooms", 201, json={"name": "B2", "floor": 2}),
        step("GET /v1/rooms/B2"), step("DELETE /v1/rooms/B2", 204, {"X-Key": "good"}), step("DELETE /v1/rooms/B2", 401, {"X-Key": "bad"}),
        step("GET /v1/rooms/B2", 404),
    ),
    (("GET /v1/openapi.json", 404), ("GET /v1/ui/", 404), ("PUT /v1/rooms", 405), ("DELETE /v1/rooms/A1", 401)),
)  # fmt: skip
LITESTAR = App(
    "litestar_app", "litestar", ("litestar",), ("granian",), "/schema/openapi.json",
    (
        step("GET /tasks"), step("GET /tasks?done=false"), step("POST /tasks", 201, json={"title": "read"}), step("GET /tasks/2"),
        step("GET /tasks/9", 404), step("DELETE /tasks/2", 204), step("GET /feed"),
    ),
    (("GET /schema/openapi.json", 404), ("GET /schema", 404), ("PUT /tasks", 405), ("GET /tasks/x", 400)),
)  # fmt: skip
EXPRESS = App(
    "express_app", "express", (), ("node",), "/openapi.json",
    (
        step("GET /tracks"), step("GET /tracks?q=Bl"), step("HEAD /tracks"), step("GET /tracks/1"), step("GET /tracks/9", 404),
        step("POST /tracks", 201, json={"title": "Hejira"}), step("GET /tracks/2"), step("DELETE /tracks/2", 204),
    ),
    (("GET /openapi.json", 404), ("PUT /tracks", 405), ("GET /nothing", 404)),
)  # fmt: skip
ALL = (FASTAPI, STARLETTE, DRF, SMOREST, CONNEXION, LITESTAR, EXPRESS)
