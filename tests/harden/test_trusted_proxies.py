"""Edges behind proxies, on the real engines: whose requests are counted, and what the API hears of a client's address."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
import pytest
from deployments import POLICY, contract
from edge_programs import CADDY, CHOSEN, PROGRAMS
from edge_servers import Upstream, upstream

from batten.engine.hardening.readback import compared
from batten.engine.review import review
from batten.harden import HardenProblem, Options
from batten.harden.forwarded import LAST, LISTED
from batten.harden.intent import Intent
from batten.harden.proxies import networks
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.technologies import technologies
from needs import without
from waiting import BOUND

PROXY, OTHER = "127.0.0.2", "127.0.0.3"  # one that is trusted, one that is not
SECOND = "127.0.0.4"  # a trusted one in front of the first
IGNORING = ("nginx", "caddy", "traefik")  # what others announce; the rest closes their connections
RATE = 5
MANY = 40  # requests: far beyond any burst


@dataclass(frozen=True, slots=True)
class Behind:
    engine: str
    port: int
    ca: Path
    announced: bool
    plain: str

    @contextmanager
    def link(self, source: str, first: bytes = b"") -> Iterator[ssl.SSLSocket]:
        with socket.create_connection(("127.0.0.1", self.port), BOUND, (source, 0)) as raw:
            raw.sendall(first)
            trusting = ssl.create_default_context(cafile=str(self.ca))
            with trusting.wrap_socket(raw, server_hostname="shop.example.com") as link:
                yield link

    def statuses(self, source: str, *heads: str, first: bytes = b"") -> list[int]:
        """Requests of one connection."""
        with self.link(source, first) as link, link.makefile("rb") as answers:
            return [_asked(link, answers, head) for head in heads]

    def heard(self, source: str, *heads: str, first: bytes = b"") -> list[str]:
        """What the API hears of the client, for each request."""
        before = len(Upstream.seen)
        assert self.statuses(source, *heads, first=first) == [200] * len(heads)
        return [self.client_of(row) for row in Upstream.seen[before:]]

    def client_of(self, sent: dict[str, str]) -> str:
        """Of what the API gets: one address, or of Traefik a list that it has to read from the right."""
        row = {name.lower(): value for name, value in sent.items()}
        if not self.lists:
            assert row["x-real-ip"] == row["x-forwarded-for"]
            return row["x-forwarded-for"]
        assert "x-real-ip" not in row
        found = PROXY
        for one in reversed(row["x-forwarded-for"].split(", ")):
            if not is_address(one):
                break
            found = one
            if one not in (PROXY, SECOND):
                break
        return found

    @property
    def lists(self) -> bool:
        return self.engine == "traefik" and not self.announced

    def concurrently(self, source: str, head: str, count: int) -> list[int]:
        """Requests all at once: streams of one connection where the edge has HTTP/2."""
        return asyncio.run(self._streams(source, [head] * count))

    def streams(self, source: str, *heads: str) -> list[int]:
        return asyncio.run(self._streams(source, list(heads)))

    async def _streams(self, source: str, heads: list[str]) -> list[int]:
        trusting = ssl.create_default_context(cafile=str(self.ca))
        transport = httpx.AsyncHTTPTransport(verify=trusting, http2=True, local_address=source)
        async with httpx.AsyncClient(transport=transport, timeout=BOUND) as client:
            url, named = f"https://localhost:{self.port}/v1/health", {"sni_hostname": "shop.example.com"}
            sent = [
                client.get(
                    url, headers={"x-forwarded-for": head, "host": named["sni_hostname"]}, extensions=named
                )
                for head in heads
            ]
            return [answer.status_code for answer in await asyncio.gather(*sent)]


def _asked(link: ssl.SSLSocket, answers: BinaryIO, head: str) -> int:
    more = f"{head}\r\n" if head else ""
    link.sendall(f"GET /v1/health HTTP/1.1\r\nHost: shop.example.com\r\n{more}\r\n".encode())
    status, length = 0, 0
    for line in iter(answers.readline, b"\r\n"):
        if not line:
            return status
        status = status or int(line.split()[1])
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    answers.read(length)
    return status


def is_address(text: str) -> bool:
    try:
        return bool(ip_address(text))
    except ValueError:
        return False


def said(*addresses: str) -> str:
    return f"X-Forwarded-For: {', '.join(addresses)}"


def proxied(source: str) -> bytes:
    return f"PROXY TCP4 {source} 127.0.0.1 40000 443\r\n".encode()


SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL = SIGNATURE + b"\x20\x00\x00\x00"  # what a proxy says of its own checks


def proxied_2(source: str) -> bytes:
    """Version 2, for TCP over IPv4 or IPv6."""
    ends = [ip_address(source), ip_address("::1" if ":" in source else "127.0.0.1")]
    block = b"".join(end.packed for end in ends) + (40_000).to_bytes(2, "big") + (443).to_bytes(2, "big")
    family = b"\x21" if ":" in source else b"\x11"
    return SIGNATURE + b"\x21" + family + len(block).to_bytes(2, "big") + block


def behind(*proxies: str, rate: int = 100) -> Options:
    """Proxies that are believed, and no redirecting listener."""
    return Options(upstream="http://127.0.0.1", plain="", proxies=proxies, rate=rate)


@contextmanager
def running(engine: str, given: Options) -> Iterator[Behind]:
    program = PROGRAMS[engine]() or without(engine)
    with ExitStack() as held:
        url = held.enter_context(upstream())
        options = replace(given, upstream=url)
        intent = Intent(contract(), POLICY, options)
        made = held.enter_context(
            trial(launch_of(engine), Path(program), intent, lambda i: render(engine, i))
        )
        yield Behind(engine, urlsplit(made.url).port or 0, made.ca, options.proxy_protocol, made.plain)


def counts(engine: str) -> bool:
    """Caddy limits no address; the others are tried in a part in CI."""
    return engine != "caddy" and engine in CHOSEN


@pytest.fixture(scope="module", params=PROGRAMS)
def told(request: pytest.FixtureRequest) -> Iterator[Behind]:
    """Behind proxies that write X-Forwarded-For."""
    given = behind(f"{PROXY}/32", f"{SECOND}/32", rate=RATE)
    with running(str(request.param), given) as edge:
        yield edge


@pytest.fixture(scope="module", params=PROGRAMS)
def announced(request: pytest.FixtureRequest) -> Iterator[Behind]:
    """Behind proxies that speak the PROXY protocol; this machine's own address is one of them."""
    given = replace(behind("127.0.0.1/32", f"{PROXY}/32", rate=RATE), proxy_protocol=True)
    with running(str(request.param), given) as edge:
        yield edge


