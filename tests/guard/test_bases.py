"""The base paths of servers, as the guard serves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import Contract, load
from batten.formats import Workspace
from batten.guard import Compiled, GuardProblem, Options, compile_contract
from batten.guard.decisions import request
from batten.guard.served import Allow
from batten.guard.verdicts import Head
from batten.policy import Policy

_TEXT = """\
openapi: 3.1.0
info: {{title: T, version: "1"}}
servers: {servers}
paths:
  /users/{{id}}:
    get: {{responses: {{"200": {{description: ok}}}}}}
  /größe:
    servers: [{{url: /a}}, {{url: '/{{w}}', variables: {{w: {{default: b, enum: [c]}}}}}}]
    get: {{responses: {{"200": {{description: ok}}}}}}
{more}
"""


def _contract(servers: str = "[{url: /v1}, {url: 'https://b.example/v2/'}]", more: str = "") -> Contract:
    text = _TEXT.format(servers=servers, more=more)
    read, problems = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    assert not problems
    return read


def _status(compiled: Compiled, path: str) -> int:
    verdict = request(compiled, Head("GET", path.encode(), b"", ((b"host", b"a.example"),), "https"))
    return 200 if isinstance(verdict, Allow) else verdict.status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/users/7", 200), ("/v2/users/7", 200), ("/users/7", 404), ("/v3/users/7", 404), ("/v1/v2/users/7", 404), ("/V1/users/7", 404),
        ("/a/gr%C3%B6%C3%9Fe", 200), ("/b/gr%C3%B6%C3%9Fe", 200), ("/c/gr%C3%B6%C3%9Fe", 200), ("/v1/gr%C3%B6%C3%9Fe", 404),
    ],
)  # fmt: skip
def test_paths(path: str, status: int) -> None:
    assert _status(compile_contract(_contract(), Policy(), Options()), path) == status


def test_an_operation_has_one_name_at_all_its_paths() -> None:
    compiled = compile_contract(_contract(), Policy(public=("GET /v1/users/{id}",)), Options(rules={}))
    labels = set()
    for base in ("v1", "v2"):
        verdict = request(compiled, Head("GET", f"/{base}/users/7".encode(), b"", ((b"host", b"a"),), "http"))
        assert isinstance(verdict, Allow) and verdict.served is not None
        labels.add(verdict.served.label)
    assert labels == {"GET /v1/users/{id}"}


_TWICE = '  /v1/users/{name}:\n    get: {responses: {"200": {description: ok}}}\n'


def test_a_path_that_is_two_operations_stops_the_start() -> None:
    with pytest.raises(GuardProblem) as caught:
        compile_contract(_contract("[{url: /v1}, {url: /}]", _TWICE), Policy(), Options())
    assert "openapi.yaml:11: GET /v1/users/{name} is both '/users/{id}' and '/v1/users/{name}'" in str(
        caught.value
    )


def test_the_same_path_under_one_base_is_not_two() -> None:
    more = '  /users/{name}:\n    post: {responses: {"200": {description: ok}}}\n'
    compile_contract(_contract("[{url: /v1}, {url: /}]", more), Policy(), Options())
    compile_contract(_contract("[{url: /v1}]", _TWICE), Policy(), Options())
