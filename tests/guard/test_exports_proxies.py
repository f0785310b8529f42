"""Exports behind proxies, run as the servers that they are for: what the API hears of a client's address."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cases.case import asked
from click.testing import CliRunner
from guard_contracts import contract
from guard_exports import HAPROXY, MODULES, NGINX, POLICY, envoy_program, user, written
from guard_upstream import Upstream, upstream
from test_exports import ENGINES, ORDERS

from batten.cli import main
from batten.guard.export import Export, envoy, haproxy, nginx
from batten.harden.options import Options
from proofs import turn
from servers import free_port, listener
from waiting import BOUND

PROXY, OTHER = "127.0.0.2", "127.0.0.3"  # one that is trusted, one that is not
Asking = tuple[int, Upstream]


def exported(engine: str, options: Options, folder: Path) -> Export:
    if engine == "nginx":
        return nginx.export(contract(), POLICY, options, nginx.Place(str(folder), MODULES, secure=False))
    made = envoy if engine == "envoy" else haproxy
    return made.export(contract(), POLICY, options, str(folder), secure=False)


def command(engine: str, folder: Path) -> list[str]:
    if engine == "nginx":
        return [NGINX, "-p", f"{folder}/", "-c", str(folder / nginx.CONFIGURATION), "-g", "daemon off;"]
    if engine == "haproxy":
        return [HAPROXY, "-db", "-f", str(folder / haproxy.CONFIGURATION)]
    words = ["--use-dynamic-base-id", "--concurrency", "1", "-l", "warn"]
    return [envoy_program(), "-c", str(folder / envoy.CONFIGURATION), *words]


@contextmanager
def behind_proxies(engine: str, folder: Path, announced: bool) -> Iterator[Asking]:
    port = free_port()
    with ExitStack() as held:
        api = held.enter_context(upstream())
        options = Options(
            upstream=f"http://127.0.0.1:{api.port}", listen=f"127.0.0.1:{port}", plain="", names=("localhost",), prefix=str(folder),
            user=user(), proxies=(f"{PROXY}/32",), proxy_protocol=announced,
        )  # fmt: skip
        written(exported(engine, options, folder), folder)
        held.enter_context(listener(command(engine, folder), port, folder / "output.log"))
        yield port, api


def heard(asking: Asking, source: str, head: str = "", first: bytes = b"") -> list[str]:
    """What the API hears of the client, or nothing where the connection is closed."""
    port, api = asking
    api.forget()
    answer = b""
    with socket.create_connection(("127.0.0.1", port), BOUND, (source, 0)) as link:
        request = asked("GET /v1/things").replace(
            b"\r\n\r\n", b"\r\nConnection: close\r\n" + head.encode() + b"\r\n"
        )
        link.sendall(first + request)
        try:
            while more := link.recv(65_536):
                answer += more
        except ConnectionError:
            return []
    raw = b"".join(api.raw).decode()
    assert raw == "" or answer.startswith(b"HTTP/1.1 200 ")
    return re.findall(r"(?im)^x-forwarded-for: (.+?)\r$", raw)


@pytest.mark.parametrize("engine", ENGINES)
def test_clients_are_who_the_proxies_say(engine: str, tmp_path: Path) -> None:
    with behind_proxies(engine, tmp_path, announced=False) as asking:
        listed = "X-Forwarded-For: 198.51.100.7, 203.0.113.2\r\n"
        assert heard(asking, PROXY, listed) == ["203.0.113.2"]
        assert heard(asking, PROXY, f"{listed}X-Forwarded-For: 2001:db8::3\r\n") == ["2001:db8::3"]
        assert heard(asking, PROXY, "X-Real-IP: 203.0.113.4\r\n") == [PROXY]
        assert heard(asking, OTHER, listed) == [OTHER]


@pytest.mark.parametrize("engine", turn("announced", ENGINES, 1))
def test_clients_are_who_the_proxies_announce(engine: str, tmp_path: Path) -> None:
    with behind_proxies(engine, tmp_path, announced=True) as asking:
        announced = b"PROXY TCP4 203.0.113.5 127.0.0.1 40000 443\r\n"
        assert heard(asking, PROXY, "X-Forwarded-For: 198.51.100.7\r\n", announced) == ["203.0.113.5"]
        assert heard(asking, OTHER, "", announced) in ([OTHER], [])


@pytest.mark.parametrize(
    ("engine", "words", "why"),
    [
        ("kong", ("--trusted-proxy", "10.0.0.0/8"), "set trusted_ips"),
        ("nginx", ("--proxy-protocol",), "pass --trusted-proxy NETWORK"),
        ("envoy", ("--trusted-proxy", "0.0.0.0/0"), "too wide"),
        ("haproxy", ("--trusted-proxy", "ten"), "not a network"),
    ],
)
def test_what_cannot_be_is_refused(engine: str, words: tuple[str, ...], why: str, tmp_path: Path) -> None:
    place = ("--contract", str(ORDERS / "openapi.yaml"), "--output", str(tmp_path / "made"))
    done = CliRunner().invoke(main, ["guard", "export", engine, *place, *words])
    assert done.exit_code == 2 and why in done.output and not (tmp_path / "made").exists()