@pytest.mark.parametrize(
    ("head", "client"),
    [
        (said("203.0.113.1"), "203.0.113.1"),
        (said("198.51.100.7", "203.0.113.2"), "203.0.113.2"),
        (f"{said('198.51.100.7')}\r\n{said('203.0.113.3')}", "203.0.113.3"),  # two lines
        (said("198.51.100.7", "203.0.113.4", SECOND), "203.0.113.4"),
        (said("198.51.100.7", "203.0.113.5", SECOND, SECOND, PROXY), "203.0.113.5"),
        (said("2001:db8::6"), "2001:db8::6"),
        (said("203.0.113.8", "unknown"), PROXY),
        (said("203.0.113.9", "999.1.1.1"), PROXY),
        (said("127.0.0.1"), "127.0.0.1"),
        ("", PROXY),
        ("X-Real-IP: 203.0.113.10\r\nForwarded: for=203.0.113.10", PROXY),
    ],
)
def test_the_last_address_that_is_no_proxys_is_the_client(told: Behind, head: str, client: str) -> None:
    assert told.heard(PROXY, head) == [client]


def test_nobody_else_is_believed(told: Behind) -> None:
    for head in (said("203.0.113.1"), said(PROXY), said("203.0.113.1", PROXY)):
        assert told.heard("127.0.0.9", head) == ["127.0.0.9"]


def test_requests_of_one_connection_are_of_many_clients(told: Behind) -> None:
    clients = [f"198.51.100.{number}" for number in range(20, 24)]
    assert told.heard(PROXY, *map(said, clients), "") == [*clients, PROXY]


def test_whoever_is_not_trusted_is_limited_by_its_own_address(told: Behind) -> None:
    if not counts(told.engine):
        return
    asked = [said(f"203.0.113.{number % 250}") for number in range(MANY)]
    assert 429 in told.statuses(OTHER, *asked)
    assert told.statuses("127.0.0.5", "") == [200]


def test_clients_behind_a_proxy_are_limited_one_by_one(told: Behind) -> None:
    if not counts(told.engine):
        return
    busy = said("198.51.100.1", "203.0.113.77")
    assert 429 in told.statuses(SECOND, *[busy] * MANY)
    others = [said("203.0.113.77", f"203.0.113.{number}") for number in range(100, 120)]
    assert set(told.statuses(SECOND, *others)) == {200}


