from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.engine.review import Review, review
from batten.facts import Api, PayloadSchema
from batten.formats import Workspace, apply
from batten.model import UNKNOWN, Problem, Safety
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised, technologies
from batten.technologies.contracts.openapi import adapter


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
        ("public.overlay.yaml", "overlay: 1.0.0\nactions: []\n", True),
        ("buy.arazzo.json", '{\n  "arazzo": "1.0.1",\n', True),
        ("values.yaml", "storage:\n  overlay: true\n", False),
        ("crd.yaml", "apiVersion: v1\nspec:\n  openapi: 3.0.0\n  validation: {openAPIV3Schema: {}}\n", False),
        ("package.json", '{\n  "name": "x",\n  "dependencies": {"openapi": "^3.0.0"}\n}', False),
        ("compose.yaml", "services: {swagger: {image: x}}\n", False),
    ],
)
def test_what_is_taken_for_openapi(path: str, head: str, ours: bool) -> None:
    assert ("openapi" in [t.name for t in recognised(named_like(path), head)]) is ours


def test_a_dependency_of_that_name_gives_no_facts(tmp_path: Path) -> None:
    text = '{\n  "dependencies": {\n    "openapi": "3.0.0"\n  }\n}'
    result = reviewed(tmp_path, package_json=text)
    assert result.facts == [] and result.problems == [] and result.findings == []


def test_fragments_belong_to_the_document_and_are_mended_there(tmp_path: Path) -> None:
    root = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a: {$ref: parts/a.yaml}\n"
    root += SHARED
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
    assert "../openapi.yaml#/components/responses/Error" in edited["parts/a.yaml"]
    again = review(Workspace(tmp_path, edited), Policy())
    assert again.problems == []
    assert [f.control for f in again.findings if f.control == "error-schemas-defined"] == []


SHARED = """components:
  responses:
    Error: {description: It failed., content: {application/json: {schema: {$ref: "#/components/schemas/Failure"}}}}
  schemas:
    Failure: {type: object, additionalProperties: false, properties: {why: {type: integer}}}
"""


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
    media = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    shared = {
        "responses": {"Error": {"description": "d", "content": media}},
        "schemas": {
            "Failure": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"why": {"type": "integer"}},
            }
        },
    }
    schemes = {"components": {**shared, "securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}}}
    for document in ({**value, "components": shared}, {**value, **schemes}, {**schemes, **value})[
        : 2 if style == "flow" else 3
    ]:
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
        left = {f.control for f in again.findings if f.fix is None or f.fix.safety is not Safety.VALUE}
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


def facts_of(root: Path, text: str) -> list[object]:
    unit = Unit("openapi", ("openapi.yaml",))
    return list(adapter.read(unit, Workspace(root, {"openapi.yaml": text})))


HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("{url: '{s}://a.example', variables: {s: {default: http, enum: [http, https]}}}", UNKNOWN),
        ("{url: '{s}://a.example', variables: {s: {default: http, enum: [http]}}}", "http://a.example"),
        ("{url: '{s}://a.example', variables: {s: {default: http}}}", UNKNOWN),
        ("{url: 'http://{h}.example', variables: {h: {default: eu}}}", "http://eu.example"),
        ("{url: 'http://{h}.example'}", UNKNOWN),
        ("{url: 'http://[bad'}", "http://[bad"),
    ],
)
def test_what_variables_of_servers_decide(server: str, url: object, tmp_path: Path) -> None:
    (api,) = [
        f for f in facts_of(tmp_path, f"{HEAD}servers: [{server}]\npaths: {{}}\n") if isinstance(f, Api)
    ]
    assert [s.value for s in api.servers] == [url]


