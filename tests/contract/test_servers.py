"""The base paths under which an operation can be called."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import Contract, Operation
from batten.contract.matcher import Matcher
from batten.contract.reader import load
from batten.contract.servers import MOST_PATHS
from batten.formats import Workspace
from batten.model import Problem

_PATHS = """
paths:
  /users:
    get: {responses: {"200": {description: ok}}}
"""


def _read(head: str, paths: str = _PATHS, version: str = "openapi: 3.1.0") -> tuple[Contract, list[Problem]]:
    text = f"{version}\ninfo: {{title: T, version: '1'}}\n{head}\n{paths}"
    return load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")


def _paths(operation: Operation) -> list[str]:
    return [operation.path, *operation.others]


@pytest.mark.parametrize(
    ("servers", "paths"),
    [
        ("[]", ["/users"]),
        ("[{url: /}]", ["/users"]),
        ("[{url: ''}]", ["/users"]),
        ("[{url: https://a.example/v1}]", ["/v1/users"]),
        ("[{url: https://a.example/v1/}]", ["/v1/users"]),
        ("[{url: https://a.example/v1}, {url: https://b.example/v1/}]", ["/v1/users"]),
        ("[{url: https://a.example/v2}, {url: http://localhost:8000}]", ["/v2/users", "/users"]),
        ("[{url: /a/b}, {url: c}, {url: ./d}, {url: ../e}]", ["/a/b/users", "/c/users", "/d/users", "/e/users"]),
        ("[{url: https://a.example/v1?x=/y#z}]", ["/v1/users"]),
        ("[{url: //a.example/v1}]", ["/v1/users"]),
        ("[{url: 'https://{h}/v1', variables: {h: {default: a.example}}}]", ["/v1/users"]),
        ("[{url: 'https://{h}/v1', variables: {h: {default: a, enum: [a, b]}}}]", ["/v1/users"]),
        ("[{url: '/{v}', variables: {v: {default: v2, enum: [v1, v2]}}}]", ["/v2/users", "/v1/users"]),
        ("[{url: '/{v}', variables: {v: {default: v3, enum: [v1, v2]}}}]", ["/v3/users", "/v1/users", "/v2/users"]),
        ("[{url: '/{v}', variables: {v: {default: v1}}}]", ["/v1/users"]),
        ("[{url: '/{v}', variables: {v: {default: a/b}}}]", ["/a/b/users"]),
        ("[{url: '/{v}', variables: {v: {default: ''}}}]", ["/users"]),
        ("[{url: '/{v}', variables: {v: {default: 2}}}]", ["/2/users"]),
        ("[{url: '/{v}/{v}', variables: {v: {default: a, enum: [a, b]}}}]", ["/a/a/users", "/b/b/users"]),
        ("[{url: '/{v}/{w}', variables: {v: {default: a, enum: [a, b]}, w: {default: c, enum: [c, d]}}}]",
         ["/a/c/users", "/a/d/users", "/b/c/users", "/b/d/users"]),
        ("[{url: '{u}', variables: {u: {default: 'https://a.example/v1', enum: ['https://b.example/v2']}}}]",
         ["/v1/users", "/v2/users"]),
        ("[{url: '/{v}'}]", ["/users"]),
        ("[{url: '/{v}'}, {url: /v1}]", ["/v1/users"]),
        ("[{url: 'https://[bad/v1'}, {url: /v2}]", ["/v2/users"]),
    ],
)  # fmt: skip
def test_of_the_document(servers: str, paths: list[str]) -> None:
    contract, problems = _read(f"servers: {servers}")
    assert not problems and _paths(contract.operations[0]) == paths
    matched = Matcher(contract.operations)
    assert all(matched.match(path) is not None for path in paths)


def test_the_nearest_servers_count() -> None:
    contract, _ = _read(
        "servers: [{url: /v1}, {url: /v2}]",
        """
paths:
  /users:
    servers: [{url: /path}, {url: /other}]
    get: {responses: {}}
    post: {servers: [{url: /own}], responses: {}}
  /shops:
    get: {responses: {}}
""",
    )
    found = {f"{o.method} {o.template}": _paths(o) for o in contract.operations}
    assert found["GET /users"] == ["/path/users", "/other/users"]
    assert found["POST /users"] == ["/own/users"]
    assert found["GET /shops"] == ["/v1/shops", "/v2/shops"]
    offered = Matcher(contract.operations).offered("/other/users")
    assert offered is not None and set(offered[1]) == {"GET"}


@pytest.mark.parametrize(
    ("head", "path"),
    [
        ("host: a.example\nbasePath: /v1\nschemes: [https, http]", "/v1/users"),
        ("basePath: /v1/", "/v1/users"),
        ("basePath: v1", "/v1/users"),
        ("host: a.example", "/users"),
        ("", "/users"),
    ],
)
def test_of_swagger_2(head: str, path: str) -> None:
    contract, problems = _read(head, version="swagger: '2.0'")
    assert not problems and _paths(contract.operations[0]) == [path]


def test_their_number_is_bounded_and_told() -> None:
    values = ", ".join(f"v{number}" for number in range(200))
    variable = f"{{default: v0, enum: [{values}]}}"
    contract, problems = _read(
        f"servers: [{{url: '/{{a}}/{{b}}/{{c}}', variables: {{a: {variable}, b: {variable}, c: {variable}}}}}]"
    )
    assert len(_paths(contract.operations[0])) == MOST_PATHS
    assert [problem.message for problem in problems] == [
        "`servers` has 4096 base paths; those after the first 64 are ignored"
    ]
