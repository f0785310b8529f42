"""The cases of parameters on every carrier in Python."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from cases.case import asked
from cases.parameters import CASES, PREFIXES, Case, contract
from guard_clients import Client
from guard_parameters import read
from guard_proxies import settings, working
from guard_upstream import upstream
from pydantic import TypeAdapter, ValidationError

from batten.contract import load
from batten.formats import Workspace
from batten.guard import Options, Rule, compile_contract
from batten.guard.accounting import Accounting
from batten.guard.decisions import request
from batten.guard.extproc.exchange import Exchange
from batten.guard.extproc.messages import Asked, Instead, Part
from batten.guard.tally import Tally
from batten.guard.verdicts import Head, Headers, Refuse
from batten.policy import Policy
from batten.policy.leniency import Framework, Leniency
from servers import free_port, listener

HERE = Path(__file__).parent
Said = tuple[int, str]  # the status, and the detail of a problem
_PYTHON = (sys.executable, "-m")
SERVERS = {
    "uvicorn": (*_PYTHON, "uvicorn", "guard_parameters:asgi", "--log-level=critical", "--port={port}"),
    "granian": (*_PYTHON, "granian", "--interface=asgi", "--port={port}", "--no-ws", "guard_parameters:asgi"),
    "hypercorn": (*_PYTHON, "hypercorn", "guard_parameters:asgi", "--bind=127.0.0.1:{port}"),
    "gunicorn": (*_PYTHON, "gunicorn", "guard_parameters:wsgi", "--bind=127.0.0.1:{port}", "--threads=2", "--log-level=critical"),
}  # fmt: skip


def _headers(case: Case) -> Headers:
    cut = [line.partition(":") for line in case.headers]
    return tuple((name.lower().encode(), value.strip(" ").encode("latin-1")) for name, _, value in cut)


def _sent(port: int, case: Case) -> Said:
    client = Client(port)
    try:
        client.send(asked(f"GET {case.target}", *case.headers, play="204"))
        answer = client.answer()
    finally:
        client.close()
    return answer.status, json.loads(answer.body)["detail"] if answer.body else ""


def _differences(play: Callable[[Case], Said], cases: tuple[Case, ...] = CASES) -> list[str]:
    found = []
    for case in cases:
        status, detail = play(case)
        if (status >= 400) is not bool(case.refused) or case.refused not in detail:
            found.append(f"{case.name} ({case.target}): {status} {detail}, not '{case.refused}'")
    return found


def test_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 400


def test_decisions() -> None:
    compiled = {version: compile_contract(read(version), Policy(), Options()) for version in PREFIXES}

    def play(case: Case) -> Said:
        path, _, query = case.target.encode("latin-1").partition(b"?")
        headers = ((b"host", b"a"), *_headers(case))
        verdict = request(compiled[case.version], Head("GET", path, query, headers, "https"))
        if not isinstance(verdict, Refuse):
            return 204, ""
        assert verdict.rule is Rule.PARAMETERS
        return verdict.status, verdict.detail

    assert _differences(play) == []


def test_external_processor() -> None:
    accounting = {v: Accounting(compile_contract(read(v), Policy(), Options()), Tally()) for v in PREFIXES}

    def play(case: Case) -> Said:
        pseudo = (
            (b":method", b"GET"),
            (b":path", case.target.encode("latin-1")),
            (b":authority", b"a"),
            (b":scheme", b"https"),
        )
        said = Exchange(accounting[case.version]).on(
            Asked(Part.REQUEST_HEADERS, (*pseudo, *_headers(case)), b"", True)
        )
        return (said.status, json.loads(said.body)["detail"]) if isinstance(said, Instead) else (204, "")

    assert _differences(play) == []


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    port, folder = free_port(), tmp_path_factory.mktemp(request.param)
    environment = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parents[1] / 'src'}"}
    command = [word.format(port=port) for word in SERVERS[request.param]]
    with listener(command, port, folder / "log", env=environment):
        yield request.param, port


def test_middlewares(server: tuple[str, int]) -> None:
    """WSGI joins lines of one name (PEP 3333), so that two are read as one text there."""
    name, port = server
    joined = {"integer in a header: X-A: 1|X-A: 2"} if name == "gunicorn" else set()
    found = _differences(lambda case: _sent(port, case))
    assert [line for line in found if line.partition(" (")[0] not in joined] == []
    assert [line for line in found if ": 400 " not in line] == []


def test_proxy(tmp_path_factory: pytest.TempPathFactory) -> None:
    with ExitStack() as stack:
        behind = stack.enter_context(upstream())
        ports = {}
        for version in PREFIXES:
            chosen = settings(tmp_path_factory.mktemp("proxy"), behind.port)
            chosen.contract.write_text(contract(version), encoding="utf-8")
            ports[version], _ = stack.enter_context(working(chosen))
        assert _differences(lambda case: _sent(ports[case.version], case)) == []
        targets = [target.decode("latin-1").removesuffix("?") for _, target, _ in behind.seen]
        assert targets == [case.target.removesuffix("?") for case in CASES if not case.refused]


LOOSE = ("true", "True", "1", "yes", "ON", "t", "Y", "false", "FALSE", "0", "no", "Off", "f", "N")


@pytest.mark.parametrize("framework", [None, Framework.FASTAPI])
def test_booleans_of_pydantic(framework: Framework | None) -> None:
    """What its preset accepts is what Pydantic reads."""
    text = (
        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a:\n    get: {responses: {}, parameters: ["
        "{name: q, in: query, schema: {anyOf: [{type: boolean}, {type: 'null'}]}}, "
        "{name: r, in: query, schema: {type: array, items: {type: boolean}}}]}\n"
    )
    found, _ = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    compiled = compile_contract(found, Policy(leniency=Leniency(framework=framework)), Options())
    read = TypeAdapter(bool)
    for word in (*LOOSE, "2", "ok", "", "null", "tru", "+1", "\uff54"):
        query = f"q={quote(word)}&r={quote(word)}".encode()
        verdict = request(compiled, Head("GET", b"/a", query, (), "https"))
        try:
            known = read.validate_python(word) in (True, False)
        except ValidationError:
            known = False
        assert isinstance(verdict, Refuse) is not (known if framework else word in ("true", "false")), word
