"""Edges behind a real proxy, as an entry is: one that ends TLS and verifies them, and one that passes TLS on."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from deployments import POLICY, contract
from edge_programs import CHOSEN, PROGRAMS
from edge_servers import Answer, Upstream, ask, upstream

from batten.harden import Options
from batten.harden.intent import Intent
from batten.harden.targets import launch_of, render
from batten.harden.trial import trial
from batten.technologies.edges.haproxy.validator import haproxy
from needs import without
from servers import free_port
from waiting import listening

NAMES = ("shop.example.com", "orders.example.com")
# The proxy connects from an address of its own; the trial, which looks whether an edge answers, from 127.0.0.1.
PROXY = "127.0.0.2"

VERIFYING = """\
defaults
    mode http
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend entry
    bind 127.0.0.1:{port}
    option forwardfor
    default_backend edge
backend edge
    server edge 127.0.0.1:{edge} ssl verify required ca-file {ca} sni str(shop.example.com) verifyhost shop.example.com {alpn} source {proxy}
"""
PASSING = """\
defaults
    mode tcp
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend entry
    bind 127.0.0.1:{port}
    default_backend edge
backend edge
    server edge 127.0.0.1:{edge} send-proxy-v2 check inter 200ms source {proxy}
"""


@contextmanager
def proxied(text: str, edge: int, ca: Path, folder: Path, alpn: str = "") -> Iterator[int]:
    """The port of a HAProxy in front."""
    program = haproxy() or without("haproxy")
    port, file, log = free_port(), folder / "entry.cfg", folder / "entry.log"
    file.write_text(text.format(port=port, edge=edge, ca=ca, alpn=alpn, proxy=PROXY))
    with log.open("wb") as said:
        process = subprocess.Popen([program, "-db", "-f", str(file)], stdout=said, stderr=said)
    try:
        listening(port, process, log)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def behind(
    engine: str, text: str, folder: Path, announced: bool, alpn: str = ""
) -> Iterator[tuple[int, Path]]:
    program = PROGRAMS[engine]() or without(engine)
    with ExitStack() as held:
        url = held.enter_context(upstream())
        proxies = (f"{PROXY}/32", *(("127.0.0.1/32",) if announced else ()))
        options = Options(upstream=url, plain="", names=NAMES, proxies=proxies, proxy_protocol=announced)
        intent = Intent(contract(), replace(POLICY, hosts=NAMES), options)
        made = held.enter_context(
            trial(launch_of(engine), Path(program), intent, lambda i: render(engine, i))
        )
        edge = urlsplit(made.url).port or 0
        yield held.enter_context(proxied(text, edge, made.ca, folder, alpn)), made.ca


def heard() -> dict[str, str]:
    return {name.lower(): value for name, value in Upstream.seen[-1].items()}


def once(answer: Answer, name: str) -> bool:
    return len(answer.headers.get(name, [])) == 1


@pytest.mark.parametrize("alpn", ["", "alpn h2"])
@pytest.mark.parametrize("engine", CHOSEN)
def test_an_entry_that_verifies_the_edge(engine: str, alpn: str, tmp_path: Path) -> None:
    """It keeps Host, and asks for one name in the handshake."""
    if engine == "nginx" and alpn:  # whose edge has no HTTP/2
        return
    with behind(engine, VERIFYING, tmp_path, announced=False, alpn=alpn) as (port, _):
        for name in NAMES:
            claim = "X-Forwarded-For: 198.51.100.66\r\nX-Forwarded-Proto: http\r\n"
            answer = ask(port, None, "/v1/health", host=name, more=claim)
            assert answer.status == 200
            assert once(answer, "strict-transport-security") and once(answer, "content-type")
            assert heard()["x-forwarded-proto"] == "https"
            # Traefik leaves the list as it is, with the proxy behind it.
            addresses = "198.51.100.66, 127.0.0.1, 127.0.0.2" if engine == "traefik" else "127.0.0.1"
            assert heard()["x-forwarded-for"] == addresses
        assert ask(port, None, "/v1/health", host="evil.example").status in (421, 502)  # nginx says nothing
        assert ask(port, None, "/v1/none").status == 404


@pytest.mark.parametrize("engine", CHOSEN)
def test_an_entry_that_passes_tls_on(engine: str, tmp_path: Path) -> None:
    """Its own checks begin with a header of nobody, and disturb nothing."""
    with behind(engine, PASSING, tmp_path, announced=True) as (port, ca):
        for name in ("shop.example.com", "orders.example.com"):
            answer = ask(port, ca, "/v1/health", host=name, more="X-Forwarded-For: 198.51.100.66\r\n")
            assert answer.status == 200 and once(answer, "strict-transport-security")
            assert heard()["x-forwarded-for"] == "127.0.0.1"
