"""Where `batten guard run` listens, and what its upstream may be: unix sockets, inherited sockets, client certificates."""

from __future__ import annotations

import fcntl
import os
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from guard_certificates import pair
from guard_contracts import TEXT
from guard_processes import BATTEN, running
from guard_upstream import Upstream, upstream

from batten.files.folders import Refused
from batten.files.sockets import bind_unix, identity, remove_unix
from batten.guard.options import GuardProblem
from batten.guard.proxy import reaching, settings
from batten.guard.proxy.settings import Address, Inherited, Local
from batten.guard.proxy.sockets import Listeners, inherited
from waiting import BOUND

GET = b"GET /v1/things HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def test_from_unix_socket_to_unix_socket(tmp_path: Path) -> None:
    behind = tmp_path / "app.sock"
    front = tmp_path / "guard.sock"
    with upstream() as app, _relayed(behind, app):
        with running(tmp_path, f"unix:{behind}", "--listen", f"unix:{front}", "--socket-mode", "600") as run:
            assert stat.S_IMODE(front.stat().st_mode) == 0o600
            assert _asked(front).startswith(b"HTTP/1.1 200 ")
            assert b"x-forwarded-for" not in app.raw[-1]
            assert run.metric("batten_guard_upstream_up") == 1
        assert not front.exists()


def _asked(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(BOUND)
        link.connect(str(path))
        link.sendall(GET)
        return b"".join(iter(lambda: link.recv(65_536), b""))


@contextmanager
def _relayed(path: Path, app: Upstream) -> Iterator[None]:
    """The upstream of other tests, on a unix socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        threading.Thread(target=_relay, args=(listener, app.port), daemon=True).start()
        yield


def _relay(listener: socket.socket, port: int) -> None:
    while True:
        try:
            link, _ = listener.accept()
        except OSError:
            return
        with link, socket.create_connection(("127.0.0.1", port)) as onward:
            while data := link.recv(65_536):
                onward.sendall(data)
                link.sendall(onward.recv(65_536))


def test_a_socket_that_is_served_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "guard.sock"
    first = bind_unix(path, 0o600)
    first.listen()
    with pytest.raises(Refused, match="another process listens"):
        bind_unix(path, 0o600)
    first.close()
    old = identity(path)
    second = bind_unix(path, 0o600)  # nobody serves it any more
    remove_unix(path, (old[0], old[1] + 1))
    assert path.exists()
    second.close()
    remove_unix(path, identity(path))
    path.write_text("", encoding="ascii")
    with pytest.raises(GuardProblem, match="is not a socket"):
        Listeners(Local(path), 1)
    assert path.exists()


def _in_a_row(given: socket.socket, other: socket.socket) -> int:
    """The first of two descriptors that follow each other, new ones of these two: the system chooses free ones."""
    least = 500
    while True:
        first = fcntl.fcntl(given, fcntl.F_DUPFD, least)
        least = fcntl.fcntl(other, fcntl.F_DUPFD, first + 1)
        if least == first + 1:
            return first
        os.close(first)
        os.close(least)


def test_sockets_of_the_service_manager() -> None:
    with socket.create_server(("127.0.0.1", 0)) as given, socket.socket() as other:
        first = _in_a_row(given, other)
        told = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "front:other"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("batten.guard.proxy.sockets._FIRST", first)
            environment = dict(told)
            (taken,) = inherited("front", environment)
            assert taken.getsockname() == given.getsockname() and not environment
            taken.close()
            for name, wrong, said in (
                ("none", {}, "no inherited socket has this name"),
                ("front", {"LISTEN_PID": "1"}, "gave no socket to this process"),
                ("", {"LISTEN_FDS": "x"}, "gave no socket to this process"),
                ("other", {}, "not a listening stream socket"),
                ("front", {}, "is not a socket"),
            ):
                with pytest.raises(GuardProblem, match=said):
                    inherited(name, told | wrong)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("unix:/run/a.sock", Local(Path("/run/a.sock"))),
        ("systemd", Inherited()),
        ("systemd:front", Inherited("front")),
        ("[::1]:1", Address("::1", 1)),
    ],
)
def test_listeners_are_read(text: str, read: settings.Listen) -> None:
    assert settings.listener(text) == read and text in (str(read), f"{read}")


@pytest.mark.parametrize(
    "url",
    ["unix:app.sock", "unix:/" + "a" * 101, "http://[::1", "http://a:0", "http://a:x", "http://u:hunter2@a", "a:80", "http://"],
)  # fmt: skip
def test_upstreams_that_cannot_be(url: str) -> None:
    with pytest.raises(GuardProblem) as told:
        settings.upstream(url)
    assert "hunter2" not in str(told.value)


def test_upstream_is_looked_at_when_it_starts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "app"
    file.write_text("", encoding="ascii")
    for address, said in (
        (Local(file), "is not a socket"),
        (Local(tmp_path / "none" / "a.sock"), "folder that does not exist"),
        (Address("name.invalid", 80), "does not resolve"),
        (Address("a..b", 80), "does not resolve|not a host name"),
    ):
        with pytest.raises(GuardProblem, match=said):
            reaching.check(settings.Upstream(address))
    assert not reaching.check(settings.Upstream(Local(tmp_path / "later.sock")))
    assert "cannot be reached now" in caplog.text
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert reaching.check(settings.Upstream(Address("127.0.0.1", listener.getsockname()[1])))


def test_certificates_that_end_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    certificate, key = pair(tmp_path)  # it is valid for a day
    to = settings.Upstream(
        Local(tmp_path / "app.sock"), tls=True, ca=str(certificate), certificate=certificate, key=key
    )
    assert not reaching.check(to)
    assert caplog.text.count("the certificate expires on") == 2


def test_client_certificate_and_name_of_the_upstream(tmp_path: Path) -> None:
    for name in ("server", "client", "other"):
        (tmp_path / name).mkdir()
    server, client = pair(tmp_path / "server"), pair(tmp_path / "client")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server)
    context.load_verify_locations(client[0])
    context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve_tls, args=(listener, context), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        trusted = ("--workers", "1", "--upstream-ca", str(server[0]), "--upstream-name", "localhost")
        with running(tmp_path, url, *trusted) as run:
            assert run.asked() == 502
        shown = ("--upstream-cert", str(client[0]), "--upstream-key", str(client[1]))
        with running(tmp_path, url, *trusted, *shown) as run:
            assert run.asked() == 200
    another = pair(tmp_path / "other")
    done = _checked(tmp_path, *trusted[2:], "--upstream", url, *shown[:2], "--upstream-key", str(another[1]))
    assert done.returncode == 2 and "the client certificate cannot be used" in done.stderr


def _serve_tls(listener: socket.socket, context: ssl.SSLContext) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as link:
                while link.recv(65_536):
                    link.sendall(said)
        except OSError:
            continue


def test_check_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    done = _checked(tmp_path, "--upstream", f"unix:{tmp_path}/app.sock")
    assert done.returncode == 0 and "is valid" in done.stdout and "cannot be reached now" in done.stderr


def _checked(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(BATTEN), "guard", "run", "--check", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=BOUND, check=False)
