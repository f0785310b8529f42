"""What is read of an Express application is what Express does, before the fix and after it."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from batten.engine.review import review
from batten.formats import Workspace, apply
from batten.model import Edit
from batten.policy.load import parse_policy
from needs import program
from servers import free_port, listener
from waiting import BOUND

BAD = """\
const express = require('express')
const app = express()

app.use((req, res, next) => {
  res.setHeader('Access-Control-Allow-Origin', '*')
  next()
})
app.use(express.json({ limit: Infinity }))
app.use(express.static(__dirname + '/public', { dotfiles: 'allow' }))
app.post('/login', (req, res) => {
  res.cookie('session', 'opaque')
  res.json({ bytes: JSON.stringify(req.body).length })
})
app.delete('/orders/:id', (req, res) => res.sendStatus(204))
app.get('/fails', () => {
  throw new Error('an error of the test')
})
app.use((err, req, res, next) => {
  res.status(err.status || 500).send(err.stack)
})
app.listen(Number(process.argv[2]), '127.0.0.1')
"""
POLICY = parse_policy("batten.yaml", "origins: [https://shop.example.com]\n")
CONTROLS = (
    "cookie-flags",
    "cors-origin-listed",
    "error-free-of-traces",
    "file-not-served",
    "http-limits-set",
)


def reviewed(text: str, root: Path) -> tuple[set[str], list[Edit]]:
    """The controls that find something, and the edits that repair it."""
    found = review(Workspace(root, {"app.js": text}), POLICY).findings
    mine = [f for f in found if f.control in CONTROLS and f.at.source == "app.js"]
    return {f.control for f in mine}, [e for f in mine if f.fix is not None for e in f.fix.edits]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("express")
    (folder / "public").mkdir()
    (folder / "public" / ".env").write_text("NAME=value\n")
    return folder


@pytest.fixture(scope="module")
def bad(folder: Path) -> Iterator[int]:
    yield from started(folder / "bad.js", BAD)


@pytest.fixture(scope="module")
def fixed(folder: Path) -> Iterator[int]:
    found, edits = reviewed(BAD, folder)
    assert found == set(CONTROLS)
    text = apply(BAD, edits)
    assert reviewed(text, folder) == (
        {"http-limits-set"},
        [],
    )  # a limit that somebody wrote is lowered by them
    text = text.replace("Infinity", "'1mb'")
    assert reviewed(text, folder) == (set(), [])
    yield from started(folder / "fixed.js", text)


def started(script: Path, text: str) -> Iterator[int]:
    script.write_text(text)
    port = free_port()
    paths = {"NODE_PATH": "/usr/share/nodejs:/usr/lib/nodejs", "NODE_ENV": "production"}
    command = [program("node", "nodejs"), str(script), str(port)]
    with listener(command, port, script.with_suffix(".log"), env=paths):
        yield port


def answer(port: int, method: str, path: str, body: str = "") -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=BOUND)
    try:
        connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def test_cookies_have_their_flags(bad: int, fixed: int) -> None:
    before = answer(bad, "POST", "/login", "{}")[0].getheader("Set-Cookie", "")
    after = answer(fixed, "POST", "/login", "{}")[0].getheader("Set-Cookie", "")
    assert before == "session=opaque; Path=/"
    assert after == "session=opaque; Path=/; HttpOnly; Secure; SameSite=Lax"


def test_origins_are_listed(bad: int, fixed: int) -> None:
    name = "Access-Control-Allow-Origin"
    assert answer(bad, "POST", "/login", "{}")[0].getheader(name) == "*"
    assert answer(fixed, "POST", "/login", "{}")[0].getheader(name) == "https://shop.example.com"


def test_errors_hold_no_trace(bad: int, fixed: int) -> None:
    assert "bad.js:" in answer(bad, "GET", "/fails")[1]
    response, text = answer(fixed, "GET", "/fails")
    assert (response.status, text) == (500, "Internal Server Error")


def test_hidden_files_are_not_served(bad: int, fixed: int) -> None:
    assert answer(bad, "GET", "/.env")[1] == "NAME=value\n"
    assert answer(fixed, "GET", "/.env")[0].status == 404


def test_bodies_are_bounded(bad: int, fixed: int) -> None:
    large = f'{{"a": "{"x" * (2 << 20)}"}}'
    assert answer(bad, "POST", "/login", large)[0].status == 200
    assert answer(fixed, "POST", "/login", large)[0].status == 413


def test_routes_are_registered(bad: int, folder: Path) -> None:
    contract = (
        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /orders/{id}:\n    get:\n"
        "      responses: {'200': {description: One}}\n"
    )
    found = review(Workspace(folder, {"app.js": BAD, "openapi.yaml": contract}), POLICY).findings
    mine = [f for f in found if f.at.source == "app.js"]
    named = [f.message for f in mine if f.control == "verbs-as-specified"]
    assert named == ["`DELETE /orders/{id}` is registered, but the contract does not define it"]
    assert answer(bad, "DELETE", "/orders/1")[0].status == 204
