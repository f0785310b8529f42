from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batten.contract import Contract, load, media_of, response_of
from batten.contract.keywords import ASSERTED
from batten.contract.reader import is_contract
from batten.contract.strict_json import strict_json
from batten.contract.validators import SchemaProblem, Validators
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.formats.yaml_edits import source_of
from batten.guard.lua.formats import KNOWN
from batten.model import Problem

HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"


def contract_of(root: Path, text: str, **files: str) -> tuple[Contract, list[Problem]]:
    overlay = {name.replace("__", "/") + ".yaml": body for name, body in files.items()}
    return load(Workspace(root, {"openapi.yaml": text, **overlay}), "openapi.yaml")


def validated(root: Path, version: str, schema: str, components: str = "{}") -> Validators:
    text = f"""openapi: {version}
info: {{title: t, version: '1'}}
paths:
  /x:
    post:
      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}
      responses: {{"200": {{description: d, content: {{application/json: {{schema: {schema}}}}}}}}}
components: {{schemas: {components}}}
"""
    contract, problems = contract_of(root, text)
    assert problems == []
    return Validators(contract)


def accepts(validators: Validators, instance: object) -> bool:
    validator = validators.response(validators.contract.operations[0], 200, "application/json")
    assert validator is not None
    assert validator.is_valid(instance) == (validator.explain(instance) == ())
    return validator.is_valid(instance)


def takes(validators: Validators, instance: object) -> bool:
    validator = validators.request(validators.contract.operations[0], "application/json; charset=utf-8")
    assert validator is not None
    return validator.is_valid(instance)


def test_parameters_merge_and_paths_carry_the_base(tmp_path: Path) -> None:
    contract, problems = contract_of(
        tmp_path,
        HEAD
        + """servers: [{url: "https://{host}/v{n}/", variables: {host: {default: a.example}, n: {default: 2}}}]
paths:
  /a/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: q, in: query, schema: {type: integer}}
    get:
      parameters: [{name: q, in: query, required: true, schema: {type: string}}]
      responses: {200: {description: d}}
""",
    )
    (operation,) = contract.operations
    assert problems == []
    assert operation.label == "GET /v2/a/{id}"
    assert [(p.name, p.required) for p in operation.parameters] == [("id", True), ("q", True)]
    assert response_of(operation, 200) is not None
    assert operation.at.pointer == "paths[/a/{id}]/get"


def test_references_run_over_files_and_never_out_of_the_root(tmp_path: Path) -> None:
    contract, problems = contract_of(
        tmp_path,
        HEAD
        + """paths:
  /a: {$ref: parts/a.yaml}
  /b: {get: {responses: {200: {$ref: ../outside.yaml}, 201: {$ref: "https://example.com/x"},
        202: {$ref: "#/components/responses/None"}, 203: {$ref: "#/components/responses/Loop"}}}}
components: {responses: {Loop: {$ref: "#/components/responses/Loop"}}}
""",
        parts__a="get: {responses: {200: {$ref: 'b.yaml#/ok'}}}",
        parts__b="ok: {description: d, content: {application/json: {schema: {$ref: '#/thing'}}}}\nthing: {type: integer}",
    )
    first, second = contract.operations
    validator = Validators(contract).response(first, 200, "application/json")
    assert validator is not None and validator.is_valid(1) and not validator.is_valid("1")
    assert not any(r.known for r in second.responses.values())
    assert sorted(p.line for p in problems) == [5, 5, 6, 6]
    assert all(p.hint and p.source == "openapi.yaml" for p in problems)


def test_nullable_and_exclusive_bounds_of_3_0(tmp_path: Path) -> None:
    schema = "{type: integer, nullable: true, minimum: 0, exclusiveMinimum: true, format: int32, example: 3}"
    validators = validated(tmp_path, "3.0.3", schema)
    assert accepts(validators, None) and accepts(validators, 1)
    assert not accepts(validators, 0) and not accepts(validators, 2**31)


