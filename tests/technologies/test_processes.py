"""What is said of uvicorn and Hypercorn, seen in what they answer and log: before the fixes, and after them."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from batten.engine.review import Review, review
from batten.facts import AccessLog, Feature, Listener
from batten.formats import Workspace, apply
from batten.policy import Policy
from servers import free_port, listener
from waiting import BOUND, until

APP = """\
async def app(scope, receive, send):
    assert scope["type"] == "http"
    told = " ".join((scope["scheme"], scope["client"][0])).encode()
    length = [(b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": told})
"""
COMPOSE = """\
services:
  api:
    image: registry.example.com/api:1.4.2
    command: ["uvicorn", "served:app", "--lifespan", "off", "--forwarded-allow-ips", "*", "--no-access-log"]
"""
HYPERCORN = 'bind = "127.0.0.1:8000"\naccesslog = None\nworkers = 1\n'
TRUSTED = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def reviewed(root: Path, name: str, text: str) -> Review:
    found = review(Workspace(root, {name: text}), Policy())
    assert found.problems == []
    return found


def repaired(root: Path, name: str, text: str, *slugs: str) -> str:
    """The text with the fixes of these controls, which all find something in it."""
    mine = [f for f in reviewed(root, name, text).findings if f.control in slugs]
    assert {f.control for f in mine} == set(slugs)
    fixed = apply(text, [e for f in mine if f.fix is not None for e in f.fix.edits])
    assert [f.message for f in reviewed(root, name, fixed).findings if f.control in slugs] == []
    return fixed


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple[int, Path]]:
    folder.mkdir(exist_ok=True)
    (folder / "served.py").write_text(APP)
    port, log = free_port(), folder / "log"
    command = [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in words)]
    with listener(command, port, log, cwd=folder):
        yield port, log


def answer(port: int) -> str:
    """What is answered to a client at another address of this host, which no proxy is at."""
    head = "".join(f"{name}: {value}\r\n" for name, value in TRUSTED.items())
    with socket.create_connection(("127.0.0.1", port), BOUND, source_address=("127.0.0.2", 0)) as wire:
        wire.sendall(f"GET /orders HTTP/1.1\r\nHost: a\r\n{head}Connection: close\r\n\r\n".encode())
        whole = b"".join(iter(lambda: wire.recv(65536), b""))
    return whole.partition(b"\r\n\r\n")[2].decode()


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of this host")
def test_uvicorn(tmp_path: Path) -> None:
    fixed = repaired(tmp_path, "compose.yaml", COMPOSE, "smuggling-closed", "access-logged")
    seen = []
    for name, text in (("bad", COMPOSE), ("fixed", fixed)):
        words = yaml.safe_load(text)["services"]["api"]["command"]
        with started(tmp_path / name, *words, "--host", "127.0.0.1", "--port", "PORT") as (port, log):
            seen.append(answer(port))
            assert ("/orders" in log.read_text()) is (name == "fixed")
    assert seen == ["https 192.0.2.7", "http 127.0.0.2"]


def test_hypercorn(tmp_path: Path) -> None:
    fixed = repaired(tmp_path, "hypercorn.py", HYPERCORN, "access-logged")
    for name, text in (("bad", HYPERCORN), ("fixed", fixed)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "hypercorn_file.py").write_text(text.replace("127.0.0.1:8000", "127.0.0.1:0"))
        words = ("hypercorn", "-c", "file:hypercorn_file.py", "-b", "127.0.0.1:PORT", "served:app")
        with started(folder, *words) as (port, log):
            assert answer(port).startswith("http ")
            if name == "fixed":
                until(lambda log=log: "/orders" in log.read_text(), "the request is logged")
        if name == "bad":
            assert "/orders" not in log.read_text()


def told(root: Path, command: str) -> set[str]:
    """What the options of a command in an image say, by the option."""
    text = f"FROM python:3.13-slim\nCMD {command}\n"
    kinds = (AccessLog, Feature, Listener)
    facts = [f for f in reviewed(root, "Dockerfile", text).facts if isinstance(f, kinds)]
    return {f.at.pointer.rpartition("[")[2].rstrip("]") for f in facts if "[--" in f.at.pointer}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("uvicorn a:b --forwarded-allow-ips=* --no-proxy-headers", set()),
        ("uvicorn a:b --forwarded-allow-ips 10.0.0.1,*", {"--forwarded-allow-ips"}),
        ("python -m uvicorn a:b --no-access-log", {"--no-access-log"}),
        ("gunicorn a:b --no-access-log", set()),
        ("echo uvicorn --no-access-log", set()),
        ("hypercorn a:b --forwarded-allow-ips *", set()),
        (
            "sh -c 'migrate && uvicorn a:b --no-access-log ; other --forwarded-allow-ips *'",
            {"--no-access-log"},
        ),
        ("gunicorn --header-map refuse --spew a:b", {"--spew"}),
        ("uvicorn a:b --ssl-certfile a.pem --ssl-version 4", {"--ssl-certfile"}),
        ("uvicorn a:b --ssl-version 4", set()),
    ],
)
def test_options_are_their_servers(tmp_path: Path, command: str, expected: set[str]) -> None:
    words = command.split(" -c ")
    listed = [*words[0].split(), *(["-c", words[1].strip("'")] if len(words) > 1 else [])]
    assert told(tmp_path, json.dumps(listed)) == expected
