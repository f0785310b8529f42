"""How parameters are written and what their texts may mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.contract import load
from batten.contract.parameters import Slot, Style, slots
from batten.contract.readings import Kind
from batten.formats import Workspace


def _slots(parameters: str, version: str = "3.1.0", path: str = "/a/{id}") -> dict[str, Slot]:
    head = f"openapi: {version}" if version[0] == "3" else f"swagger: '{version}'"
    text = f"{head}\ninfo: {{title: a, version: '1'}}\npaths:\n  {path}:\n    get:\n      responses: {{}}\n      parameters: {parameters}\n"
    text += "components: {schemas: {N: {type: [integer, 'null']}, L: {type: array, items: {$ref: '#/components/schemas/L'}}}}\n"
    contract, _ = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    return {slot.name: slot for slot in slots(contract, contract.operations[0])}


@pytest.mark.parametrize(
    ("location", "style", "explode"),
    [("path", Style.SIMPLE, False), ("query", Style.FORM, True), ("header", Style.SIMPLE, False), ("cookie", Style.FORM, True)],
)  # fmt: skip
def test_defaults(location: str, style: Style, explode: bool) -> None:
    found = _slots(f"[{{name: id, in: {location}, schema: {{type: string}}}}]")["id"]
    assert (found.style, found.explode, found.required) == (style, explode, location == "path")


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ("{}", "string"),
        ("{type: integer}", "integer"),
        ("{type: [string, integer, 'null']}", "null integer string"),
        ("{type: integer, nullable: true}", "null integer"),
        ("{$ref: '#/components/schemas/N'}", "null integer"),
        ("{anyOf: [{type: number}, {type: boolean}]}", "boolean number"),
        ("{oneOf: [{type: number}, {minLength: 1}]}", "string"),
        ("{allOf: [{type: number}, {type: integer}]}", "integer"),
        ("{type: [number, string], anyOf: [{type: integer}, {type: string}]}", "integer string"),
        ("{enum: [1, a, null]}", "null integer string"),
        ("{const: 1.5}", "number"),
        ("{properties: {a: {}}}", "object"),
        ("{items: {type: integer}}", "array"),
        ("{$ref: '#/components/schemas/nowhere'}", "string"),
    ],
)
def test_kinds(schema: str, kinds: str) -> None:
    found = _slots(f"[{{name: q, in: query, schema: {schema}}}]")["q"]
    assert [way.kind for way in found.readings.ways] == [Kind(name) for name in kinds.split()]


@pytest.mark.parametrize(
    ("version", "explode", "separator"),
    [("3.0.3", "false", "."), ("3.0.4", "false", ","), ("3.1.1", "false", ","), ("3.1.1", "true", ".")],
)
def test_separator_of_labels(version: str, explode: str, separator: str) -> None:
    declared = (
        f"[{{name: id, in: path, style: label, explode: {explode}, schema: {{type: array, items: {{}}}}}}]"
    )
    assert _slots(declared, version)["id"].separator == separator


@pytest.mark.parametrize(
    ("written", "style", "explode", "separator"),
    [
        ("csv", Style.FORM, False, ","),
        ("ssv", Style.SPACE, False, " "),
        ("tsv", Style.TAB, False, "\t"),
        ("pipes", Style.PIPE, False, "|"),
        ("multi", Style.FORM, True, ","),
    ],
)
def test_collection_formats(written: str, style: Style, explode: bool, separator: str) -> None:
    declared = f"[{{name: q, in: query, type: array, items: {{type: integer}}, collectionFormat: {written}}}]"
    found = _slots(declared, "2.0")["q"]
    assert (found.style, found.explode, found.separator, found.problem) == (style, explode, separator, "")


@pytest.mark.parametrize(
    "declared",
    [
        "in: query, style: matrix, schema: {}",
        "in: header, style: form, schema: {}",
        "in: query, schema: {type: array, items: {type: object}}",
        "in: query, schema: {type: object, properties: {a: {type: array}}}",
        "in: query, schema: {$ref: '#/components/schemas/L'}",
        "in: query, content: {application/xml: {schema: {}}}",
        "in: query, content: {application/x-www-form-urlencoded: {schema: {}}}",
    ],
)
def test_what_cannot_be_read(declared: str) -> None:
    assert _slots(f"[{{name: q, {declared}}}]")["q"].problem


def test_ignored_headers() -> None:
    named = ("Accept", "content-type", "AUTHORIZATION", "X-A")
    declared = ", ".join(
        f"{{name: {name}, in: header, required: true, schema: {{type: integer}}}}" for name in named
    )
    assert list(_slots(f"[{declared}]")) == ["X-A"]


def test_operations_come_before_paths() -> None:
    text = (
        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths:\n  /a:\n"
        "    parameters: [{name: q, in: query, required: true}, {name: r, in: query}, {name: q, in: header}]\n"
        "    get: {responses: {}, parameters: [{name: q, in: query, schema: {type: integer}}]}\n"
    )
    contract, _ = load(Workspace(Path(), {"openapi.yaml": text}), "openapi.yaml")
    found = slots(contract, contract.operations[0])
    assert [(s.name, s.location, s.required) for s in found] == [
        ("q", "query", False),
        ("r", "query", False),
        ("q", "header", False),
    ]
