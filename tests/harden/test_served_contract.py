"""The contract as its edge serves it: valid, read as the same API, and told by whom each answer comes."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from deployments import CONTRACTS, named, stack
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from batten.contract import Contract, load
from batten.contract.titles import TITLES
from batten.engine.hardening.rendering import render
from batten.engine.hardening.serving import compared
from batten.engine.review import review
from batten.formats import Workspace
from batten.guard.export import nginx as guard
from batten.harden import HardenProblem, Options, targets
from batten.harden.edge import edge_of
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import Stack
from batten.policy import Policy
from proofs import PROOF

POLICY = Policy(hosts=("api.example.com", "www.example.com"), origins=("https://shop.example.com",))
Json = dict[str, Any]


def read(text: str, name: str = "openapi.yaml") -> Contract:
    return load(Workspace(Path("/nowhere"), {name: text}), name)[0]


def served(contract: Contract, policy: Policy = POLICY, edge: str = "nginx", **options: Any) -> Made:
    return render("contract", Intent(contract, policy, Options(**options), Stack(edge=edge)))


def again(made: Made, main: str = "openapi.yaml") -> Contract:
    contract, problems = load(Workspace(Path("/nowhere"), dict(made.files)), main)
    assert problems == []
    return contract


def data(made: Made, path: str = "openapi.yaml") -> Json:
    found: Json = yaml.safe_load(made.files[path])
    return found


SMALL = """openapi: 3.0.3
info: {title: Small, version: '1'}  # kept
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string, maxLength: 9}}]
    get:
      security: [{token: []}]
      responses:
        '200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
    put:
      security: []
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses:
        '204': {description: Changed.}
        '404': {description: Gone., content: {application/json: {schema: {type: object, additionalProperties: false}}}}
        '5XX': {description: Failed., content: {application/json: {schema: {type: object, additionalProperties: false}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Thing: {type: object, additionalProperties: false, properties: {size: {type: integer, minimum: 1, maximum: 99}}}
    New:
      type: object
      properties:
        name: {type: string}
        tags:
          type: array
          items: {type: string, maxLength: 20}
"""


def responses(made: Made, method: str) -> Json:
    found: Json = data(made)["paths"]["/things/{id}"][method]["responses"]
    return found


def test_each_operation_declares_what_callers_may_be_answered() -> None:
    made = served(read(SMALL))
    assert list(responses(made, "get")) == [
        "200", "400", "401", "403", "404", "405", "414", "429", "500", "502", "503", "504", "4XX", "5XX",
    ]  # fmt: skip
    assert list(responses(made, "put")) == [
        "204", "404", "5XX", "400", "405", "413", "414", "429", "500", "4XX",
    ]  # fmt: skip
    components = data(made)["components"]
    limited, verbs = (
        components["responses"][f"Edge{name}"] for name in ("TooManyRequests", "MethodNotAllowed")
    )
    assert "Retry-After" in limited["headers"] and "Allow" in verbs["headers"]
    shown = limited["content"]["application/problem+json"]
    assert shown["example"] == {"type": "about:blank", "title": "Too Many Requests", "status": 429}
    assert components["headers"]["Access-Control-Allow-Origin"]["schema"]["enum"] == list(POLICY.origins)


def test_the_edge_speaks_beside_the_api_where_both_have_an_error() -> None:
    declared = responses(served(read(SMALL)), "put")
    assert set(declared["5XX"]["content"]) == {"application/json", "application/problem+json"}
    assert set(declared["404"]["content"]) == {"application/json"}  # forwarded as it is


def test_servers_are_the_edges_names_over_tls() -> None:
    urls = [(one["url"], one["x-internal"]) for one in data(served(read(SMALL)))["servers"]]
    assert urls == [("https://api.example.com", False), ("https://www.example.com", False)]
    policy = Policy(hosts=("localhost",))
    based = SMALL.replace(
        "paths:", "servers: [{url: 'http://old.example.com/v1', description: Old}]\npaths:", 1
    )
    (one,) = data(served(read(based), policy, listen="8443"))["servers"]
    assert one == {"url": "https://localhost:8443/v1", "x-internal": True}


def test_limits_are_those_that_the_edge_enforces() -> None:
    made = served(read(SMALL), body="64k")
    found = data(made)
    assert found["x-batten-limits"] == {"body": 65536, "target": 8000, "requests": 100, "connections": 100}
    assert found["paths"]["/things/{id}"]["put"]["x-batten-limits"] == {"body": 65536}
    new = found["components"]["schemas"]["New"]["properties"]
    assert new["name"]["maxLength"] == new["tags"]["maxItems"] == 65536
    assert any("of 65536 bytes (2 ×)" in note for note in made.notes)


def test_integers_get_the_format_that_their_limits_have() -> None:
    size = data(served(read(SMALL)))["components"]["schemas"]["Thing"]["properties"]["size"]
    assert size == {"type": "integer", "format": "int32", "minimum": 1, "maximum": 99}
    shown = SMALL.replace(
        "{type: string, maxLength: 9}",
        "{type: string, maxLength: 9, example: {type: integer, minimum: 1, maximum: 2}}",
    )
    assert "int32, minimum: 1, maximum: 2" not in served(read(shown)).files["openapi.yaml"]


def test_what_callers_may_notice_is_changed_only_when_it_is_asked_for() -> None:
    made = served(read(SMALL))
    assert "additionalProperties" not in data(made)["components"]["schemas"]["New"]
    strict = served(read(SMALL), strict=True)
    assert data(strict)["components"]["schemas"]["New"]["additionalProperties"] is False
    assert any("may affect clients that send undeclared properties" in note for note in strict.notes)


ENGINES = {
    "nginx": set(),
    "haproxy": set(),
    "envoy": {"414"},
    "caddy": {"429"},
    "traefik": {"414"},
}


@pytest.mark.parametrize("edge", ENGINES)
def test_an_engine_is_said_to_answer_what_it_answers(edge: str) -> None:
    made = served(read(SMALL), edge=edge)
    assert {"405", "414", "429"} - set(responses(made, "get")) == ENGINES[edge]
    problems = ["content" in one for one in data(made)["components"]["responses"].values()]
    assert all(problems) == (edge != "traefik") and any(problems) == (edge != "traefik")
    assert ("connections" in data(made)["x-batten-limits"]) == (edge not in ("envoy", "caddy"))


@pytest.mark.parametrize("name", CONTRACTS)
def test_of_large_contracts_nothing_but_servers_is_changed(name: str) -> None:
    contract, policy = named(name)
    made = served(contract, policy)
    for path in contract.files:
        old = contract.references.sources.files[path].text.text.splitlines()
        lines = difflib.ndiff(old, made.files[path].splitlines())
        gone = [
            line for line in lines if line.startswith("- ") and "url:" not in line and "servers:" not in line
        ]
        flow = [line for line in gone if "{" not in line]  # one line that holds all of an answer grows
        assert flow == [], flow


@pytest.mark.parametrize("name", CONTRACTS)
def test_it_is_read_as_the_same_api_and_is_a_fixed_point(name: str) -> None:
    contract, policy = named(name)
    made = served(contract, policy)
    assert made == served(contract, policy)
    found = again(made)
    for old, new in zip(contract.operations, found.operations, strict=True):
        assert (old.label, old.security, set(old.responses) - {"401"}) == (
            new.label, new.security, set(new.responses) - {"401"},
        )  # fmt: skip
    intent = Intent(contract, policy, Options())
    assert edge_of(found, policy, intent.options) == intent.edge
    assert served(found, policy).files == made.files
    validate(bundled(made))


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_review_finds_nothing_in_it(name: str, tmp_path: Path) -> None:
    contract, policy = named(name)
    made = served(contract, policy)
    found = review(Workspace(tmp_path, dict(made.files)), replace(policy, waivers=(), ignore=()))
    # The answers of the example tell a choice by their length, and no edge pads them.
    assert {f.control for f in found.findings} == ({"response-size-uniform"} if name == "orders" else set())
    assert found.problems == [] and found.facts


def bundled(made: Made, main: str = "openapi.yaml") -> Json:
    """One document, with what other files hold in its place: no validator is to open files."""
    documents = {path: yaml.safe_load(text) for path, text in made.files.items()}

    def resolved(value: Any, path: str, within: tuple[str, ...]) -> Any:
        if isinstance(value, list):
            return [resolved(item, path, within) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if not isinstance(reference, str) or (path == main and reference.startswith("#")):
            return {key: resolved(item, path, within) for key, item in value.items()}
        file, _, pointer = reference.partition("#")
        there = str((Path("/x") / path).parent.joinpath(file).resolve().relative_to("/x")) if file else path
        if (there, pointer) in within:
            return {}
        found = documents[there]
        for token in pointer.split("/")[1:]:
            found = found[token.replace("~1", "/").replace("~0", "~")]
        return resolved(found, there, (*within, f"{there}#{pointer}"))

    found: Json = resolved(documents[main], main, ())
    return found


STATUSES = st.sampled_from(
    ["200", "201", "302", "400", "401", "404", "422", "429", "500", "503", "4XX", "5XX", "default"]
)
MEDIA = st.sampled_from(["application/json", "application/problem+json", "text/plain", "*/*"])
WORD = st.from_regex(r"[a-z][a-z0-9]{0,7}", fullmatch=True)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=20)


@st.composite
def answers(draw: st.DrawFn) -> Json:
    found: Json = {"description": draw(TEXT)}
    if draw(st.booleans()):
        found["content"] = {draw(MEDIA): {"schema": {"type": "object"}}}
    if draw(st.booleans()):
        found["headers"] = {
            draw(st.sampled_from(["ETag", "X-Trace", "Retry-After"])): {"schema": {"type": "string"}}
        }
    return found


@st.composite
def documents(draw: st.DrawFn) -> Json:
    paths: Json = {}
    for segment in draw(st.lists(WORD, min_size=1, max_size=4, unique=True)):
        item: Json = {}
        for method in draw(
            st.lists(st.sampled_from(["get", "put", "post", "head"]), min_size=1, unique=True)
        ):
            operation: Json = {
                "responses": draw(st.dictionaries(STATUSES, answers(), min_size=1, max_size=4))
            }
            if draw(st.booleans()):
                operation["security"] = draw(st.sampled_from([[], [{"token": []}], [{}, {"token": []}]]))
            if method in ("put", "post"):
                schema = draw(
                    st.sampled_from(
                        [{"type": "string"}, {"type": "string", "maxLength": 7}, {"type": "object"}]
                    )
                )
                operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
            item[method] = operation
        if draw(st.booleans()):
            item["servers"] = [
                {"url": draw(st.sampled_from(["https://else.example.com/v2", "/v3", "{s}://x/v4"]))}
            ]
        paths[f"/{segment}" + draw(st.sampled_from(["", "/{id}"]))] = item
    found: Json = {
        "openapi": draw(st.sampled_from(["3.0.3", "3.1.0"])),
        "info": {"title": draw(TEXT), "version": "1"},
    }
    if draw(st.booleans()):
        found["servers"] = [
            {"url": draw(st.sampled_from(["http://a.example.com", "/v1", "https://b.example.com/v1/"]))}
        ]
    found["paths"] = paths
    found["components"] = {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}}
    if draw(st.booleans()):
        found["components"]["schemas"] = {draw(st.sampled_from(["EdgeProblem", "Thing"])): {"type": "object"}}
    return found


@settings(max_examples=300 if PROOF else 15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents(), form=st.sampled_from(["json", "indented", "yaml", "flow"]))
def test_any_contract_keeps_its_edge_and_is_a_fixed_point(document: Json, form: str) -> None:
    name = "openapi.json" if form in ("json", "indented") else "openapi.yaml"
    text = {
        "json": json.dumps(document),
        "indented": json.dumps(document, indent=2),
        "yaml": yaml.safe_dump(document, sort_keys=False, allow_unicode=True),
        "flow": yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=True),
    }[form]
    contract = read(text, name)
    made = served(contract)
    intent = Intent(contract, POLICY, Options())
    found = compared(intent, Workspace(Path("/nowhere"), dict(made.files)))
    assert found.differing == () and len(found.equal) == 4
    assert served(again(made, name)).files == made.files
    for old, new in zip(contract.operations, again(made, name).operations, strict=True):
        # 401 may have a name of its own, where it was one of 4XX.
        assert set(new.responses) - set(old.responses) <= {"401"}
        assert [(s, set(r.media), set(r.headers)) for s, r in old.responses.items()] == [
            (s, set(r.media), set(r.headers)) for s, r in new.responses.items() if s in old.responses
        ]


def test_titles_fit_the_schema_of_the_edges_documents() -> None:
    schema = data(served(read(SMALL)))["components"]["schemas"]["EdgeProblem"]["properties"]["title"]
    for title in (*TITLES.values(), "Error"):
        assert re.fullmatch(schema["pattern"], title) and len(title) <= schema["maxLength"]


HOSTILE = {
    "a title of several lines": SMALL.replace("title: Small", "title: \"a: b\\n#}] 'x'\""),
    "braces in a path": SMALL.replace("/things/{id}:", "'/thin\"g}s, [x]: #/{id}':"),
    "an address that looks like more": SMALL.replace(
        "paths:", "servers: [{url: '/v1, x: {y}]', description: 'a: b'}]\npaths:", 1
    ),
    "line ends of Windows": SMALL.replace("\n", "\r\n"),
    "an anchor for several operations": SMALL.replace("put:", "put: &shared").replace(
        "components:", "  /others/{id}:\n    put: *shared\ncomponents:", 1
    ),
    "names that are taken": SMALL.replace(
        "  schemas:\n",
        "  responses: {EdgeBadRequest: {description: mine}}\n  schemas:\n    EdgeProblem: {type: object}\n",
        1,
    ),
    "answers that are marked by others": SMALL.replace("'200': {desc", "'200': {x-batten-edge: true, desc"),
    "empty components": SMALL.replace("components:\n", "x-kept:\n") + "components:\n",
    "an empty group": SMALL.replace("  schemas:\n", "  responses:\n  schemas:\n", 1),
    "OpenAPI 2.0": """swagger: '2.0'
info: {title: Old, version: '1'}
host: old.example.com
basePath: /v1
schemes: [http]
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
paths:
  /a/{id}:
    parameters: [{name: id, in: path, required: true, type: string, maxLength: 9}]
    get:
      security: [{key: []}]
      schemes: [http]
      responses: {'200': {description: One., schema: {type: object, additionalProperties: false}}}
""",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_texts_of_others_end_no_word_in_it(what: str) -> None:
    contract = read(HOSTILE[what])
    made = served(contract)
    text = made.files["openapi.yaml"]
    assert text.count("\r\n") == (text.count("\n") if "\r" in HOSTILE[what] else 0)
    found = again(made)
    assert found.title == contract.title
    assert [o.label for o in found.operations] == [o.label for o in contract.operations]
    intent = Intent(contract, POLICY, Options())
    assert edge_of(found, POLICY, intent.options) == intent.edge
    assert served(found).files == made.files


def test_what_an_alias_shares_is_left_and_told() -> None:
    made = served(read(HOSTILE["an anchor for several operations"]))
    assert any("paths[/others/{id}]/put/responses was left as it is" in note for note in made.notes)


def test_components_that_are_elsewhere_are_a_clear_error() -> None:
    text = SMALL.replace("components:\n", "components: {$ref: '#/x-elsewhere'}\nx-elsewhere:\n")
    with pytest.raises(HardenProblem, match="nothing can be added to components"):
        served(read(text))


def test_what_callers_lose_is_told() -> None:
    text = SMALL.replace("paths:", "servers: [{url: 'http://old.example.com:8080'}]\npaths:", 1)
    text = text.replace("'204': {", "'204': {headers: {Cache-Control: {schema: {type: string}}}, ")
    notes = "\n".join(served(read(text), head=True).notes)
    assert "no longer named as a server: http://old.example.com:8080;" in notes
    assert "or removes them: Cache-Control" in notes and "answers HEAD" in notes
    other = served(again(served(read(text))), edge="caddy")
    assert any("caddy does not give (429)" in note for note in other.notes)


def test_numbers_get_limits_of_a_format_only_when_that_is_asked_for() -> None:
    text = SMALL.replace(
        "name: {type: string}", "name: {type: string}, count: {type: integer}".replace(", ", "\n        ")
    )
    assert "int64" not in served(read(text)).files["openapi.yaml"]
    strict = served(read(text), strict=True)
    assert data(strict)["components"]["schemas"]["New"]["properties"]["count"]["format"] == "int64"
    assert any("format int64 (1 ×); may affect clients" in note for note in strict.notes)


def test_a_credential_that_is_shown_is_not_copied() -> None:
    token = "ghp_" + "q7Rz2KcVd9LmXw4TnBy8PsJf3HgUe6Ao5iNt"
    made = served(read(SMALL.replace("maxLength: 9}", f"maxLength: 99, example: {token}}}")))
    assert token not in made.files["openapi.yaml"] and token not in "".join(made.notes)
    assert any("write a placeholder" in note for note in made.notes)


def test_answers_get_invented_limits_only_when_that_is_asked_for() -> None:
    text = SMALL.replace("size: {type: integer", "label: {type: string}, size: {type: integer")
    assert "label: {type: string}" in served(read(text)).files["openapi.yaml"]
    strict = served(read(text), strict=True, body="64k")
    label = data(strict)["components"]["schemas"]["Thing"]["properties"]["label"]
    assert label == {"type": "string", "maxLength": 65536}
    assert any("an invented one, 65536 (1 ×); may affect larger answers" in note for note in strict.notes)


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_guard_of_it_judges_as_that_of_its_source(name: str) -> None:
    contract, policy = named(name)
    place = guard.Place("/etc/nginx/guard")
    old = guard.export(contract, policy, Options(), place).files
    new = guard.export(again(served(contract, policy)), policy, Options(), place).files
    # 401 is judged as it was when it was one of 4XX.
    told = re.compile(r', \["401"\] = (?:\{(?:[^{}]|\{[^{}]*\})*\}|\w+)')
    assert {path: told.sub("", text) for path, text in new.items()} == {
        path: told.sub("", text) for path, text in old.items()
    }


@pytest.mark.parametrize("target", targets.WITH_EDGE)
def test_a_deployment_has_the_contract_of_its_own_edge(target: str) -> None:
    intent = Intent(read(SMALL), POLICY, Options(emit_contract=True), stack(edge="envoy"))
    found = render(target, intent).files
    assert '"429"' in found["contract/openapi.yaml"] and '"414"' not in found["contract/openapi.yaml"]
    assert "url: https://api.example.com," in found["contract/openapi.yaml"]  # where clients reach it


def test_what_no_edge_lets_through_is_told() -> None:
    made = served(
        read(SMALL.replace("    put:", "    trace: {responses: {'200': {description: One.}}}\n    put:"))
    )
    assert any("does not serve these operations: TRACE /things/{id};" in note for note in made.notes)