def test_identities_are_followed_within_the_document(tmp_path: Path) -> None:
    text = """openapi: 3.2.0
$self: https://a.example/api/openapi
info: {title: t, version: '1'}
paths:
  /a:
    get:
      responses:
        "200": {description: d, content: {application/json: {schema: {$ref: "openapi#/components/schemas/A"}}}}
        "202": {description: d, content: {application/json: {schema: {$ref: "https://a.example/b.json#/properties/c"}}}}
        "404": {description: d, content: {application/json: {schema: {$ref: "https://a.example/other.json"}}}}
components:
  schemas:
    A: {type: object, properties: {a: {type: integer}}}
    B: {$id: "https://a.example/b.json", properties: {c: {type: object, properties: {d: {type: integer}}}}}
"""
    facts = facts_of(tmp_path, text)
    assert [(f.line, "does not fetch" in f.message) for f in facts if isinstance(f, Problem)] == [(10, True)]
    assert [f.name for f in facts if isinstance(f, PayloadSchema)] == ["A", "c"]


@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.1", "3.2.0"])
def test_each_version_is_judged_alike(version: str, tmp_path: Path) -> None:
    """Every control that a contract can break by itself."""
    two = version == "2.0"
    token = "ghp_" + "q7Rz2KcVd9LmXw4TnBy8PsJf3HgUe6Ao5iNt"
    schema = {"type": "object", "properties": {"note": {"type": "string", "example": token}}}
    answer = {
        "description": "d",
        **({"schema": schema} if two else {"content": {"application/json": {"schema": schema}}}),
    }
    picture = {
        "description": "d",
        **({"schema": {"type": "file"}} if two else {"content": {"image/png": {}}}),
    }
    place = (
        {"schemes": ["http"], "produces": ["image/png"]}
        if two
        else {"servers": [{"url": "http://a.example.com"}]}
    )
    flow = {"authorizationUrl": "https://id.example.com/a", "scopes": {}}
    schemes = {
        "key": {"type": "apiKey", "in": "query", "name": "k"},
        "old": {"type": "oauth2", **({"flow": "implicit", **flow} if two else {"flows": {"implicit": flow}})},
    }
    document = {
        **({"swagger": version, "host": "a.example.com", "schemes": ["http"]} if two else {"openapi": version}),
        "info": {"title": "t", "version": "1"},
        **({} if two else {"servers": [{"url": "http://a.example.com"}]}),
        "paths": {"/a": {"get": {"responses": {"200": answer}}}, "/b": {"get": {**place, "responses": {"200": picture}}}},
        **({"securityDefinitions": schemes} if two else {"components": {"securitySchemes": schemes}}),
    }  # fmt: skip
    result = review(Workspace(tmp_path, {"openapi.json": json.dumps(document, indent=2)}), Policy())
    assert result.problems == []
    assert {f.control for f in result.findings} == {
        "tls-required", "assets-encrypted", "operations-authenticated", "auth-scheme-modern", "credentials-not-in-url",
        "error-schemas-defined", "response-schemas-defined", "secret-not-inline",
    }  # fmt: skip


def test_a_component_is_told_once_and_closed_once(tmp_path: Path) -> None:
    text = (
        HEAD
        + """paths:
  /a:
    get: {responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/A"}}}}}}
    put: {responses: {"200": {description: d, content: {application/json: {schema: {$ref: "#/components/schemas/A/properties/b"}}}}}}
components:
  schemas:
    A: {type: object, properties: {b: {type: object, properties: {c: {type: integer}}}}}
"""
    )
    first = reviewed(tmp_path, openapi_yaml=text)
    fixes = [f.fix for f in first.findings if f.control == "response-schemas-defined"]
    assert len(fixes) == 1 and fixes[0] is not None and len(fixes[0].edits) == 2
    again = reviewed(tmp_path, openapi_yaml=apply(text, fixes[0].edits))
    assert [f for f in again.findings if f.control == "response-schemas-defined"] == []


