"""Servers on loopback that say secrets to whatever they are asked."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat

from canary_trees import CANARIES, Canaries, planted

_BLOCK = re.compile(
    r"^## (?P<part>\S+) · (?P<what>[^\n]+)\n```\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def scenarios(name: str, canaries: Canaries) -> list[tuple[str, str, str]]:
    """(module, what is asked, answer) of `canaries/live/<name>.md`, with fresh secrets."""
    text = (CANARIES / "live" / f"{name}.md").read_text(encoding="utf-8")
    return [(b["part"], b["what"], planted(b["text"], canaries)) for b in _BLOCK.finditer(text)]


@contextmanager
def web(canaries: Canaries) -> Iterator[int]:
    """An API; it also repeats the headers that it is sent, so that it shows its callers' credentials."""
    answers = {what: text for _, what, text in scenarios("answers", canaries)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            text = (
                answers.get(f"{self.command} {path}") or answers.get(f"{self.command} *") or answers["ANY *"]
            )
            head, _, said = text.replace("{host}", self.headers.get("Host", "")).partition("\n\n")
            first, *lines = head.split("\n")
            status, kind = first.split()
            sent = "\n".join(f"{n}: {v}" for n, v in self.headers.items())
            told = f"{said}\n<!-- {sent}\n{body.decode('utf-8', 'replace')} -->" if "html" in kind else said
            data = told.encode()
            self.send_response_only(int(status))
            for line in (f"Content-Type: {kind}", *lines, f"Content-Length: {len(data)}"):
                name, _, value = line.partition(": ")
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def __getattr__(self, name: str) -> object:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def stores(canaries: Canaries) -> Iterator[list[str]]:
    """A port for each scenario that says the same to everybody, or the answers between `===` in turn; their URLs, each
    with a password of its own."""
    listeners, urls = [], []
    for _, scheme, text in scenarios("stores", canaries):
        listener = socket.create_server(("127.0.0.1", 0))
        answers = [_wire(part) for part in text.split("===\n")]
        threading.Thread(target=_serve, args=(listener, answers), daemon=True).start()
        listeners.append(listener)
        urls.append(f"{scheme}://admin:{canaries.fresh('url')}@127.0.0.1:{listener.getsockname()[1]}")
    try:
        yield urls
    finally:
        for listener in listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _wire(text: str) -> bytes:
    head, gap, body = text.partition("\n\n")
    if not text.startswith("HTTP/"):
        return text.replace("\n", "\r\n").encode()
    data = body.encode()
    lines = head.replace("\n", "\r\n")
    return (
        f"{lines}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data if gap else b""
    )


def _serve(listener: socket.socket, answers: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_say, args=(connection, answers), daemon=True).start()


def _say(connection: socket.socket, answers: list[bytes]) -> None:
    with connection, suppress(OSError):
        connection.settimeout(60)
        if answers[0].startswith(b"HTTP/"):
            connection.recv(65536)
            connection.sendall(answers[0])
            return
        for data in chain(answers, repeat(answers[-1])):
            connection.sendall(data)
            if not connection.recv(65536):
                return
