"""Request smuggling: real servers behind a proxy that reads lengths as the first ones did, and behind those of today."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from assessed import assess, run
from live_servers import nginx, raw, running
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from batten.facts import Feature
from batten.live.desync import pairs
from batten.live.runner import Assessment
from batten.model import Switch
from batten.policy import Environment
from needs import program
from servers import application, free_port

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked\r\n")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batten.live.probes.desync.SECONDS", 3.0)


@asynccontextmanager
async def naive(back: int, chunks: bool) -> AsyncIterator[int]:
    """A proxy that believes the one length or the other, and forwards both."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            theirs, ours = await asyncio.open_connection("127.0.0.1", back)
            with contextlib.closing(ours):
                ours.write(head)
                length = LENGTH.search(head)
                if chunks and CHUNKED.search(head):
                    await _chunks(reader, ours)
                elif length is not None:
                    ours.write(await reader.readexactly(int(length[1])))
                await ours.drain()
                writer.write(await theirs.readuntil(b"\r\n\r\n"))
                await writer.drain()
            return

    async with raw(serve) as port:
        yield port


async def _chunks(reader: asyncio.StreamReader, ours: asyncio.StreamWriter) -> None:
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line, 16)
        ours.write(line + await reader.readexactly(size + 2))
        if size == 0:
            return


class _ByLength(BaseHTTPRequestHandler):
    """Python's own server leaves bodies to the application, and this one knows lengths only."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_OPTIONS = do_POST

    def log_message(self, *_: object) -> None: ...


@contextmanager
def by_length() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _ByLength)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


async def _read(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


APP = Starlette(routes=[Route("/", _read, methods=["GET", "POST"])])


def _found(assessment: Assessment) -> list[str]:
    return [f.what for f in assessment.facts if isinstance(f, Feature) and f.name is Switch.DESYNC]


def _environment(port: int) -> Environment:
    return Environment("test", f"http://127.0.0.1:{port}", rate=5000, smuggling=True)


async def _behind(back: int, chunks: bool) -> list[str]:
    async with naive(back, chunks) as port:
        return _found(await assess(_environment(port)))


def test_a_proxy_that_reads_lengths_before_a_server_that_reads_chunks() -> None:
    with application(APP, http="h11") as back:
        assert asyncio.run(_behind(back, chunks=False)) == [
            "Content-Length, then `Transfer-Encoding: chunked`"
        ]


def test_a_proxy_that_reads_chunks_before_a_server_that_reads_lengths() -> None:
    with by_length() as back:
        assert asyncio.run(_behind(back, chunks=True)) == [
            "`Transfer-Encoding: chunked`, then Content-Length"
        ]


def test_servers_that_read_alike_are_silent() -> None:
    with application(APP, http="h11") as port:
        assert _found(run(_environment(port))) == []
    with by_length() as port:
        assert _found(run(_environment(port))) == []
        assert asyncio.run(_behind(port, chunks=False)) == []


@contextmanager
def haproxy(folder: Path, port: int, back: int) -> Iterator[None]:
    (folder / "haproxy.cfg").write_text(f"""
defaults
 mode http
 timeout connect 60s
 timeout client 60s
 timeout server 60s
listen shop
 bind 127.0.0.1:{port}
 server one 127.0.0.1:{back}
""")
    with running([program("haproxy"), "-f", str(folder / "haproxy.cfg")], port, folder):
        yield


@contextmanager
def apache(folder: Path, port: int, back: int) -> Iterator[None]:
    modules = ["mpm_event", "authz_core", "proxy", "proxy_http"]
    loaded = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in modules)
    (folder / "httpd.conf").write_text(f"""{loaded}
ServerName shop.example.com
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
Mutex file:{folder}
User www-data
Group www-data
Listen 127.0.0.1:{port}
ProxyPass / http://127.0.0.1:{back}/
""")
    command = [program("apache2"), "-DFOREGROUND", "-f", str(folder / "httpd.conf")]
    with running(command, port, folder):
        yield


@contextmanager
def nginx_edge(folder: Path, port: int, back: int) -> Iterator[None]:
    server = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{back}; }} }}"
    with nginx(folder, port, server):
        yield


@pytest.mark.parametrize("edge", [haproxy, apache, nginx_edge])
@pytest.mark.parametrize("lengths", [True, False], ids=["lengths", "chunks"])
def test_edges_of_today_are_silent(tmp_path: Path, edge: Any, lengths: bool) -> None:
    port = free_port()
    with by_length() if lengths else application(APP, http="h11") as back, edge(tmp_path, port, back):
        assessment = run(_environment(port))
    assert _found(assessment) == []
    assert [p.message for p in assessment.not_assessed if "smuggling" in p.message] == []


def test_nothing_is_sent_without_the_users_word(tmp_path: Path) -> None:
    with by_length() as back:
        assessment = run(Environment("test", f"http://127.0.0.1:{back}", rate=5000))
    assert not any("smuggling" in str(p) for p in assessment.left_alone)
    assert _found(assessment) == []


def test_what_is_left_over_between_two_servers_is_an_empty_line() -> None:
    """A server that ends the request at its last chunk has two bytes more, which are skipped before the next request."""
    for pair in pairs("shop.example.com", "/"):
        head, _, body = pair.cut.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        assert length is not None
        if body.startswith(b"0\r\n\r\n"):
            assert body[len(b"0\r\n\r\n") :] == b"\r\n"
            assert int(length[1]) == len(body)
        else:
            assert body[: int(length[1])] == b"1\r\nZ"
