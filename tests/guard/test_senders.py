"""Who asks, and for which host: the shared cases on every carrier that is Python's."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cases.case import Case
from cases.senders import CLIENT, HOSTS, MIXED, PROXIES, TRUSTED, UNTRUSTED
from guard_clients import Client
from guard_contracts import TEXT
from guard_envoys import enveloped, processing
from guard_exports import HAPROXY, NGINX, envoy_program, exported_envoy, exported_haproxy, exported_nginx
from guard_proxies import settings, working
from guard_upstream import upstream

from batten.contract import load
from batten.formats import Workspace
from batten.guard.options import Options
from batten.policy import Policy
from needs import PACKAGES, needs, without
from servers import free_port, listener

HERE = Path(__file__).parent
_TOLD = """\
  /told:
    get:
      security: []
      parameters:
        - {name: X-Real-IP, in: header, schema: {type: string}}
        - {name: X-Forwarded-User, in: header, schema: {type: string}}
        - {name: X-Accel-Mapping, in: header, schema: {type: string}}
      responses: {"200": {description: ok, content: {application/json: {}}}}
"""
CONTRACT = TEXT.replace("  /events:\n", f"{_TOLD}  /events:\n")
_GUNICORN = (
    "-m",
    "gunicorn",
    "guard_played:wsgi",
    "--threads=2",
    "--log-level=critical",
    "--forwarded-allow-ips=",
    "--bind=127.0.0.1:{port}",
)
_UVICORN = ("-m", "uvicorn", "guard_played:asgi", "--no-server-header", "--log-level=critical", "--no-proxy-headers", "--port={port}")  # fmt: skip

# Envoy closes the connection, without an answer; and it sets X-Forwarded-Proto itself.
_ENVOYS = ("no host: api.example.com, evil.example", "no host: api.example.com/evil", "no host: api.example.com?a",
           "no host: api.example.com evil.example", "trusted: TLS", "trusted: TLS in capitals",
           "trusted: TLS that ended at another proxy", "trusted: a scheme without an address", "trusted: other names of TLS",
           "trusted: both, and they agree")  # fmt: skip
# No engine removes a header for some operations only, and only HAProxy removes names by how they begin.
_ENGINES = ("a declared header of an edge",)
_BY_NAME = ("sender: X-Forwarded-Anything", "sender: X-Remote-Extra-Scopes")
_IPV6 = ("host: [0:0:0:0:0:0:0:1]:8443",)  # expressions hold one spelling of an address
# nginx itself refuses these hosts and TRACE, and says who it is and that TLS ended before.
_NGINX = ("other host: api.example.com..", "other host: a..shop.example.com", "other host before its verb", "sender: X-Envoy-Original-Path",
          "a client that speaks of TLS", "a client with a listed host")  # fmt: skip
DIFFERENCES = {
    "ext-proc": {*_ENVOYS},
    "nginx": {*_ENGINES, *_BY_NAME, *_IPV6, *_NGINX},
    "envoy": {*_ENGINES, *_IPV6},
    "haproxy": {*_ENGINES, *_IPV6},
}


class Carrier(NamedTuple):
    port: int
    forget: Callable[[], None]
    seen: Callable[[], tuple[int, bytes]]  # requests that got through, and their bytes


def _written(folder: Path) -> None:
    (folder / "openapi.yaml").write_text(CONTRACT, encoding="utf-8")
    hosts = "".join(f"  - '{host}'\n" for host in HOSTS)
    (folder / "batten.yaml").write_text(f"hosts:\n{hosts}", encoding="utf-8")


@contextmanager
def _proxy(folder: Path, trusted: tuple[str, ...]) -> Iterator[Carrier]:
    with upstream() as behind:
        chosen = settings(folder, behind.port, options=Options(trusted=trusted))
        _written(folder)
        with working(chosen) as (port, _):
            yield Carrier(port, behind.forget, lambda: (len(behind.seen), b"".join(behind.raw)))


@contextmanager
def _external(folder: Path, trusted: tuple[str, ...]) -> Iterator[Carrier]:
    with upstream() as behind:
        chosen = settings(folder, behind.port, options=Options(trusted=trusted))
        _written(folder)
        with processing(chosen) as (inner, _), enveloped(folder, chosen, inner) as port:
            yield Carrier(port, behind.forget, lambda: (len(behind.seen), b"".join(behind.raw)))


@contextmanager
def _server(command: tuple[str, ...], folder: Path, trusted: tuple[str, ...]) -> Iterator[Carrier]:
    if importlib.util.find_spec(command[1]) is None:
        without(command[1], PACKAGES)
    _written(folder)
    port, seen = free_port(), folder / "seen"
    paths = f"{HERE}:{HERE.parents[1] / 'src'}"
    environment = {
        **os.environ,
        "GUARD_FOLDER": str(folder),
        "PYTHONPATH": paths,
        "GUARD_TRUSTED": " ".join(trusted),
    }

    def forget() -> None:
        seen.write_bytes(b"")

    def told() -> tuple[int, bytes]:
        raw = seen.read_bytes()
        return raw.count(b"\r\n--next--\r\n"), raw

    with listener(
        [sys.executable, *(word.format(port=port) for word in command)], port, folder / "log", env=environment
    ):
        yield Carrier(port, forget, told)


@contextmanager
def _exported(engine: Any, folder: Path) -> Iterator[Carrier]:
    """Its proxies are the engine's own to trust."""
    read, problems = load(Workspace(Path(), {"openapi.yaml": CONTRACT}), "openapi.yaml")
    assert not problems
    with upstream() as behind, engine(folder, behind.port, of=read, policy=Policy(hosts=HOSTS)) as port:
        yield Carrier(port, behind.forget, lambda: (len(behind.seen), b"".join(behind.raw)))


