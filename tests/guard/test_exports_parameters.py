"""The cases of parameters on exported guards: all of them in Lua, and those of one version in the servers."""

from __future__ import annotations

from pathlib import Path

import guard_exports
import pytest
from cases.case import asked
from cases.parameters import CASES, PREFIXES, Case
from export_differences import PARAMETERS
from guard_clients import Client
from guard_exports import HAPROXY, MODULES, NGINX, envoy_program
from guard_parameters import read
from guard_upstream import upstream
from lua_engines import ENGINES as LUA
from lua_engines import run

from batten.guard import Options, compile_contract
from batten.guard.decisions import request
from batten.guard.export.operations import Operations
from batten.guard.export.routes import Route, routes
from batten.guard.lua.text import quoted
from batten.guard.verdicts import Head, Refuse
from batten.policy import Policy
from batten.policy.guarding import Guarding, UndeclaredQuery
from needs import needs

LIVE = "3.1.1"
ENGINES = [
    pytest.param("nginx", marks=needs("nginx with its Lua module", NGINX and MODULES)),
    pytest.param("envoy", marks=needs("envoy", envoy_program())),
    pytest.param("haproxy", marks=needs("haproxy", HAPROXY)),
]


def _route(found: tuple[Route, ...], case: Case) -> Route:
    number = case.target.partition("?")[0].split("/")[2]
    return next(route for route in found if route.path.sent.split("/")[2] == number)


def _question(found: tuple[Route, ...], case: Case) -> str:
    path, _, query = case.target.partition("?")
    lines: dict[str, list[str]] = {}
    for line in case.headers:
        name, _, value = line.partition(":")
        lines.setdefault(name.lower(), []).append(quoted(value.strip(" ")))
    table = ", ".join(f"[{quoted(name)}] = {{{', '.join(values)}}}" for name, values in lines.items())
    return f"say({_route(found, case).key!r}, {quoted(path)}, {quoted(query)}, {{{table}}})"


def _said(engine: str, version: str, policy: Policy, cases: list[Case]) -> list[bool]:
    contract = read(version)
    _, found = routes(contract, policy)
    program = [
        *Operations(contract, found).module(),
        "local function say(key, path, query, headers)",
        "  local plan = operations[key].GET.parameters",
        "  local function lines(name) return headers[name] or {} end",
        "  print(not plan or G.parameters(plan, path, query, lines))",
        "end",
        *(f"(function() {_question(found, case)} end)();" for case in cases),
    ]
    return [said == "true" for said in run(engine, "\n".join(program)).split()]


@needs("luajit", LUA)
@pytest.mark.parametrize("engine", LUA)
@pytest.mark.parametrize("version", PREFIXES)
def test_in_lua(engine: str, version: str) -> None:
    cases = [case for case in CASES if case.version == version]
    said = _said(engine, version, Policy(), cases)
    assert [c.name for c, passes in zip(cases, said, strict=True) if passes is bool(c.refused)] == []


@needs("luajit", LUA)
@pytest.mark.parametrize("version", PREFIXES)
def test_undeclared_ones_are_refused_by_policy(version: str) -> None:
    cases = [case for case in CASES if case.version == version]
    policy = Policy(choices=Guarding(undeclared_query=UndeclaredQuery.REFUSE))
    compiled = compile_contract(read(version), policy, Options())

    def passes(case: Case) -> bool:
        path, _, query = case.target.encode("latin-1").partition(b"?")
        cut = [line.partition(":") for line in case.headers]
        headers = tuple((name.lower().encode(), value.strip(" ").encode("latin-1")) for name, _, value in cut)
        head = Head("GET", path, query, ((b"host", b"a"), *headers), "https")
        return not isinstance(request(compiled, head), Refuse)

    expected = [passes(case) for case in cases]
    assert _said(LUA[0], version, policy, cases) == expected
    assert not all(expected)


@pytest.mark.parametrize("name", ENGINES)
def test_in_a_server(tmp_path: Path, name: str) -> None:
    start = getattr(guard_exports, f"exported_{name}")
    wrong = {}
    with upstream() as behind, start(tmp_path, behind.port, of=read(LIVE), policy=Policy()) as port:
        for case in (case for case in CASES if case.version == LIVE):
            client = Client(port)
            client.send(asked(f"GET {case.target}", *case.headers, play="204"))
            status = client.answer().status
            client.close()
            if (status >= 400) is not bool(case.refused):
                wrong[case.name] = f"answers {status}"
    assert wrong == PARAMETERS[name]