@pytest.mark.parametrize(
    "tail",
    [
        "203.0.113.4:1234",
        "[2001:db8::1]:99",
        "_hidden",
        '"203.0.113.4"',
        "203.0.113.4;x",
        "0x7f.1",
        "203.0.113.4 x",
    ],
)
def test_what_stands_before_a_strange_last_address_is_not_believed(told: Behind, tail: str) -> None:
    (heard,) = told.heard(PROXY, said("198.51.100.66", tail))
    assert heard in {PROXY, "203.0.113.4", "2001:db8::1"}


def test_streams_of_one_connection_are_of_many_clients(told: Behind) -> None:
    before = len(Upstream.seen)
    clients = [f"198.51.100.{number}" for number in range(30, 36)]
    assert told.streams(PROXY, *(f"203.0.113.1, {client}" for client in clients)) == [200] * len(clients)
    assert sorted(map(told.client_of, Upstream.seen[before:])) == clients


@pytest.mark.parametrize("engine", ["nginx", "haproxy", *(["traefik"] if "traefik" in CHOSEN else [])])
def test_connections_of_an_address_are_its_requests_at_a_time(engine: str) -> None:
    """One after another they are no more than one."""
    with running(engine, replace(behind(f"{PROXY}/32", rate=1000), connections=2)) as edge:
        assert set(edge.statuses(PROXY, *[said("203.0.113.1")] * 20)) == {200}
        assert edge.streams(PROXY, *["203.0.113.1"] * 2, "203.0.113.2", "203.0.113.3") == [200] * 4
        crowd = edge.concurrently(PROXY, "203.0.113.1", 40)
        assert set(crowd) <= {200, 429} and 429 in crowd


