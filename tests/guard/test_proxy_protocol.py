"""The PROXY protocol on a worker's listener, as bytes and as HAProxy and nginx send it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases.case import GOOD_LIST, asked
from guard_certificates import pair
from guard_clients import Client
from guard_proxies import PATIENT, settings, working
from guard_upstream import Upstream, upstream
from test_introduction import BAD, GOOD

from batten.guard.options import Options
from needs import needs
from servers import free_port, listener
from waiting import BOUND, until

HAPROXY, NGINX = shutil.which("haproxy") or "", shutil.which("nginx") or ""
MODULES = Path(os.environ.get("NGINX_MODULES", "/usr/lib/nginx/modules"))
STREAM = MODULES / "ngx_stream_module.so"
LOCAL = Options(trusted=("127.0.0.0/8",))


@contextmanager
def _guarded(folder: Path, behind: Upstream, **more: Any) -> Iterator[tuple[int, Path]]:
    """Its port, and the access log."""
    log = folder / "access.log"
    chosen = settings(
        folder, behind.port, access_log=str(log), proxy_protocol=True, **{"options": LOCAL, **more}
    )
    with working(chosen) as (port, _):
        yield port, log


def _line(log: Path) -> dict[str, Any]:
    until(lambda: log.read_bytes().endswith(b"\n"), "the request is logged")
    line: dict[str, Any] = json.loads(log.read_bytes().splitlines()[-1])
    return line


def _ended(link: socket.socket) -> bool:
    """Whether the other side has closed, without a word."""
    link.settimeout(BOUND)
    try:
        return link.recv(1) == b""
    except ConnectionError:
        return True


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    with upstream() as made:
        yield made


@pytest.fixture(scope="module")
def guarded(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    with _guarded(tmp_path_factory.mktemp("guarded"), behind) as made:
        yield made


@pytest.mark.parametrize("sent", GOOD, ids=repr)
def test_the_client_is_who_the_peer_says(sent: bytes, guarded: tuple[int, Path], behind: Upstream) -> None:
    port, log = guarded
    behind.forget()
    log.write_bytes(b"")
    client = Client(port)
    client.send(sent + asked("GET /v1/things", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https"))
    assert client.answer().body == GOOD_LIST
    client.send(asked("GET /v1/things"))
    assert client.answer().body == GOOD_LIST
    client.close()
    raw = b"".join(behind.raw)
    # A peer that speaks for itself is a trusted proxy still; a client that it tells of is not.
    first = GOOD[sent] or "203.0.113.9"
    assert f"x-forwarded-for: {first}\r\n".encode() in raw and raw.count(b"x-forwarded-for") == 2
    assert (b"x-forwarded-proto: https" in raw) is (not GOOD[sent])
    assert _line(log)["peer"] == (GOOD[sent] or "127.0.0.1")


@pytest.mark.parametrize("sent", [b for b in BAD if len(b) > 12], ids=repr)
def test_anything_else_is_closed(sent: bytes, guarded: tuple[int, Path], behind: Upstream) -> None:
    behind.forget()
    with socket.create_connection(("127.0.0.1", guarded[0]), timeout=BOUND) as link:
        link.sendall(sent + asked("GET /v1/things"))
        assert _ended(link)
    assert not behind.seen


def test_in_pieces(guarded: tuple[int, Path]) -> None:
    client = Client(guarded[0])
    client.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in next(iter(GOOD)):
        client.send(bytes((byte,)))
    client.send(asked("GET /v1/things"))
    assert client.answer().body == GOOD_LIST
    client.close()


def test_who_says_nothing_is_not_waited_for(behind: Upstream, tmp_path: Path) -> None:
    with (
        _guarded(tmp_path, behind, deadlines=replace(PATIENT, handshake=0.1)) as (port, _),
        socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link,
    ):
        link.sendall(b"PROXY TCP4 ")
        assert _ended(link)


def test_peers_that_are_not_trusted_are_closed(behind: Upstream, tmp_path: Path) -> None:
    behind.forget()
    options = Options(trusted=("192.0.2.0/24",))
    with (
        _guarded(tmp_path, behind, options=options) as (port, _),
        socket.create_connection(("127.0.0.1", port), timeout=BOUND) as link,
    ):
        link.sendall(next(iter(GOOD)) + asked("GET /v1/things"))
        assert _ended(link)
    assert not behind.seen


def test_before_tls(behind: Upstream, tmp_path: Path) -> None:
    certificate, key = pair(tmp_path)
    behind.forget()
    context = ssl.create_default_context(cafile=str(certificate))
    with _guarded(tmp_path, behind, certificate=certificate, key=key) as (port, log):
        with socket.create_connection(("127.0.0.1", port), timeout=BOUND) as plain:
            plain.sendall(b"PROXY TCP4 192.0.2.1 198.51.100.7 5000 443\r\n")
            with context.wrap_socket(plain, server_hostname="localhost") as link:
                link.sendall(asked("GET /v1/things"))
                assert b"strict-transport-security" in link.recv(65_536).lower()
        assert _line(log)["peer"] == "192.0.2.1"
    assert b"x-forwarded-proto: https" in b"".join(behind.raw)


def _haproxy(folder: Path, port: int, to: int, version: str) -> list[str | Path]:
    conf = folder / "haproxy.cfg"
    conf.write_text(
        f"defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        f"listen edge\n  bind 127.0.0.1:{port}\n  server guard 127.0.0.1:{to} {version}\n"
    )
    return [HAPROXY, "-db", "-f", conf]


def _nginx(folder: Path, port: int, to: int, _: str) -> list[str | Path]:
    conf = folder / "nginx.conf"
    conf.write_text(
        f'load_module "{STREAM}";\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n'
        f"stream {{ server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{to}; proxy_protocol on; }} }}\n"
    )
    return [NGINX, "-p", f"{folder}/", "-c", conf, "-g", "daemon off;"]


@pytest.mark.parametrize(
    ("edge", "version"),
    [
        pytest.param(_haproxy, "send-proxy", marks=needs("haproxy", HAPROXY)),
        pytest.param(_haproxy, "send-proxy-v2", marks=needs("haproxy", HAPROXY)),
        pytest.param(_haproxy, "send-proxy-v2-ssl-cn", marks=needs("haproxy", HAPROXY)),
        pytest.param(_nginx, "", marks=needs("nginx with its stream module", NGINX and STREAM.exists())),
    ],
)
def test_behind_a_real_edge(edge: Any, version: str, behind: Upstream, tmp_path: Path) -> None:
    behind.forget()
    with _guarded(tmp_path, behind) as (to, log):
        port = free_port()
        with listener(edge(tmp_path, port, to, version), port, tmp_path / "edge.log"):
            with socket.create_connection(("127.0.0.1", port), BOUND, ("127.0.0.9", 0)) as link:
                link.sendall(asked("GET /v1/things"))
                assert b" 200 " in link.recv(65_536)
            until(lambda: '"peer":"127.0.0.9"' in log.read_text(), "the client is logged")
    assert b"x-forwarded-for: 127.0.0.9\r\n" in b"".join(behind.raw)
