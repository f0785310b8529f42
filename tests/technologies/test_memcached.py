"""Memcached: options as the real server takes them, and what is found."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from batten.facts import Fact, Feature, Store
from batten.formats import Workspace
from batten.formats.option_words import parse_words
from batten.model import Location, Problem
from batten.technologies import Unit, named_like, recognised
from batten.technologies.stores.memcached import adapter, validator
from batten.technologies.stores.memcached.options import options
from batten.technologies.stores.memcached.store import store
from needs import needs, program, where
from servers import free_port, listener
from waiting import BOUND

# PORT stands for a free one; every file listens on loopback only.
FILES = {
    "defaults": "-l 127.0.0.1\n-p PORT\n",
    "joined": "-l127.0.0.1\n-pPORT\n-m32\n",
    "long": "--listen=127.0.0.1\n--port=PORT\n--memory-limit=128\n--conn-limit 500\n",
    "udp": "-l 127.0.0.1 -p PORT -U PORT\n",
    "no udp": "-l 127.0.0.1\n-p PORT\n--udp-port=0\n",
    "shutdown": "-l 127.0.0.1\n-p PORT\n-A\n",
    "verbose": "-l 127.0.0.1\n-p PORT\n-vv\n",
    "comments": "# -p 1\n-p PORT # the port\n-l 127.0.0.1\n   -c 77\n",
    "last counts": "-p 1\n-l 127.0.0.1\n-p PORT\n",
    "address with port": "-l 127.0.0.1:PORT\n-p PORT\n",
    "two addresses": "-l 127.0.0.1,127.0.0.2\n-p PORT\n",
    "two lines": "-l 127.0.0.1\n-l 127.0.0.2\n-p PORT\n",
    "login": "-l 127.0.0.1\n-p PORT\n-Y USERS\n",
    "parts": "-l 127.0.0.1\n-p PORT\n-o no_modern,idle_timeout=60\n-F\n-X\n",
}


def settings(port: int) -> dict[str, str]:
    with socket.create_connection(("127.0.0.1", port), BOUND) as wire, wire.makefile("rwb") as talk:
        talk.write(b"set x 0 0 6\r\nu fine\r\n" if port in LOCKED else b"stats settings\r\n")
        if port in LOCKED:
            talk.flush()
            assert talk.readline() == b"STORED\r\n"
            talk.write(b"stats settings\r\n")
        talk.flush()
        lines = iter(talk.readline, b"END\r\n")
        words = (line.decode().split(maxsplit=2) for line in lines)
        return {name: (rest or [""])[0].strip() for _, name, *rest in words}


LOCKED: set[int] = set()


@pytest.mark.parametrize("name", FILES)
def test_options_are_those_that_the_server_takes(name: str, tmp_path: Path) -> None:
    port = free_port()
    users = tmp_path / "users"
    users.write_text("u:fine\n")
    text = FILES[name].replace("PORT", str(port)).replace("USERS", str(users))
    if name == "login":
        LOCKED.add(port)
    words = [word.text for line in parse_words(text) for word in line.words]
    with listener([program("memcached"), "-u", "root", *words], port, tmp_path / "log") as server:
        told = settings(port)
        server.kill()  # it takes a second to end in order
    found = read(Workspace(tmp_path, {"memcached.conf": text}))
    assert str(found.port.known(0)) == told["tcpport"] == str(port)
    assert str(found.options["udp-port"].known("")) == told["udpport"]
    inter = [re.sub(r":\d+$", "", part) for part in told["inter"].split(",")]
    assert found.addresses.known(())[-len(inter) :] == tuple(inter)
    assert found.authentication.known(None) is (told["auth_enabled_ascii"] != "no")
    assert (found.options["verbose"].known("0")) == told["verbosity"]
    assert (found.tls is not None and found.tls.known(None)) is (told.get("ssl_enabled") == "yes")
    assert (found.options["enable-shutdown"].known("") == "on") is (told.get("shutdown_command") == "yes")
    assert int(found.options["unix-mask"].known("0"), 8) == int(told["umask"], 8)


def facts(workspace: Workspace) -> list[Fact | Problem]:
    return list(adapter.read(Unit("memcached", (next(iter(workspace.overlay)),)), workspace))


def read(workspace: Workspace) -> Store:
    return next(f for f in facts(workspace) if isinstance(f, Store))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("memcached.conf", "# x\n-d\n-l 127.0.0.1\n", True),
        ("etc/sysconfig/memcached", 'PORT="11211"\nOPTIONS="-l 127.0.0.1"\n', True),
        ("memcached.conf", "[memcached]\nservers = a\n", False),
        ("memcached.conf", "# nothing\n", False),
    ],
)
def test_what_is_recognised(path: str, text: str, expected: bool) -> None:
    assert ("memcached" in [t.name for t in recognised(named_like(path), text)]) is expected


def test_variables_of_red_hats_file(tmp_path: Path) -> None:
    text = 'PORT="11299"\nUSER="root"\nOPTIONS="-l 10.0.0.5,::1 -U 0 -Z -o ssl_min_version=1"\n'
    found = facts(Workspace(tmp_path, {"etc/sysconfig/memcached": text}))
    one = next(f for f in found if isinstance(f, Store))
    assert (one.port.value, one.addresses.value) == (11299, ("10.0.0.5", "::1"))
    assert one.protocols is not None and one.protocols.known(())[0] == "TLSv1.1"
    assert [f.what for f in found if isinstance(f, Feature)] == ["memcached runs"]
    assert text[found[1].at.span.start : found[1].at.span.end] == "root" if found[1].at.span else False  # type: ignore[union-attr]


def test_listeners_without_tls_beside_those_with_it(tmp_path: Path) -> None:
    text = "-Z\n-l 10.0.0.5\n-l notls:10.0.0.6:11212\n-o ssl_chain_cert=a.pem,ssl_verify_mode=2\n"
    found = read(Workspace(tmp_path, {"memcached.conf": text}))
    assert found.plain is not None and found.plain.value is True
    assert found.addresses.value == ("10.0.0.5", "10.0.0.6")
    assert found.authentication.is_known is False
    only = read(Workspace(tmp_path, {"memcached.conf": "-Z\n-o ssl_verify_mode=2\n"}))
    assert only.authentication.value is True and only.plain is not None and only.plain.value is False


HERE = Location("compose.yaml", "services[cache]/command")


def test_words_of_a_command() -> None:
    said = [
        (g.key, g.value)
        for g in options((w, HERE) for w in ["memcached", "-vv", "-m", "64", "-S", "-U", "1", "-k"])
    ]
    assert said == [
        ("verbose", "2"),
        ("memory-limit", "64"),
        ("enable-sasl", "on"),
        ("udp-port", "1"),
        ("lock-memory", "on"),
    ]


def test_a_file_of_passwords_is_a_login(tmp_path: Path) -> None:
    for word in ("-Y /etc/memcached/users", "--auth-file=/etc/memcached/users"):
        assert read(Workspace(tmp_path, {"memcached.conf": f"-m 1\n{word}\n"})).authentication.value is True


def test_before_1_5_6_udp_was_on() -> None:
    told = adapter.configuration("memcached.conf", Workspace(Path(), {"memcached.conf": "-m 1\n"}))
    assert store(told, HERE, version="1.5.5").options["udp-port"].effective == "11211"
    assert store(told, HERE, version="1.6").options["udp-port"].effective == "0"


@needs("memcached", where("memcached"))
def test_the_server_is_asked(tmp_path: Path) -> None:
    unit = Unit("memcached", ("memcached.conf",))
    good = "-d\nlogfile /var/log/x\n-p 11211\n-Y /nowhere\n-P /run/x.pid\n"
    assert validator.validate(unit, Workspace(tmp_path, {"memcached.conf": good})) is True
    problem = validator.validate(unit, Workspace(tmp_path, {"memcached.conf": "-p 1\n-Q\n"}))
    assert isinstance(problem, Problem) and "Q" in problem.message