@pytest.mark.parametrize("told_by", ["the schema", "its file", "the document", "nobody"])
def test_drafts_before_2019(told_by: str, tmp_path: Path) -> None:
    """draft-07: items as a list, dependencies, and nothing beside a reference; draft-04: exclusive bounds as flags."""
    draft = "'http://json-schema.org/draft-07/schema#'"
    own = f"$schema: {draft}, " if told_by == "the schema" else ""
    beside = f"$schema: {draft}\n" if told_by == "its file" else ""
    dialect = f"jsonSchemaDialect: {draft}\n" if told_by == "the document" else ""
    below = f"""{{{own}type: array, additionalItems: false, items: [{{type: string}}, {{{own}$ref: '#/N', maximum: 1}},
      {{{own}type: object, dependencies: {{a: [b], c: {{required: [d]}}}}}}, {{{own}minimum: 0, exclusiveMinimum: true}}]}}"""
    contract, problems = contract_of(
        tmp_path,
        HEAD
        + dialect
        + """paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: {$ref: 'part.yaml#/S'}}}}}}}}
""",
        part=f"{beside}N: {{{own}type: integer}}\nS: {below}",
    )
    assert not problems
    validators = Validators(contract)
    if told_by == "nobody":
        assert accepts(validators, [1])  # 2020-12 knows no such items
        return
    for good in (["a", 7], ["a", 7, {}, 1], ["a", 7, {"a": 1, "b": 1}], ["a", 7, {"c": 1, "d": 1}]):
        assert accepts(validators, good)
    for bad in ([1], ["a", "b"], ["a", 7, {"a": 1}], ["a", 7, {"c": 1}], ["a", 7, {}, 0], ["a", 7, {}, 1, 1]):
        assert not accepts(validators, bad)


def test_what_only_requests_or_only_answers_carry(tmp_path: Path) -> None:
    thing = "{T: {type: object, required: [id, pin], properties: {id: {type: integer, readOnly: true}, pin: {$ref: '#/components/schemas/Pin'}}}, Pin: {type: string, writeOnly: true}}"
    validators = validated(tmp_path, "3.1.0", "{$ref: '#/components/schemas/T'}", thing)
    assert accepts(validators, {"id": 1}) and not accepts(validators, {"id": 1, "pin": "x"})
    assert takes(validators, {"pin": "x"}) and not takes(validators, {"id": 1, "pin": "x"})


def test_a_discriminator_chooses_its_branch(tmp_path: Path) -> None:
    schemas = """{Cat: {type: object, properties: {kind: {type: string}, lives: {type: integer}}},
      Dog: {type: object, properties: {kind: {type: string}, lives: {type: string}}}}"""
    schema = """{oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}],
      discriminator: {propertyName: kind, mapping: {hound: '#/components/schemas/Dog'}}}"""
    validators = validated(tmp_path, "3.0.3", schema, schemas)
    assert accepts(validators, {"kind": "Cat"}) and accepts(validators, {"kind": "hound"})
    assert not accepts(validators, {"kind": "Dog"}) and not accepts(validators, {"kind": "hound", "lives": 9})


def test_large_counts_are_lengths(tmp_path: Path) -> None:
    schema = "{type: string, pattern: '^.{2,262144}$', minLength: 3}"
    validators = validated(tmp_path, "3.1.0", schema)
    assert accepts(validators, "a" * 262_144) and accepts(validators, "abc")
    assert not accepts(validators, "a" * 262_145) and not accepts(validators, "ab")
    assert not accepts(validators, "a\nb")


def test_cycles_and_siblings_of_references(tmp_path: Path) -> None:
    tree = "{Node: {type: object, additionalProperties: false, properties: {below: {$ref: '#/components/schemas/Node', type: object}}}}"
    validators = validated(tmp_path, "3.1.0", "{$ref: '#/components/schemas/Node', minProperties: 1}", tree)
    assert accepts(validators, {"below": {"below": {}}})
    assert not accepts(validators, {}) and not accepts(validators, {"below": {"x": 1}})


def test_patterns_that_backtrack_are_named_and_broken_schemas_too(tmp_path: Path) -> None:
    validators = validated(tmp_path, "3.1.0", "{type: string, pattern: 'b(?=a)', maxLength: 3}")
    validator = validators.response(validators.contract.operations[0], 200, "application/json")
    assert validator is not None and "look-ahead" in validator.unchecked[0]
    assert validator.is_valid("b") and not validator.is_valid("bbbb")
    broken = validated(tmp_path, "3.1.0", "{type: nonsense}")
    with pytest.raises(SchemaProblem, match=r"openapi\.yaml:7"):
        broken.response(broken.contract.operations[0], 200, "application/json")


def test_statuses_and_media_types_are_looked_up_from_exact_to_general(tmp_path: Path) -> None:
    contract, _ = contract_of(
        tmp_path,
        HEAD
        + """paths:
  /a:
    get:
      responses:
        "404": {description: d}
        4XX: {description: d, content: {application/json: {}, "text/*": {}}}
        default: {description: d, content: {"*/*": {}}}
""",
    )
    (operation,) = contract.operations
    found = [response_of(operation, status) for status in (404, 400, 500)]
    assert [r.status for r in found if r] == ["404", "4XX", "default"]
    assert found[1] is not None and found[2] is not None
    names = [
        media_of(found[1].media, m) for m in ("Application/JSON; a=b", "application/problem+json", "text/css")
    ]
    assert [m.media_type for m in names if m] == ["application/json", "application/json", "text/*"]
    assert media_of(found[1].media, "image/png") is None and media_of(found[2].media, "image/png") is not None