def test_what_would_be_left_empty_or_has_no_end_is_a_question(tmp_path: Path) -> None:
    schema = "{type: object, additionalProperties: false, properties: {a: {type: object}, b: {type: string}}}"
    text = f"{HEAD}paths:\n  /a:\n    get:\n      responses:\n        '200': {{description: d, content: {{application/json: {{schema: {schema}}}}}}}\n"
    found = [
        f.fix
        for f in reviewed(tmp_path, openapi_yaml=text).findings
        if f.control == "response-schemas-defined"
    ]
    assert [f.safety for f in found if f is not None] == [Safety.VALUE] * 2
    assert [f.question.split("?")[0] for f in found if f is not None] == [
        "what is the largest size of b", "which properties does a have"
    ]  # fmt: skip


def test_parts_in_files_of_their_own_are_read(tmp_path: Path) -> None:
    root = f"{HEAD}security: [{{t: []}}]\npaths: {{$ref: paths.yaml}}\ncomponents: {{securitySchemes: {{$ref: schemes.yaml}}}}\n"
    paths = "/a:\n  get:\n    servers: [{url: 'http://a.example.com'}]\n    responses: {'204': {description: d}}\n"
    schemes = "t: {type: apiKey, in: query, name: k}\n"
    result = reviewed(tmp_path, openapi_yaml=root, paths_yaml=paths, schemes_yaml=schemes)
    assert result.problems == []
    assert {(f.control, f.at.source) for f in result.findings} == {
        ("tls-required", "paths.yaml"),
        ("error-schemas-defined", "paths.yaml"),
        ("credentials-not-in-url", "schemes.yaml"),
    }


@pytest.mark.parametrize("empty", ["{}", "", "null"])
def test_what_is_there_but_empty_is_filled(empty: str, tmp_path: Path) -> None:
    text = f"{HEAD}paths:\n  /a:\n    delete:\n      responses: {empty}\n{SHARED}"
    fixes = [
        f.fix for f in reviewed(tmp_path, openapi_yaml=text).findings if f.control == "error-schemas-defined"
    ]
    assert len(fixes) == 1 and fixes[0] is not None
    again = reviewed(tmp_path, openapi_yaml=apply(text, fixes[0].edits))
    assert again.problems == [] and "error-schemas-defined" not in {f.control for f in again.findings}