@pytest.mark.parametrize(
    ("engine", "announced"),
    [
        (engine, announced)
        for engine in PROGRAMS
        for announced in ([False, True] if engine in CHOSEN else [False])
    ],
)
def test_what_is_rendered_is_judged_clean_and_taken_by_the_vendor(
    engine: str, announced: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the listener that redirects, too."""
    monkeypatch.setenv("PATH", f"{CADDY.parent}{os.pathsep}{os.environ['PATH']}")
    options = Options(proxies=("10.0.0.0/8", "fd00::/8"), proxy_protocol=announced)
    for name, text in render(engine, Intent(contract(), POLICY, options)).files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = review(tmp_path, POLICY)
    assert result.findings == [] and result.problems == [] and result.facts
    edge = Intent(contract(), POLICY, options).edge
    assert SUBJECT in compared(edge, result.facts).equal
    for other in (
        replace(edge, proxies=("10.0.0.0/8",)),
        replace(edge, proxies=(*edge.proxies, "192.0.2.0/24")),
        replace(edge, proxies=(), proxy_protocol=False),
        replace(edge, proxy_protocol=not announced),
    ):
        assert [line for line in compared(other, result.facts).differing if line.startswith(SUBJECT)]
    (unit,) = result.units
    if engine != "traefik" and PROGRAMS[engine]():  # which has no check of its own
        assert technologies()[engine].validate(unit, result.workspace) is True


def test_names_of_requests_and_schemes_are_not_for_clients_to_say(told: Behind) -> None:
    """Envoy takes these from clients as soon as it looks for addresses in a header."""
    claims = (
        "X-Request-ID: mine",
        "X-Forwarded-Proto: http",
        "X-Envoy-Internal: true",
        "X-Envoy-Max-Retries: 9",
    )
    told.statuses("127.0.0.8", "\r\n".join(claims))
    row = {name.lower(): value for name, value in Upstream.seen[-1].items()}
    assert row["x-forwarded-proto"] == "https"
    assert row.get("x-request-id") != "mine" or told.engine == "traefik"  # which names no requests
    if told.engine not in ("nginx", "traefik"):  # which remove no families of headers
        assert not [name for name in row if name.startswith("x-envoy")]


def test_the_proxy_header_is_believed_of_proxies(announced: Behind) -> None:
    assert (
        announced.heard(PROXY, said("198.51.100.1"), "", first=proxied("203.0.113.5")) == ["203.0.113.5"] * 2
    )
    if not counts(announced.engine):
        return
    assert 429 in announced.statuses(PROXY, *[""] * MANY, first=proxied("203.0.113.6"))
    assert announced.statuses(PROXY, "", first=proxied("203.0.113.7")) == [200]


@pytest.mark.parametrize("client", ["203.0.113.8", "2001:db8::8"])
def test_so_is_its_second_version(announced: Behind, client: str) -> None:
    assert announced.heard(PROXY, said("198.51.100.1"), first=proxied_2(client)) == [client]


def test_a_proxys_own_checks_are_its_own(announced: Behind) -> None:
    assert announced.heard(PROXY, "", first=LOCAL) == [PROXY]


def test_the_proxy_header_of_others_is_not(announced: Behind) -> None:
    """It ends the connection, or says nothing."""
    before = len(Upstream.seen)
    try:
        statuses = announced.statuses("127.0.0.9", "", first=proxied("203.0.113.9"))
    except (ssl.SSLError, ConnectionError):
        statuses = []
    heard = [row.get("X-Forwarded-For") or row.get("x-forwarded-for") for row in Upstream.seen[before:]]
    assert heard == ["127.0.0.9"] * len(statuses)
    assert bool(statuses) == (announced.engine in IGNORING)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0.1/8", r"\(its address has bits beyond the prefix; 10.0.0.0/8 has none\)"),
        ("0.0.0.0/0", "too wide"),
        ("0.0.0.0/1", "too wide"),
        ("::/0", "too wide"),
        ("2000::/3", "too wide"),
        ("::ffff:0:0/96", "too wide"),
        ("::ffff:10.0.0.0/104", "too wide"),
        ("64:ff9b::/96", "too wide"),
        ("all", "not a network"),
        ("10.0.0.0/8; }", "not a network"),
        ("10.0.0.0/255.0.0.0 ", "not a network"),
        ("fe80::1%eth0", "not a network"),
        ("", "not a network"),
    ],
)
def test_what_is_no_network_of_proxies_is_refused(text: str, why: str) -> None:
    with pytest.raises(HardenProblem, match=why):
        networks([text])


def test_networks_are_written_one_way() -> None:
    found = networks(["10.1.2.3", "10.1.2.3/32", "FD00:0::/8", "10.0.0.0/255.0.0.0"])
    assert found == ("10.1.2.3/32", "fd00::/8", "10.0.0.0/8")
    with pytest.raises(HardenProblem, match="65 networks"):
        networks(f"10.0.{number}.0/24" for number in range(65))


def test_the_proxy_protocol_needs_networks() -> None:
    with pytest.raises(HardenProblem, match="pass --trusted-proxy NETWORK"):
        Options(proxy_protocol=True)


@pytest.mark.parametrize(
    ("text", "listed", "last"),
    [
        ("203.0.113.1", True, True),
        ("203.0.113.1, 2001:db8::6,::1 , ::, 1:2:3:4:5:6:7:8, 1::8, 1:2:3:4:5:6:7::, 255.255.255.255", True, True),
        ("unknown, 203.0.113.1", False, True),
        ("203.0.113.1,", False, False),
        ("203.0.113.1, 999.1.1.1", False, False),
        ("203.0.113.01", False, False),
        ("1203.0.113.1", False, False),
        ("203.0.113.1:80", False, False),
        ("[2001:db8::1]", False, False),
        ("fe80::1%eth0", False, False),
        ("1:2:3:4:5:6:7", False, False),
        ("1:2:3:4:5:6:7:8:9", False, False),
        ("1::2::3", False, False),
        ("12345::", False, False),
        ("1:2:3:4:5:6:7:8::", False, False),
        ("", False, False),
    ],
)  # fmt: skip
def test_a_list_of_addresses_is_told_from_others(text: str, listed: bool, last: bool) -> None:
    assert bool(re.search(LISTED, text)) is listed and bool(re.search(LAST, text)) is last
    assert not listed or all(is_address(one.strip()) for one in text.split(","))


def test_a_proxy_cannot_keep_a_request_from_being_redirected() -> None:
    asking = httpx.Client(transport=httpx.HTTPTransport(local_address=PROXY))
    with running("traefik", replace(behind(f"{PROXY}/32"), plain="80")) as edge, asking as client:
        said_so = {"host": "shop.example.com", "x-forwarded-proto": "https"}
        answer = client.get(f"{edge.plain}/v1/health", headers=said_so)
    assert answer.status_code == 301 and answer.headers["location"].startswith("https://shop.example.com")


SUBJECT = "proxies that are trusted"


def test_nothing_changes_where_nothing_is_in_front() -> None:
    for engine in PROGRAMS:
        text = json.dumps(dict(render(engine, Intent(contract(), POLICY, Options())).files))
        words = ("proxies", "set_real_ip", "xff_trusted", "trustedIPs", "excludedIPs", "{client_ip}", "-told")
        assert not [word for word in words if word in text]
