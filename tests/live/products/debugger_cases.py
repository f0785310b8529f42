"""Debuggers and intercepting proxies, by the programs that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from node_programs import node, scripted, starts
from product_cases import PASSWORD, Case

from needs import program

_WHISTLE = 'const { PORT: port, NAME: username, WORD: password } = process.env; require("whistle")({ port, username, password });'


@contextmanager
def _inspector(folder: Path, port: int) -> Iterator[None]:
    idle = ("-e", "setInterval(() => {}, 60000)")
    with running([node(), f"--inspect=127.0.0.1:{port}", *idle], port, folder):
        yield


@contextmanager
def _chromium(folder: Path, port: int) -> Iterator[None]:
    browser = program("chromium", "chromium-browser", "google-chrome")
    options = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile")
    with running([browser, *options, f"--remote-debugging-port={port}", "about:blank"], port, folder):
        yield


CASES = (
    Case(product="Node.js inspector", opened=_inspector, ci=True),
    Case(product="Chrome DevTools protocol", opened=_chromium, ci=True),
    Case(product="Chii", opened=starts("chii", "chii", "start", "-p", "{port}", "-d", "127.0.0.1")),
    Case(
        product="whistle",
        opened=scripted("whistle", _WHISTLE),
        locked=scripted("whistle", _WHISTLE, NAME="u", WORD=PASSWORD),
        host="$proxy_host",  # what is for another host it forwards
    ),
    Case(
        product="AnyProxy",
        opened=starts("anyproxy", "anyproxy", "--port", "{other}", "--web", "{port}"),
    ),
)
