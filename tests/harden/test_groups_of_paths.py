"""Locations by what paths begin with: the same path takes each request as where all are tried in their order."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from batten.contract import load
from batten.contract.surface import paths
from batten.formats import Workspace
from batten.harden.edge import Route
from batten.harden.edges.nginx.server import groups

_PART = st.sampled_from(["a", "b", "ab", "a%20b", "{x}", "{y}", "a{x}", "{x}.b"])
_TEMPLATES = st.lists(st.lists(_PART, min_size=1, max_size=3).map(lambda p: "/" + "/".join(p)), max_size=6)
_PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a b", "ac", "c.b"]), min_size=1, max_size=3)


def _routes(templates: list[str]) -> list[Route]:
    operation = {"get": {"responses": {"200": {"description": "ok"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1"},
        "paths": dict.fromkeys(templates, operation),
    }
    contract = load(Workspace(Path(), {"openapi.json": json.dumps(document)}), "openapi.json")[0]
    return [Route(path=path, body=0) for path in paths(contract, head=True)]


def _taken(routes: list[Route], path: str) -> Route | None:
    patterns = (route for route in routes if route.path.pattern)
    return next((route for route in patterns if re.search(route.path.pattern, path)), None)


@given(templates=_TEMPLATES, parts=_PATHS)
@example(templates=["/a/{x}", "/{x}/b"], parts=["a", "b"])
@example(templates=["/a/{x}/b", "/ab/{x}", "/a/b/{x}"], parts=["a", "b", "ab"])
def test_each_path_is_taken_by_the_same_route(templates: list[str], parts: list[str]) -> None:
    routes, path = _routes(templates), "/" + "/".join(parts)
    if found := groups(routes):
        begun = [own for beginning, own in found.items() if path.startswith(beginning)]
        assert len(begun) <= 1
        assert _taken(list(begun[0]), path) == _taken(routes, path) if begun else not _taken(routes, path)


def test_one_group_is_none() -> None:
    assert not groups(_routes(["/v1/{x}", "/v1/{x}/a", "/v1/b/{x}", "/v1/c"]))
    assert list(groups(_routes(["/v1/b/{x}", "/v1/b/{x}/c/{y}", "/v1/c/{x}"]))) == ["/v1/b/", "/v1/c/"]