ENGINES = {
    "nginx": lambda folder, _: _exported(exported_nginx, folder),
    "envoy": lambda folder, _: _exported(exported_envoy, folder),
    "haproxy": lambda folder, _: _exported(exported_haproxy, folder),
}
CARRIERS = {
    "run": _proxy,
    "asgi": lambda folder, trusted: _server(_UVICORN, folder, trusted),
    "wsgi": lambda folder, trusted: _server(_GUNICORN, folder, trusted),
    "ext-proc": _external,
}
_PROGRAMS = {"ext-proc": envoy_program(), "envoy": envoy_program(), "nginx": NGINX, "haproxy": HAPROXY}


def _with(names: Iterable[str]) -> list[Any]:
    return [pytest.param(n, marks=needs(n, _PROGRAMS[n]) if n in _PROGRAMS else ()) for n in names]


@pytest.fixture(scope="module", params=_with((*CARRIERS, *ENGINES)))
def untrusting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Carrier]]:
    carriers = {**CARRIERS, **ENGINES}
    with carriers[request.param](tmp_path_factory.mktemp(request.param), ()) as made:
        yield request.param, made


@pytest.fixture(scope="module", params=_with(CARRIERS))
def trusting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Carrier]]:
    with CARRIERS[request.param](tmp_path_factory.mktemp(request.param), PROXIES) as made:
        yield request.param, made


def test_there_are_enough() -> None:
    names = [case.name for case in (*UNTRUSTED, *TRUSTED)]
    assert len(set(names)) == len(names) >= 60


@pytest.mark.parametrize("case", UNTRUSTED, ids=lambda case: case.name)
def test_of_a_client(case: Case, untrusting: tuple[str, Carrier], request: pytest.FixtureRequest) -> None:
    _hold(case, *untrusting, request)


@pytest.mark.parametrize("case", TRUSTED, ids=lambda case: case.name)
def test_of_a_trusted_proxy(
    case: Case, trusting: tuple[str, Carrier], request: pytest.FixtureRequest
) -> None:
    _hold(case, *trusting, request)


def _hold(case: Case, name: str, carrier: Carrier, request: pytest.FixtureRequest) -> None:
    if case.name in DIFFERENCES.get(name, ()):
        request.applymarker(pytest.mark.xfail(reason=f"{name} decides before", strict=True))
    carrier.forget()
    client = Client(carrier.port)
    try:
        client.send(case.sent)
        answers = [client.answer() for _ in case.statuses]
    finally:
        client.close()
    reached, raw = carrier.seen()
    lower, last = raw.lower(), answers[-1]
    assert tuple(answer.status for answer in answers) == case.statuses
    assert reached == case.reaches
    if case in MIXED:
        assert lower.count(f"x-forwarded-for: {CLIENT}\r\n".encode()) == 2
    assert [wanted for wanted in case.shows if wanted not in last.head] == []
    assert [unwanted for unwanted in case.hides if unwanted in last.head] == []
    # nginx names to its upstream the host of its configuration.
    got = case.got if name != "nginx" or not case.name.startswith("host: ") else ()
    assert [wanted for wanted in got if wanted.lower() not in lower] == []
    assert [unwanted for unwanted in case.got_not if unwanted in lower] == []
    if case.body is not None:
        assert last.body == case.body
