"""Alerts reach public addresses, and networks that the operator named."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from batten.live.addresses import Addresses, networks
from batten.watch.alerts.addresses import Undelivered, checked, client, post

PUBLIC = Addresses(public=True)
LOOPBACK = Addresses(public=True, allowed=networks(["127.0.0.0/8"]))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "[::1]".strip("[]"), "::ffff:127.0.0.1",
        "fe80::1", "fd00::1", "100.64.0.1", "224.0.0.1", "2130706433", "0x7f.1", "127.1",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(host: str) -> None:
    with pytest.raises(Undelivered, match="does not resolve to an address that alerts may be sent to"):
        checked(host, 443, PUBLIC)


def test_what_the_operator_named_is_reached() -> None:
    assert checked("127.0.0.1", 80, LOOPBACK) == ["127.0.0.1"]
    assert checked("::ffff:127.0.0.1", 80, LOOPBACK) == ["::ffff:127.0.0.1"]
    assert checked("8.8.8.8", 443, PUBLIC) == ["8.8.8.8"]
    with pytest.raises(Undelivered):
        checked("10.0.0.1", 80, LOOPBACK)


class _Answers(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(b"x" * 200_000)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}"
        made.shutdown()


@pytest.mark.parametrize(("status", "final"), [(302, False), (404, True), (429, False), (500, False)])
def test_an_answer_that_is_no_success_is_told(
    server: str, status: int, final: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Answers, "status", status)
    with client(LOOPBACK) as to, pytest.raises(Undelivered, match=f"status {status}") as told:
        post(to, f"{server}/a", b"{}", {})
    assert told.value.final is final


def test_answers_are_bounded_and_proxies_of_the_environment_are_not_used(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Answers, "status", 200)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with client(LOOPBACK) as to:
        assert len(post(to, f"{server}/b", b"{}", {})) <= 65_536


def test_a_name_is_resolved_once_and_that_address_is_used(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is checked, and loopback when it is connected to, leads nowhere."""
    port = int(server.rpartition(":")[2])
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("203.0.113.9", port))]])
    asked: list[object] = []

    def resolve(host: object, *args: object, **more: object) -> object:
        asked.append(host)
        return next(answers, [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))])

    connected: list[object] = []

    def connect(address: tuple[str, int], *args: object, **more: object) -> socket.socket:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    allowed = Addresses(public=True, allowed=networks(["203.0.113.9"]))
    with client(allowed) as to, pytest.raises(Undelivered, match="cannot be reached"):
        post(to, f"http://rebound.example:{port}/", b"{}", {})
    assert connected == ["203.0.113.9"] and len(asked) == 1


@pytest.mark.parametrize(
    "url", ["ftp://a/", "file:///etc/passwd", "http://", "no url", "unix:///run/docker.sock", "https://[::1"]
)
def test_what_is_no_url_is_told(url: str) -> None:
    with client(LOOPBACK) as to, pytest.raises(Undelivered):
        post(to, url, b"{}", {})
