"""Addresses that an assessment or an alert is not to reach, in every spelling, through real sockets: nothing is connected to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from batten.cell.fetch import Remote
from batten.cell.fetch import fetched as git_fetched
from batten.cell.git import GitProblem
from batten.live.addresses import Addresses, networks
from batten.live.exchange import NotAnswered
from batten.live.fetching import fetched
from batten.watch.alerts.addresses import Undelivered, checked, client, post
from batten.watch.alerts.kinds import Order, smtp
from batten.watch.assess.assessment import AssessProblem, assess
from batten.watch.model import Environment, Owned, Source
from batten.watch.settings import Settings
from watch_two_teams import Listener, listening

SRC = Path(__file__).parents[2] / "src"
# Each of them leads to a listener of this machine, where nothing holds it back.
LEADING = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "localhost",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "OWN", "[::ffff:OWN]",
)  # fmt: skip
# And these are closed, though nothing of this machine listens there.
CLOSED = (
    "localhost.", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::1]", "[2001:0:7f00:1::1]", "[::7f00:1]", "[::ffff:0:7f00:1]", "[2001:db8::5efe:7f00:1]", "[fec0::1]", "[fe80::1]",
    "[fd00:ec2::254]", "168.63.129.16", "192.0.0.192", "100.100.100.200", "224.0.0.1", "[ff02::1]", "255.255.255.255",
)  # fmt: skip


@dataclass
class Machine:
    """A port that listens at both loopbacks and at the address of this machine, and who connected."""

    port: int
    own: str
    servers: list[Listener]

    @property
    def heard(self) -> list[tuple[str, int]]:
        return [place for server in self.servers for place in server.heard]

    def host(self, spelling: str) -> str:
        return spelling.replace("OWN", self.own)


def own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.99", 9))
        except OSError:
            return "127.0.0.1"
        return str(asked.getsockname()[0])


@pytest.fixture
def machine() -> Iterator[Machine]:
    own = own_address()
    with ExitStack() as stack:
        first = stack.enter_context(listening(host="0.0.0.0"))
        servers = [first]
        with suppress(OSError):
            servers.append(stack.enter_context(listening(socket.AF_INET6, "::1", first.port)))
        yield Machine(first.port, own, servers)


_dialled: list[object] = []
_watching: list[bool] = []


def _noted(event: str, given: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        link = given[0]
        assert isinstance(link, socket.socket)
        if link.type == socket.SOCK_STREAM:
            _dialled.append(given[1])


sys.addaudithook(_noted)


@pytest.fixture
def dialled() -> Iterator[list[object]]:
    """What sockets of this process were asked to connect to."""
    _dialled.clear()
    _watching.append(True)
    yield _dialled
    _watching.clear()


@pytest.mark.parametrize("spelling", LEADING)
def test_the_test_would_see_who_connects(machine: Machine, spelling: str) -> None:
    if ":" in spelling and len(machine.servers) < 2:
        return  # a machine without IPv6
    with suppress(NotAnswered):
        fetched(f"http://{machine.host(spelling)}:{machine.port}/", 3.0, 1000)
    assert machine.heard, spelling


@pytest.mark.parametrize("spelling", [*LEADING, *CLOSED])
def test_a_live_source_leads_to_no_closed_address(
    machine: Machine, dialled: list[object], spelling: str
) -> None:
    url = f"http://{machine.host(spelling)}:{machine.port}/"
    with pytest.raises(NotAnswered, match="does not resolve to an address that batten may connect to"):
        fetched(url, 3.0, 1000, Addresses())
    assert (machine.heard, dialled) == ([], [])


@pytest.mark.parametrize("spelling", [*LEADING, *CLOSED])
def test_an_alert_leads_to_no_closed_address(machine: Machine, dialled: list[object], spelling: str) -> None:
    host = machine.host(spelling)
    with client(Addresses(public=True)) as to, pytest.raises(Undelivered):
        post(to, f"http://{host}:{machine.port}/", b"{}", {})
    given = {"host": host.strip("[]"), "port": str(machine.port), "from": "a@b.example", "to": "c@d.example"}
    order = Order(key="a", notices=(), settings=given, url="", sent=0, allowed=Addresses(public=True))
    with pytest.raises(Undelivered, match="does not resolve to an address"):
        smtp._connected(order)
    assert (machine.heard, dialled) == ([], [])


WAYS = """
import asyncio, json, socket, sys, urllib.request
from batten.live.addresses import Addresses, enforce
hosts, port = json.loads(sys.argv[1]), int(sys.argv[2])
enforce(Addresses())

