from __future__ import annotations

import json
from pathlib import Path

import pytest

from batten.engine import Review, review
from batten.formats import Workspace, apply
from batten.model import Safety
from batten.policy import Policy
from batten.technologies import technologies, technologies_for


def reviewed(root: Path, **files: str) -> Review:
    names = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    return review(Workspace(root, names), Policy())


@pytest.mark.parametrize(
    ("path", "head", "ours"),
    [
        ("a.yaml", "openapi: 3.0.0\n", True),
        ("a.yml", "# ours\n'swagger': '2.0'\n", True),
        ("a.json", '{"openapi":"3.1.0"}', True),
        ("a.json", '{\n    "info": {},\n    "swagger": "2.0"\n}', True),
        ("crd.yaml", "apiVersion: v1\nspec:\n  openapi: 3.0.0\n  validation: {openAPIV3Schema: {}}\n", False),
        ("package.json", '{\n  "name": "x",\n  "dependencies": {"openapi": "^3.0.0"}\n}', False),
        ("compose.yaml", "services: {swagger: {image: x}}\n", False),
    ],
)
def test_what_is_taken_for_openapi(path: str, head: str, ours: bool) -> None:
    assert ("openapi" in [t.name for t in technologies_for(path, head)]) is ours


def test_a_dependency_of_that_name_gives_no_facts(tmp_path: Path) -> None:
    text = '{\n  "dependencies": {\n    "openapi": "3.0.0"\n  }\n}'
    result = reviewed(tmp_path, package_json=text)
    assert result.facts == [] and result.problems == [] and result.findings == []


def test_fragments_belong_to_the_document_and_are_mended_there(tmp_path: Path) -> None:
    root = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: parts/a.yaml}\n"
    part = "get:\n  responses:\n    204: {description: done}\n"
    result = reviewed(tmp_path, openapi_yaml=root, parts__a_yaml=part)
    assert [u.files for u in result.units] == [("openapi.yaml", "parts/a.yaml")]
    (finding,) = [f for f in result.findings if f.control == "error-schemas-defined"]
    assert finding.at.source == "parts/a.yaml" and finding.region is not None and finding.region.line == 2
    assert finding.fix is not None
    edited = {
        name: apply(text, [e for e in finding.fix.edits if e.source == name])
        for name, text in (("openapi.yaml", root), ("parts/a.yaml", part))
    }
    assert "../openapi.yaml#/components/schemas/Problem" in edited["parts/a.yaml"]
    again = review(Workspace(tmp_path, edited), Policy())
    assert again.problems == []
    assert [f.control for f in again.findings if f.control == "error-schemas-defined"] == []


@pytest.mark.parametrize("style", ["block", "crlf", "flow", "json", "indented json"])
def test_all_fixes_together_read_back_and_are_silent(tmp_path: Path, style: str) -> None:
    value = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": "http://api.example.com"}],
        "paths": {
            "/a": {"get": {"responses": {"204": {"description": "d"}}}, "put": {"operationId": "p"}},
            "/b": {"get": {"x-batten-choice": "c", "responses": {"204": {"description": "d"}}}},
        },
    }
    schemes = {"components": {"securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}}}
    for document in (value, {**value, **schemes}, {**schemes, **value})[: 2 if style == "flow" else 3]:
        name, text = "openapi.yaml", block(document)
        if style == "crlf":
            text = text.replace("\n", "\r\n")
        elif style == "flow":
            text = json.dumps(document).replace('"openapi": ', "openapi: ", 1)
        elif "json" in style:
            name, text = "openapi.json", json.dumps(document, indent=4 if style == "indented json" else None)
        first = review(Workspace(tmp_path, {name: text}), Policy())
        fixes = [f.fix for f in first.findings if f.fix is not None and f.fix.safety is not Safety.VALUE]
        assert len({f.control for f in first.findings}) >= 4 and first.problems == []
        mended = apply(text, [e for fix in fixes for e in fix.edits])
        again = review(Workspace(tmp_path, {name: mended}), Policy())
        assert again.problems == []
        left = {f.control for f in again.findings}
        assert left <= ({"operations-authenticated"} if document is value else set())


def block(value: object, depth: int = 0) -> str:
    if isinstance(value, dict):
        pad = "\n" + "  " * depth
        return "".join(f"{pad if depth or i else ''}{json.dumps(k)}: {block(v, depth + 1)}" + ("\n" if not depth else "") for i, (k, v) in enumerate(value.items())).replace("\n\n", "\n")  # fmt: skip
    return json.dumps(value)


def test_broken_parts_cost_themselves_only(tmp_path: Path) -> None:
    text = """openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    get:
      parameters: nonsense
      responses:
        "200": {$ref: "#/components/responses/Missing"}
  /b: 3
  /c: {get: {responses: {default: {description: d, content: {application/problem+json: {schema: {$ref: gone.yaml}}}}}}}
"""
    result = reviewed(tmp_path, openapi_yaml=text)
    assert [(p.line, bool(p.hint)) for p in result.problems] == [(8, True), (10, True)]


def test_the_technology_is_registered() -> None:
    assert technologies()["openapi"].example == "openapi.yaml"