WORDS = """
paths get trace responses 200 4XX content application/json schema $ref type properties items allOf anyOf
oneOf parameters name in servers url variables enum default security components schemas securitySchemes flows
implicit scopes schemes host $id $self $dynamicRef additionalOperations query example value securityDefinitions
x-amazon-apigateway-cors allowOrigins allowMethods additionalProperties webhooks definitions /a
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.sampled_from(
    ["#/paths", "#/components/schemas/a", "#", "#a", "other.yaml", "../x", "https://a.example/b", "object", "string",
     "array", "query", "apiKey", "oauth2", "http", "http://a.example.com/b.png", "http://[", "{a}", "*", "password", ""]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES | st.none() | st.booleans() | st.integers(-2, 10**20),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=6), st.dictionaries(KEYS, VALUES, max_size=5), st.sampled_from(["2.0", "3.0.3", "3.1.0", "3.2.0"]))  # fmt: skip
def test_any_document_gives_facts_or_problems(
    document: dict[str, object], item: dict[str, object], version: str
) -> None:
    key = "swagger" if version == "2.0" else "openapi"
    paths = {"/a": item, "/b": {"get": item}}
    text = json.dumps({**document, key: version, "paths": paths})
    result = review(Workspace(Path("/nonexistent"), {"a.json": text}), Policy())
    assert all(p.hint and "internal error" not in p.hint for p in result.problems), result.problems
    for finding in result.findings:
        fix = finding.fix
        assert fix is None or "internal error" not in fix.question, fix
        if fix is not None and fix.edits:
            json.loads(apply(text, fix.edits))


def test_overlays_that_nothing_shows_the_document_of_are_told(tmp_path: Path) -> None:
    base, overlay = "openapi: 3.1.0\npaths: {}\n", "overlay: 1.0.0\nactions: []\n"
    alone = reviewed(tmp_path, a_overlay_yaml=overlay)
    assert [(p.source, p.message) for p in alone.problems] == [
        (
            "a.overlay.yaml",
            "the overlay is not applied: it must extend one document beside it in the reviewed files",
        )
    ]
    two = reviewed(tmp_path, openapi_yaml=base, a_yaml=f"{overlay}extends: openapi.yaml\n", b_yaml=overlay)
    assert [p.source for p in two.problems] == ["a.yaml", "b.yaml"]
    one = reviewed(tmp_path, openapi_yaml=base, a_yaml=f"{overlay}extends: ./openapi.yaml\n")
    assert one.problems == [] and [u.files for u in one.units] == [("openapi.yaml", "a.yaml")]


@pytest.mark.parametrize(
    ("files", "generated"),
    [
        ({"docs/swagger.yaml": "", "docs/docs.go": "package docs\n"}, True),
        ({"docs/swagger.yaml": "", "Makefile": "api:\n\tgo run ./cmd/spec > docs/swagger.yaml\n"}, True),
        (
            {
                "docs/swagger.yaml": "",
                "package.json": '{"scripts": {"spec": "tsoa spec && mv out docs/swagger.yaml"}}',
            },
            True,
        ),
        ({"schema.yaml": "", "scripts/spec.sh": "./manage.py spectacular --file schema.yaml\n"}, True),
        ({"swagger/v1/swagger.yaml": "", "spec/swagger_helper.rb": "RSpec.configure\n"}, True),
        ({"docs/swagger.yaml": "", "Makefile": "lint:\n\tspectral lint docs/swagger.yaml\n"}, False),
        ({"docs/swagger.yaml": "", "Makefile": "client:\n\tcp docs/swagger.yaml web/\n"}, False),
        (
            {"docs/swagger.yaml": "", "Makefile": "api:\n\tgo run ./cmd/spec > docs/swagger.yaml.lock\n"},
            False,
        ),
        ({"openapi.yaml": ""}, False),
    ],
)
def test_a_generated_document_gets_no_edit(files: dict[str, str], generated: bool, tmp_path: Path) -> None:
    text = f"{HEAD}paths:\n  /a:\n    delete:\n      responses: {{204: {{description: d}}}}\n{SHARED}"
    path, *_ = files
    space = Workspace(tmp_path, {**files, path: text})
    fixes = [f.fix for f in review(space, Policy()).findings if f.control == "error-schemas-defined"]
    assert [fix is not None and not fix.edits for fix in fixes] == [generated]


APART = """openapi: 3.0.3
info: {title: Tills, version: '1'}
security: [{token: []}]
paths:
  /tills: {get: {responses: {'200': {description: All.}}}}
  /own: {get: {security: [{token: []}], responses: {'200': {description: Own.}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
"""
ROOT = """openapi: 3.0.3
info: {title: All, version: '1'}
paths:
  /tills: {$ref: 'parts/tills.yaml#/paths/~1tills'}
  /own: {$ref: 'parts/tills.yaml#/paths/~1own'}
"""


@pytest.mark.parametrize(
    ("part", "told"),
    [
        (APART, [("low", "operation-open"), ("low", "scheme-undeclared")]),
        (APART.replace("[{token: []}]", "[{token: []}, {}]", 1), [("low", "scheme-undeclared"), ("high", "operation-open")]),
        (APART.replace("openapi: 3.0.3\n", ""), [("high", "operation-open"), ("medium", "scheme-undeclared")]),
    ],
)  # fmt: skip
def test_operations_of_another_contract(tmp_path: Path, part: str, told: list[tuple[str, str]]) -> None:
    """What their own contract demands is not taken over by the one that refers to them, and shows what is meant."""
    found = reviewed(tmp_path, openapi_yaml=ROOT, parts__tills_yaml=part).findings
    mine = {
        (f.severity.name.lower(), f.case)
        for f in found
        if f.control == "operations-authenticated" and f.case != "requirement-removed"
    }
    assert mine == set(told)
