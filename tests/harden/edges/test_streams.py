"""A stream of events: each edge sends one on before the next is made."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from edge_exceptions import EXCEPTIONS

from batten.contract import Contract, load
from batten.engine.hardening.edge_alone import program_of
from batten.formats import Workspace
from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.operation_notes import notes
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.policy import Policy
from listening import listening
from needs import without

PATIENCE = 10  # seconds
HOST = "shop.example.com"
FIRST, SECOND = b"data: 1\n\n", b"data: 2\n\n"


def streaming(folder: Path) -> Contract:
    answer = {"description": "Events.", "content": {"text/event-stream; charset=utf-8": {}}}
    found, _ = load(Workspace(folder, {"openapi.json": json.dumps(_document(answer))}), "openapi.json")
    return found


def _document(answer: object) -> object:
    path = {"get": {"responses": {"200": answer}}}
    return {"openapi": "3.1.0", "info": {"title": "Events", "version": "1"}, "paths": {"/events": path}}


@contextmanager
def slow(seen: threading.Event) -> Iterator[int]:
    """The port of an API that sends its second event when the first was seen."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.piece(FIRST)
            if seen.wait(PATIENCE):
                self.piece(SECOND)
            self.piece(b"")

        def piece(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            self.wfile.flush()

    with listening(ThreadingHTTPServer(("127.0.0.1", 0), Api)) as port:
        try:
            yield port
        finally:
            seen.set()


@pytest.mark.parametrize("engine", [engine for engine in EXCEPTIONS if engine != "traefik"])
def test_events_are_sent_on_as_they_come(engine: str, tmp_path: Path) -> None:
    program, seen = program_of(engine) or without(engine), threading.Event()
    with slow(seen) as port:
        options = Options(upstream=f"http://127.0.0.1:{port}")
        intent = Intent(streaming(tmp_path), Policy(hosts=(HOST,)), options)
        with trial(launch_of(engine), program, intent, lambda placed: render(engine, placed)) as run:
            context = ssl.create_default_context(cafile=str(run.ca))
            plain = socket.create_connection(("127.0.0.1", urlsplit(run.url).port or 0), PATIENCE)
            with context.wrap_socket(plain, server_hostname=HOST) as link:
                link.sendall(f"GET /events HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
                with HTTPResponse(link) as answer:
                    answer.begin()
                    assert answer.read1(len(FIRST)) == FIRST
                    seen.set()
                    assert answer.read() == SECOND


def test_who_ends_a_stream_is_told(tmp_path: Path) -> None:
    intent = Intent(streaming(tmp_path), Policy(hosts=(HOST,)), Options())
    found = {engine: list(notes(intent.contract, intent.edge, engine)) for engine in EXCEPTIONS}
    told = "GET /events may answer with a stream of events: "
    assert found["caddy"] == [f"{told}Caddy ends it after 30 seconds, so clients must reconnect"]
    assert found["traefik"][0].startswith(f"{told}Traefik sends answers when they are complete")
    assert found["nginx"] == found["haproxy"] == found["envoy"] == []