def test_swagger_2_has_bodies_among_its_parameters(tmp_path: Path) -> None:
    contract, problems = contract_of(
        tmp_path,
        """swagger: '2.0'
info: {title: t, version: '1'}
host: api.example.com
basePath: /v1
schemes: [https]
produces: [application/json]
paths:
  /a:
    post:
      parameters: [{name: b, in: body, schema: {$ref: '#/definitions/N'}}]
      responses: {200: {description: d, schema: {$ref: '#/definitions/N'}}, 204: {description: d}}
definitions: {N: {type: integer, x-nullable: true}}
""",
    )
    (operation,) = contract.operations
    validators = Validators(contract)
    assert problems == [] and contract.servers[0].url == "https://api.example.com/v1"
    assert operation.path == "/v1/a" and accepts(validators, None) and not takes(validators, "1")
    assert validators.response(operation, 204, "application/json") is None


BAD_BODIES = [
    b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"NaN", b"[Infinity]", b'"\\ud800"', b'"\xff"', b"1e400", b"[" * 101 + b"]" * 101,
    b"[" * 100_000, b"{} {}", b"", b"'a'", b'"\xed\xa0\x80"',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
def test_strict_json_refuses(body: bytes) -> None:
    with pytest.raises(ValueError):
        strict_json(body)


def test_strict_json_takes() -> None:
    assert strict_json(b'{"a": [1, 2.5, "\\ud83d\\ude00"]}') == {"a": [1, 2.5, "\U0001f600"]}
    assert strict_json(b"[" * 100 + b"]" * 100)


WORDS = """
paths get post responses 200 4XX default content application/json schema $ref type properties items
allOf oneOf parameters name in servers url variables security components schemas nullable
discriminator propertyName mapping required enum pattern x-batten-choice requestBody headers /a/{b}
additionalProperties
"""
KEYS = st.sampled_from(WORDS.split())
LEAVES = st.sampled_from(
    [
        "#/paths",
        "#/components/schemas/a",
        "#",
        "other.yaml",
        "../x",
        "object",
        "string",
        "path",
        "(",
        "{a}",
        "a",
        "",
    ]
)
VALUES = st.recursive(
    LEAVES | st.none() | st.booleans() | st.integers(-2, 10**20) | st.floats(allow_nan=True),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=4),
    max_leaves=30,
)


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{source_of(k)}: {written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    assert value is None or isinstance(value, str | int | float)
    return ".nan" if value != value else source_of(value)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5), st.dictionaries(KEYS, VALUES, max_size=4), st.sampled_from(["2.0", "3.0.3", "3.1.0", "9"]))  # fmt: skip
def test_no_document_raises_but_what_is_declared(
    document: dict[str, object], item: dict[str, object], version: str
) -> None:
    document = {"openapi": version, **document, "paths": {"/a/{b}": item, "/b": {"get": document}}}
    try:
        contract, problems = contract_of(Path("/nonexistent"), written(document))
    except (SyntaxProblem, Unreadable):
        return
    assert all(p.hint for p in problems)
    validators = Validators(contract)
    for operation in contract.operations:
        for response in operation.responses.values():
            for media_type in response.media:
                try:
                    validator = validators.response(operation, response.status, media_type)
                    assert validator is None or validator.is_valid({"a": 1}) in (True, False)
                except SchemaProblem as error:
                    assert str(error)


def test_other_documents_are_none() -> None:
    assert (
        not is_contract({"openapi": {"a": 1}}) and not is_contract([]) and not is_contract({"openapi": "^3"})
    )


def test_formats_that_are_asserted_are_those_that_are_judged() -> None:
    options = jsonschema_rs.RegexOptions()
    for name in (*ASSERTED, "binary", "byte", "password", "iban", "float", "double"):
        made = jsonschema_rs.Draft202012Validator(
            {"format": name}, validate_formats=True, pattern_options=options
        )
        judged = not made.is_valid("%%(\x00 [") or name in ("int32", "int64")  # those two are ranges here
        assert judged is (name in ASSERTED), name
    assert ASSERTED - {"int32", "int64"} == KNOWN