def raw(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as link:
        link.settimeout(3)
        link.connect((host, port))

def resolved(host):
    socket.create_connection((host, port), 3).close()

def quiet(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as link:
        link.settimeout(3)
        if link.connect_ex((host, port)):
            raise OSError

def looped(host):
    async def dial():
        async with asyncio.timeout(3):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
    asyncio.run(dial())

def datagram(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as link:
        link.sendto(b"a", (host, port))

def opened(host):
    name = f"[{host}]" if ":" in host else host
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{name}:{port}/", timeout=3)

def unix(host):
    with socket.socket(socket.AF_UNIX) as link:
        link.connect("/run/docker.sock")

told = {}
for way in (raw, resolved, quiet, looped, datagram, opened, unix):
    for host in hosts:
        try:
            way(host)
        except PermissionError:
            told[f"{way.__name__} {host}"] = "refused"
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "reason", error)
            told[f"{way.__name__} {host}"] = "refused" if isinstance(reason, PermissionError) else f"failed: {error!r}"
        else:
            told[f"{way.__name__} {host}"] = "connected"
print(json.dumps(told))
"""


def test_the_process_of_an_assessment_connects_to_nothing_else_whatever_its_code_does(
    machine: Machine,
) -> None:
    hosts = [machine.host(one).strip("[]") for one in LEADING]
    command = [sys.executable, "-c", textwrap.dedent(WAYS), json.dumps(hosts), str(machine.port)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, timeout=120
    )
    told = json.loads(done.stdout) if done.returncode == 0 else {"error": done.stderr}
    assert {way for way, came in told.items() if came != "refused"} == set(), told
    assert len(told) == 7 * len(hosts) and machine.heard == []


def test_a_name_that_changes_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first address may be reached, all later ones may not."""
    with listening(host="127.9.9.9") as meant, listening(port=meant.port) as other:
        answers = iter(["127.9.9.9"])

        def resolve(host: object, *_: object, **__: object) -> list[object]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers, "127.0.0.1"), 0))]

        with monkeypatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", resolve)
            only = Addresses(allowed=networks(["127.9.9.9"]))
            with pytest.raises(NotAnswered, match="status 404"):
                fetched(f"http://rebound.example:{meant.port}/", 3.0, 1000, only)
            with pytest.raises(NotAnswered, match="does not resolve to an address"):
                fetched(f"http://rebound.example:{meant.port}/", 3.0, 1000, only)
        assert len(meant.heard) == 1 and other.heard == []


def test_of_several_addresses_only_those_are_tried_that_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(host="127.9.9.9") as meant, listening(port=meant.port) as other:

        def resolve(host: object, *_: object, **__: object) -> list[object]:
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
                for address in ("127.0.0.1", "127.9.9.9")
            ]

        with monkeypatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", resolve)
            with pytest.raises(NotAnswered, match="status 404"):
                fetched(
                    f"http://both.example:{meant.port}/",
                    3.0,
                    1000,
                    Addresses(allowed=networks(["127.9.9.9"])),
                )
        assert meant.heard and other.heard == []


def test_a_redirect_leads_nowhere() -> None:
    with (
        listening(port=0, answer=b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\n") as server,
        listening() as other,
    ):
        server.location = other.port
        only = Addresses(allowed=networks(["127.0.0.0/8"]))
        with pytest.raises(NotAnswered, match="status 302"):
            fetched(f"http://127.0.0.1:{server.port}/", 3.0, 1000, only)
        assert server.heard and other.heard == []


@pytest.mark.parametrize("scheme", ["https", "ssh"])
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "OWN"]
)
def test_a_repository_is_fetched_from_no_closed_address(
    machine: Machine, tmp_path: Path, scheme: str, host: str
) -> None:
    key = tmp_path / "key"
    key.write_text("key")
    url = f"{scheme}://{'git@' * (scheme == 'ssh')}{machine.host(host)}:{machine.port}/a.git"
    settings = {"url": url} | ({"key": str(key), "hosts": str(key)} if scheme == "ssh" else {})
    one = Environment(team=1, service="a", stage="b", source=Source.REPOSITORY, settings=settings)
    with pytest.raises(AssessProblem, match="does not resolve to an address that batten may connect to"):
        assess(one, Settings(folder=tmp_path), lambda line: None, lambda: False, Owned(alone=True))
    assert machine.heard == []


@pytest.mark.parametrize("scheme", ["https", "ssh"])
def test_git_connects_to_the_address_that_was_judged(tmp_path: Path, scheme: str) -> None:
    key = tmp_path / "key"
    key.write_text("key")
    key.chmod(0o600)
    with listening() as server:
        url = f"{scheme}://{'git@' * (scheme == 'ssh')}rebound.invalid:{server.port}/a.git"
        remote = Remote(
            url=url, home=tmp_path, key=str(key), hosts=str(key), address="127.0.0.1"
        )  # the name itself does not resolve
        with pytest.raises(GitProblem):
            git_fetched(tmp_path / "mirror", remote, "main")
        assert server.heard


def test_nothing_tells_what_an_internal_name_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence is the same for a name that is not there, and for one that resolves to what may not be reached."""

    def resolve(host: str, *_: object, **__: object) -> list[object]:
        if host == "there.example":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    said: dict[str, set[str]] = {"live": set(), "alerts": set()}
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", resolve)
        for host in ("there.example", "not-there.example"):
            with pytest.raises(NotAnswered) as live:
                fetched(f"http://{host}/", 3.0, 1000, Addresses())
            said["live"].add(str(live.value).replace(host, "X"))
            with pytest.raises(Undelivered) as alert:
                checked(host, 443, Addresses(public=True))
            said["alerts"].add(str(alert.value).replace(host, "X"))
    assert all(len(sentences) == 1 for sentences in said.values())
    assert "169.254" not in str(said)
