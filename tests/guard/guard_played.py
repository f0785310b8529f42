"""An application that answers as cases/plays.py says, behind both middlewares: what servers are given to serve.

It writes what it read to `seen` in the folder that GUARD_FOLDER names; contract and policy are there, too.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import h11

sys.path.insert(0, str(Path(__file__).parent))

from cases.plays import CUT, PLAYS
from guard_upstream import usual

from batten.guard.asgi import Guard as AsgiGuard
from batten.guard.wsgi import Guard as WsgiGuard

FOLDER = Path(os.environ["GUARD_FOLDER"])
SEPARATOR = b"\r\n--next--\r\n"


def _said(play: str, method: str, target: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    raw = PLAYS[play] if play else usual(method.encode(), target.encode("latin-1"))
    reader = h11.Connection(h11.CLIENT, max_incomplete_event_size=200_000)
    reader.send(h11.Request(method=method, target=target, headers=[("Host", "a")]))
    reader.receive_data(raw.removesuffix(CUT))
    if raw.endswith(CUT) or b"Content-Length" not in raw:
        reader.receive_data(b"")
    answer, body = reader.next_event(), b""
    assert isinstance(answer, h11.Response), answer
    while isinstance(event := reader.next_event(), h11.Data):
        body += bytes(event.data)
    return answer.status_code, [(n, v) for n, v in answer.headers if n != b"transfer-encoding"], body


def _note(method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    with (FOLDER / "seen").open("ab") as file:
        file.write(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body + SEPARATOR)


async def _asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]
    query = scope["query_string"].decode("latin-1")
    target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    _note(scope["method"], target, headers, body)
    status, sent, said = _said(dict(headers).get("x-play", ""), scope["method"], target)
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": said[:5], "more_body": True})
    await send({"type": "http.response.body", "body": said[5:]})


def _wsgi(environ: Any, start_response: Any) -> Any:
    body = environ["wsgi.input"].read(
        int(
            environ.get("CONTENT_LENGTH") or -1
            if environ.get("HTTP_TRANSFER_ENCODING")
            else environ.get("CONTENT_LENGTH") or 0
        )
    )
    headers = [(k[5:].replace("_", "-").lower(), v) for k, v in environ.items() if k.startswith("HTTP_")]
    if environ.get("CONTENT_LENGTH"):
        headers.append(("content-length", environ["CONTENT_LENGTH"]))
    query = environ.get("QUERY_STRING", "")
    plain = environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
    target = quote(plain.encode("latin-1"), safe="/;=:@!$&'()*+,") + (f"?{query}" if query else "")
    _note(environ["REQUEST_METHOD"], target, headers, body)
    status, sent, said = _said(dict(headers).get("x-play", ""), environ["REQUEST_METHOD"], target)
    start_response(f"{status} Said", [(n.decode("latin-1"), v.decode("latin-1")) for n, v in sent])
    yield said[:5]
    yield said[5:]


TRUSTED = os.environ.get("GUARD_TRUSTED", "").split()
asgi = AsgiGuard(_asgi, FOLDER / "openapi.yaml", trusted=TRUSTED)
wsgi = WsgiGuard(_wsgi, FOLDER / "openapi.yaml", trusted=TRUSTED)
