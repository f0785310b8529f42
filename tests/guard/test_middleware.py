"""The black-box suite against both middlewares, under the servers that people run them with."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cases import answer_bodies, answer_headers, answers, bodies, bodies_of, framing, origins, shapes, targets
from cases.case import SHOP, Case
from guard_clients import Client
from guard_contracts import TEXT

from needs import PACKAGES, without
from proofs import PROOF
from servers import free_port, listener

HERE = Path(__file__).parent
# Bodies are judged by one core, which test_bodies.py asks for all of them: servers play a part of them but in `make proof`.
BODIES = bodies_of.CASES + answer_headers.CASES + answer_bodies.CASES
PLAYED = BODIES if PROOF else BODIES[::4]
SUITE = [
    c
    for c in framing.CASES
    + targets.CASES
    + origins.CASES
    + bodies.CASES
    + answers.CASES
    + shapes.CASES
    + PLAYED
    if not c.wire
]
_PYTHON = (sys.executable, "-m")
SERVERS = {
    "uvicorn": (*_PYTHON, "uvicorn", "guard_played:asgi", "--no-server-header", "--log-level=critical", "--port={port}"),
    "granian-asgi": (*_PYTHON, "granian", "--interface=asgi", "--port={port}", "--no-ws", "guard_played:asgi"),
    "hypercorn": (*_PYTHON, "hypercorn", "guard_played:asgi", "--bind=127.0.0.1:{port}"),
    "granian-wsgi": (*_PYTHON, "granian", "--interface=wsgi", "--port={port}", "--no-ws", "guard_played:wsgi"),
    "gunicorn": (*_PYTHON, "gunicorn", "guard_played:wsgi", "--bind=127.0.0.1:{port}", "--threads=2", "--log-level=critical"),
}  # fmt: skip

# What a server decides before a middleware is asked. Granian gives WSGI applications no target as it was sent: guard
# and application read the same decoded path, and nobody can tell `%74` from `t`. Servers that keep a header's `_`
# make it one with `-` (RFC 3875, 4.1.18); Gunicorn drops such headers.
_CONTINUES = {f"100-continue, {rest}" for rest in ("refused before the body", "no credentials", "too large")}
DIFFERENCES = {
    "granian-wsgi": {
        *(f"target /v1{rest}" for rest in ("%2Fthings", "%2fthings", "/%74hings", "/%54hings")),
        *(f"target /v1/things/{rest}" for rest in ("a%2Fb", "%37", "%2d", "%", "%4", "%zz", "%u002e", '"', "^", "{id}", "|")),
        "Latin-1 in a value",
    },
    # They ask for the body before the application is called.
    "gunicorn": _CONTINUES,
    # h11 takes an empty line for a broken request line, and what follows a close for one, too.
    "hypercorn": {*_CONTINUES, "after Connection: close nothing is read", "one empty line first", "an empty line between"},
}  # fmt: skip


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int, Path]]:
    """Its name, its port, and the file of what the application read."""
    folder = tmp_path_factory.mktemp(request.param)
    with running(request.param, folder) as port:
        yield request.param, port, folder / "seen"


@contextmanager
def running(name: str, folder: Path) -> Iterator[int]:
    """The port of a server of that name."""
    command = SERVERS[name]
    if importlib.util.find_spec(command[2]) is None:
        without(command[2], PACKAGES)
    (folder / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    (folder / "batten.yaml").write_text(f"origins: [{SHOP}]\n", encoding="utf-8")
    port = free_port()
    environment = {
        **os.environ,
        "GUARD_FOLDER": str(folder),
        "PYTHONPATH": f"{HERE}:{HERE.parents[1] / 'src'}",
    }
    with listener([word.format(port=port) for word in command], port, folder / "log", env=environment):
        yield port


@pytest.mark.parametrize("case", SUITE, ids=lambda case: case.name)
def test_case(server: tuple[str, int, Path], case: Case, request: pytest.FixtureRequest) -> None:
    name, port, seen = server
    if case.name in DIFFERENCES.get(name, ()):
        request.applymarker(pytest.mark.xfail(reason=f"{name} decides before", strict=True))
    seen.write_bytes(b"")
    client = Client(port)
    try:
        client.send(case.sent)
        method = case.sent.partition(b" ")[0]
        statuses = [client.answer(method == b"HEAD") for _ in case.statuses]
    finally:
        client.close()
    last, raw = statuses[-1], seen.read_bytes()
    assert tuple(answer.status for answer in statuses) == case.statuses
    assert case.reaches in (-1, raw.count(b"\r\n--next--\r\n"))
    for wanted in case.shows:
        assert wanted in last.head
    for unwanted in case.hides:
        assert unwanted not in last.head + (last.body if last.status >= 400 else b"")
    for wanted in case.got:
        assert wanted in raw
    for unwanted in case.got_not:
        assert unwanted not in raw.lower()
    if case.body is not None:
        assert last.body == case.body
