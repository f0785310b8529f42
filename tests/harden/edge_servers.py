"""An upstream that misbehaves in every way an edge should mend, and requests made byte by byte."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from listening import listening
from waiting import BOUND

PRODUCT = {
    "id": 1,
    "name": "Mug",
    "price": 900,
    "currency": "EUR",
    "image": "https://localhost:8443/images/mug.png",
}
PROBLEM = {"type": "about:blank", "title": "Gone fishing", "status": 404, "detail": "the API's own"}


class Upstream(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[dict[str, str]]] = []

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.seen.append({"method": self.command, "path": self.path, **dict(self.headers.items())})
        status, media, body = self.of(path)
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("X-Powered-By", "Stub/1.2.3")
        self.send_header("Cache-Control", "public, max-age=9")
        self.send_header("X-Frame-Options", "ALLOWALL")
        self.end_headers()
        self.wfile.write(body)

    def of(self, path: str) -> tuple[int, str, bytes]:
        if path == "/v1/health":
            return self.json(200, {"status": "ok", "cache": "ok"})
        if path == "/v1/products" and "broken" not in self.path:
            return self.json(200, {"items": [PRODUCT]})
        if path == "/v1/products":
            return 422, "text/html", b"<h1>Traceback (most recent call last)</h1>"
        if path == "/v1/products/500":
            return 500, "text/html", b"<h1>Traceback (most recent call last)</h1>"
        if path == "/v1/products/1":
            return self.json(200, PRODUCT)
        if path == "/v1/gift-options":
            return self.json(200, {"wanted": "yes", "options": []})
        if re.match(r"/v1/orders(/\d+)?$", path):
            return self.json(401, {**PROBLEM, "status": 401})
        if path == "/images/mug.png":
            return 200, "image/png", b"\x89PNG\r\n\x1a\n"
        return self.json(404, PROBLEM)

    def json(self, status: int, value: object) -> tuple[int, str, bytes]:
        return (
            status,
            "application/json" if status < 400 else "application/problem+json",
            json.dumps(value).encode(),
        )

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = answer


@contextmanager
def upstream() -> Iterator[str]:
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Upstream)) as port:
        yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, list[str]] = field(default_factory=dict)
    body: bytes = b""

    def __getitem__(self, name: str) -> str:
        return ", ".join(self.headers.get(name.lower(), []))


def ask(
    port: int,
    ca: Path | None,
    target: str,
    method: str = "GET",
    host: str = "shop.example.com",
    more: str = "",
) -> Answer:
    """One request with the target as it is; status 0 when the connection is closed without an answer."""
    length = "" if "ontent-" in more or method != "POST" else "Content-Length: 0\r\n"
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{length}{more}\r\n"
    return exchange(port, ca, head.encode("latin-1"), host)


def exchange(port: int, ca: Path | None, data: bytes, host: str = "shop.example.com") -> Answer:
    with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link:
        if ca is not None:
            link = ssl.create_default_context(cafile=str(ca)).wrap_socket(link, server_hostname=host)
        with link:
            link.sendall(data)
            response = http.client.HTTPResponse(link, method=data.partition(b" ")[0].decode("latin-1"))
            try:
                response.begin()
            except (http.client.BadStatusLine, ConnectionError):
                return Answer(0)
            headers: dict[str, list[str]] = {}
            for name, value in response.getheaders():
                headers.setdefault(name.lower(), []).append(value)
            return Answer(response.status, headers, response.read())
