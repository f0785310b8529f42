"""WebSockets through edges: an application that echoes, its contract and policy, and handshakes as data."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Message, TextMessage

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.policy import Policy
from batten.policy.leniency import Leniency
from waiting import BOUND, until

PATIENCE = 10  # seconds
HOST, SHOP = "api.example.com", "https://shop.example.com"
KEY, ACCEPTED = "dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
OK, REFUSED = {"description": "ok"}, {"description": "no"}
SWITCHED = {"description": "A WebSocket."}
PATHS = {
    "/v1/live": {"get": {"responses": {"101": SWITCHED, "401": REFUSED}}, "post": {"responses": {"201": OK}}},
    "/v1/things": {"get": {"responses": {"200": OK}}},
    "/v1/rooms/{id}": {"get": {"responses": {"200": OK}}},
    "/v1/rooms/lobby": {"get": {"responses": {"200": OK}}},
    "/v1/{kind}/feed": {"get": {"responses": {"101": SWITCHED}}},
    "/v1/closed/feed": {"get": {"responses": {"200": OK}}},
    "/v1/größe": {"get": {"responses": {"101": SWITCHED}}},
}
LISTED = ("/v1/rooms/{id}", "/v1/pushes", "/v1/rooms/{id}/guests")


def contract(folder: Path) -> Contract:
    document = {"openapi": "3.1.0", "info": {"title": "Live", "version": "1"}, "paths": PATHS}
    return load(Workspace(folder, {"openapi.json": json.dumps(document)}), "openapi.json")[0]


def policy() -> Policy:
    return Policy(hosts=(HOST,), origins=(SHOP,), leniency=Leniency(websockets=LISTED))


@dataclass
class Application:
    """`heads` are those of the handshakes and requests that it got, by lower-case name."""

    port: int
    heads: list[dict[str, str]] = field(default_factory=list)


async def _echo(link: WebSocket) -> None:
    link.app.state.heads.append({"path": link.url.path, **dict(link.headers.items())})
    if link.query_params.get("refuse"):
        await link.send_denial_response(JSONResponse({"the": "API's own"}, 401, {"X-Powered-By": "Stub"}))
        return
    await link.accept()
    try:
        while True:
            said = await link.receive()
            if said["type"] == "websocket.disconnect":
                return
            await (
                link.send_text(said["text"])
                if said.get("text") is not None
                else link.send_bytes(said["bytes"])
            )
    except WebSocketDisconnect:
        return


async def _plain(request: Request) -> Response:
    request.app.state.heads.append({"path": request.url.path, **dict(request.headers.items())})
    return JSONResponse({})


@contextmanager
def application() -> Iterator[Application]:
    app = Starlette(
        routes=[WebSocketRoute("/{rest:path}", _echo), Route("/{rest:path}", _plain, methods=["GET", "POST"])]
    )
    link = socket.create_server(("127.0.0.1", 0))
    found = Application(link.getsockname()[1])
    app.state.heads = found.heads
    config = uvicorn.Config(app, log_level="critical", ws="wsproto", lifespan="off", ws_ping_interval=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [link]}, daemon=True)
    thread.start()
    until(lambda: server.started, "the application")
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join(BOUND)
        link.close()


@dataclass(frozen=True, kw_only=True)
class Shake:
    """`answers` are the statuses that fit, `reaches` whether the application gets a handshake (True), nothing but a
    request without an upgrade (False), or nothing (None)."""

    name: str
    target: str = "/v1/live"
    answers: tuple[int, ...] = (101,)
    reaches: bool | None = True
    method: str = "GET"
    changed: dict[str, str | None] = field(default_factory=dict)  # None: without the header
    more: tuple[str, ...] = ()
    body: bytes = b""

    @property
    def sent(self) -> bytes:
        usual = {"Host": HOST, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": KEY}  # fmt: skip
        lines = [f"{name}: {value}" for name, value in {**usual, **self.changed}.items() if value is not None]
        head = "\r\n".join((f"{self.method} {self.target} HTTP/1.1", *lines, *self.more, "", ""))
        return head.encode("latin-1") + self.body


def _foreign(name: str, value: str, target: str = "/v1/live") -> Shake:
    return Shake(name=name, target=target, changed={"Origin": value}, answers=(403,), reaches=None)


DROPPED = (200,)  # and upgraded to nothing
EITHER = (200, 101)  # or the WebSocket that it is, too
SHAKES = (
    Shake(name="declared"),
    Shake(name="declared, with a query", target="/v1/live?token=x"),
    Shake(name="declared, with a parameter", target="/v1/news/feed"),
    Shake(name="declared, spelled with escapes", target="/v1/gr%C3%B6%C3%9Fe"),
    Shake(name="listed beside the contract", target="/v1/pushes"),
    Shake(name="listed, and a GET of the contract", target="/v1/rooms/7"),
    Shake(name="listed, and another path of the contract", target="/v1/rooms/lobby"),
    Shake(name="listed, with more behind the parameter", target="/v1/rooms/7/guests"),
    Shake(name="in other case", changed={"Upgrade": "WebSocket", "Connection": "keep-alive, upgrade"}),
    Shake(name="of a listed origin", changed={"Origin": SHOP}),
    Shake(name="with a subprotocol", changed={"Sec-WebSocket-Protocol": "chat, superchat"}),
    _foreign("of a foreign origin", "https://evil.example"),
    _foreign("of a foreign origin, listed path", "https://evil.example", "/v1/pushes"),
    _foreign("of no origin", "null"),
    _foreign("of the own host without TLS", f"http://{HOST}"),
    _foreign("of the own host at another port", f"https://{HOST}:1"),
    _foreign("of an origin that ends alike", f"https://evil.example/{SHOP}"),
    _foreign("of an origin that begins alike", f"{SHOP}.evil.example"),
    _foreign("of an origin with another letter for a dot", "https://shop-example.com"),
    Shake(name="undeclared", target="/v1/other", answers=(404,), reaches=None),
    Shake(name="declared in other case", target="/v1/LIVE", answers=(404,), reaches=None),
    Shake(name="below a declared path", target="/v1/live/x", answers=(404,), reaches=None),
    Shake(name="a GET without a WebSocket", target="/v1/things", answers=DROPPED, reaches=False),
    Shake(name="a GET that comes before a WebSocket", target="/v1/closed/feed", answers=DROPPED, reaches=False),
    Shake(name="to h2c", changed={"Upgrade": "h2c"}, answers=DROPPED, reaches=False),
    Shake(name="to h2c, with settings", changed={"Upgrade": "h2c", "Connection": "Upgrade, HTTP2-Settings"},
          more=("HTTP2-Settings: AAMAAABk",), answers=DROPPED, reaches=False),
    Shake(name="to h2c, too", changed={"Upgrade": "websocket, h2c"}, answers=EITHER, reaches=False),
    Shake(name="to a newer protocol", changed={"Upgrade": "websocket2"}, answers=DROPPED, reaches=False),
    Shake(name="with POST", method="POST", answers=DROPPED, reaches=False, changed={"Content-Length": "0"}),
    Shake(name="with POST where only handshakes are", method="POST", target="/v1/pushes", answers=(404,), reaches=None,
          changed={"Content-Length": "0"}),
    Shake(name="without Connection", changed={"Connection": None}, answers=DROPPED, reaches=False),
    Shake(name="of another version", changed={"Sec-WebSocket-Version": "12"}, answers=DROPPED, reaches=False),
    Shake(name="with a body", changed={"Content-Length": "2"}, body=b"xx", answers=(413,), reaches=None),
    Shake(name="with chunks", more=("Transfer-Encoding: chunked",), body=b"0\r\n\r\n", answers=EITHER, reaches=False),
    Shake(name="twice, to two protocols", more=("Upgrade: h2c",), answers=EITHER, reaches=False),
    Shake(name="without Connection, but keep-alive", changed={"Connection": "keep-alive"}, answers=DROPPED, reaches=False),
    Shake(name="with Connection that names more", changed={"Connection": "Upgrade, Authorization"}, answers=(*EITHER, 400), reaches=False),
    Shake(name="a GET where only handshakes are", target="/v1/pushes", changed={"Upgrade": None, "Connection": None},
          answers=(404,), reaches=None),
    Shake(name="a GET where handshakes are", changed={"Upgrade": None, "Connection": None}, answers=(200,), reaches=False),
    Shake(name="refused by the application", target="/v1/live?refuse=1", answers=(401,)),
    Shake(name="refused by the application, undeclared", target="/v1/pushes?refuse=1", answers=(401,)),
    Shake(name="of another host", changed={"Host": "other.example"}, answers=(421, 400, 0), reaches=None),
)  # fmt: skip


def connected(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname=HOST)


def head_of(link: socket.socket) -> tuple[int, bytes]:
    """Status and head of an answer, byte by byte so that nothing behind it is read; 0 where the connection ends."""
    read = b""
    while not read.endswith(b"\r\n\r\n"):
        more = link.recv(1)
        if not more:
            return 0, read
        read += more
    return int(read.split(b" ", 2)[1]), read.lower()


def said(link: socket.socket, data: str | bytes) -> str | bytes:
    """What comes back for a message of a client."""
    speaker = Connection(ConnectionType.CLIENT)
    event = TextMessage(data) if isinstance(data, str) else BytesMessage(data)
    link.sendall(speaker.send(event))
    parts: list[str | bytes] = []
    while True:
        speaker.receive_data(link.recv(65_536))
        for found in speaker.events():
            assert isinstance(found, Message), found
            parts.append(found.data)
            if found.message_finished:
                return (
                    b"".join(bytes(p) for p in parts if not isinstance(p, str))
                    if isinstance(data, bytes)
                    else "".join(map(str, parts))
                )


def closed(link: socket.socket) -> bool:
    """A closing handshake, answered."""
    speaker = Connection(ConnectionType.CLIENT)
    link.sendall(speaker.send(CloseConnection(1000)))
    while data := link.recv(65_536):
        speaker.receive_data(data)
        if any(isinstance(event, CloseConnection) for event in speaker.events()):
            return True
    return False
