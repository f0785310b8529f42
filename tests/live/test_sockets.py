"""WebSocket handshakes of foreign origins: real servers that check them, and that do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from applications import script
from assessed import assess, run
from live_servers import raw
from node_servers import node

from batten.facts import SocketOpened
from batten.live.runner import Assessment
from batten.live.sockets import named
from batten.policy import Environment

# A session's cookie is all that is asked for, where COOKIE is set; LISTED are the origins that are checked, () checks none.
STARLETTE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
PAGE = '<!doctype html><html><body><script src="/static/app.js"></script></body></html>'
SCRIPT = 'const live = new WebSocket(`${scheme}://${location.host}/live/orders`)'
async def page(request):
    return HTMLResponse(PAGE)
async def code(request):
    return HTMLResponse(SCRIPT, media_type="text/javascript")
async def orders(socket):
    known = not COOKIE or socket.cookies.get("session") == COOKIE
    meant = not LISTED or socket.headers.get("origin") in LISTED
    if not known or not meant:
        await socket.close()
        return
    await socket.accept()
    open("accepted", "a").write("x")
    try:
        while True:
            said = await socket.receive_text()
            open("said", "a").write(said)
    except Exception:
        pass
routes = [Route("/", page), Route("/static/app.js", code), WebSocketRoute("/live/orders", orders)]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), log_level="critical", ws="wsproto")
"""

WS = """
const { WebSocketServer } = require("ws");
const server = require("http").createServer((request, response) => response.end("{}"));
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (request.url !== "/ws" || (LISTED.length && !LISTED.includes(request.headers.origin))) return socket.destroy();
  sockets.handleUpgrade(request, socket, head, () => {});
});
server.listen(Number(process.argv[2]), "127.0.0.1");
"""

SOCKET_IO = """
const { Server } = require("socket.io");
const server = require("http").createServer((request, response) => response.end("{}"));
new Server(server, CHECKED ? { allowRequest: (request, done) => done(null, request.headers.origin === undefined) } : {});
server.listen(Number(process.argv[2]), "127.0.0.1");
"""


def _opened(assessment: Assessment) -> list[tuple[str, bool]]:
    assert assessment.not_assessed == []
    return [(f.path, f.cookie) for f in assessment.facts if isinstance(f, SocketOpened)]


def _assessed(port: int, **headers: str) -> Assessment:
    return run(Environment("test", f"http://127.0.0.1:{port}", rate=5000, headers=headers))


def test_a_socket_that_a_script_names_is_found_and_nothing_is_said_to_it(tmp_path: Path) -> None:
    with script(tmp_path, STARLETTE, COOKIE="", LISTED=()) as port:
        assert _opened(_assessed(port)) == [("/live/orders", False)]
    assert (tmp_path / "accepted").read_text() == "x"
    assert not (tmp_path / "said").exists()


def test_one_that_only_a_cookie_guards_is_opened_for_any_page_of_its_user(tmp_path: Path) -> None:
    with script(tmp_path, STARLETTE, COOKIE="k7", LISTED=()) as port:
        assessment = _assessed(port, Cookie="session=k7")
        assert _opened(assessment) == [("/live/orders", True)]
        assert _opened(_assessed(port)) == []  # nobody knows what a cookie would open
    assert "k7" not in repr(assessment.facts)


def test_one_that_compares_origins_is_not(tmp_path: Path) -> None:
    with script(tmp_path, STARLETTE, COOKIE="k7", LISTED=("https://shop.example.com",)) as port:
        assert _opened(_assessed(port, Cookie="session=k7")) == []


@pytest.mark.parametrize(("listed", "found"), [("[]", [("/ws", False)]), ('["https://a.example"]', [])])
def test_ws(tmp_path: Path, listed: str, found: list[tuple[str, bool]]) -> None:
    with node(tmp_path, WS, LISTED=listed) as port:
        assessment = run(Environment("test", f"http://127.0.0.1:{port}", rate=5000))
    assert [(f.path, f.cookie) for f in assessment.facts if isinstance(f, SocketOpened)] == found


@pytest.mark.parametrize(("checked", "found"), [("false", [("/socket.io/", False)]), ("true", [])])
def test_socket_io(tmp_path: Path, checked: str, found: list[tuple[str, bool]]) -> None:
    with node(tmp_path, SOCKET_IO, CHECKED=checked) as port:
        assert _opened(_assessed(port)) == found


async def _switches(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers everything with 101, and goes on for ever."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    for _ in range(1000):
        writer.write(b"\x81\x7e" * 10_000)
        await writer.drain()


def test_a_server_that_only_says_that_it_switches_is_no_socket() -> None:
    async def assessed() -> Assessment:
        async with raw(_switches) as port:
            return await assess(Environment("test", f"http://127.0.0.1:{port}", rate=5000, timeout=2.0))

    assessment = asyncio.run(assessed())
    assert not [f for f in assessment.facts if isinstance(f, SocketOpened)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ('new WebSocket("wss://shop.example.com/ws/v1")', ["/ws/v1"]),
        ("new WebSocket(`${scheme}://${location.host}/live`)", ["/live"]),
        ("new WebSocket(`${base}/live`)", ["/live"]),
        ('new WebSocket("/restart")', []),
        ("const u = 'ws://' + location.host + '/live/orders'; new WebSocket(u)", ["/live/orders"]),
        ('fetch("/v1/orders")', []),
    ],
)
def test_what_scripts_name(text: str, paths: list[str]) -> None:
    assert named(text) == paths
