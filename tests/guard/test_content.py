"""What readers make of bodies in the versions of OpenAPI, and by policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batten.contract import load
from batten.formats import Workspace
from batten.guard import Compiled, Options, compile_contract
from batten.guard.content.intake import body_objection
from batten.policy import Policy
from batten.policy.guarding import Guarding, Unjudged

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
INTEGER = {"type": "integer"}


def _compiled(
    body: dict[str, Any],
    version: str = "3.1.0",
    policy: Policy | None = None,
    schemas: dict[str, Any] | None = None,
) -> Compiled:
    operation: dict[str, Any] = {"responses": {"200": {"description": ""}}, **body}
    document: dict[str, Any] = {"info": {"title": "a", "version": "1"}, "paths": {"/a": {"post": operation}}}
    if version == "2.0":
        document["swagger"] = version
    else:
        document |= {"openapi": version, "components": {"schemas": schemas or {}}}
    read, problems = load(Workspace(Path(), {"a.json": json.dumps(document)}), "a.json")
    assert not problems
    return compile_contract(read, policy or Policy(), Options())


def _content(media_type: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {media_type: {"schema": schema, **more}}}}


def _said(made: Compiled, content_type: str, body: bytes) -> str:
    path = made.path(b"/a")
    assert path is not None
    intake = path.served["POST"].intake(content_type)
    return intake.objection or body_objection(intake, body)[0]


def test_forms_of_openapi_2() -> None:
    fields = [
        {"in": "formData", "name": "size", "type": "integer", "required": True},
        {
            "in": "formData",
            "name": "tags",
            "type": "array",
            "items": {"type": "string"},
            "collectionFormat": "pipes",
        },
        {"in": "formData", "name": "all", "type": "array", "items": INTEGER, "collectionFormat": "multi"},
        {"in": "formData", "name": "file", "type": "file"},
    ]
    made = _compiled({"parameters": fields}, "2.0")
    for body in (b"size=1", b"size=1&tags=a|b", b"size=1&all=1&all=2"):
        assert _said(made, FORM, body) == ""
    for body in (b"size=x", b"", b"tags=a", b"size=1&all=1,2", b"size=1&size=2"):
        assert _said(made, FORM, body) != ""
    part = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    assert _said(made, MULTIPART, part % (b"size", b"1") + b"--x--") == ""
    assert _said(made, MULTIPART, part % (b"size", b"x") + b"--x--") != ""


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
def test_composed_and_recursive_schemas(version: str) -> None:
    schemas = {
        "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "size": INTEGER}},
        "Node": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"type": "object", "properties": {"node": {"$ref": "#/components/schemas/Node"}}}]},
    }  # fmt: skip
    made = _compiled(
        _content("application/xml", {"$ref": "#/components/schemas/Node"}), version, schemas=schemas
    )
    good = b"<Node><name>a</name><size>1</size><node><name>b</name><node><name>c</name></node></node></Node>"
    assert _said(made, "application/xml", good) == ""
    assert "/node/node" in _said(made, "application/xml", good.replace(b"<name>c</name>", b""))
    assert "root element" in _said(made, "application/xml", good.replace(b"Node", b"Tree"))
    form = _compiled(_content(FORM, {"$ref": "#/components/schemas/Node"}), version, schemas=schemas)
    assert _said(form, FORM, b"name=a&size=1&node=%7B%22name%22%3A%22b%22%7D") == ""
    assert "/node" in _said(form, FORM, b"name=a&node=%7B%7D")


def test_xml_of_openapi_3_2() -> None:
    schema = {"type": "object", "required": ["id", "text"], "xml": {"name": "note"}, "properties": {
        "id": {"type": "integer", "xml": {"nodeType": "attribute"}}, "text": {"type": "string", "minLength": 1, "xml": {"nodeType": "text"}}}}  # fmt: skip
    made = _compiled(_content("application/xml", schema), "3.2.0")
    assert _said(made, "application/xml", b'<note id="1">hello</note>') == ""
    assert _said(made, "application/xml", b'<note id="x">hello</note>') != ""
    assert _said(made, "application/xml", b'<note id="1"/>') != ""


def test_items_of_a_sequence_by_version() -> None:
    item = {"type": "object", "required": ["a"]}
    for version, schema, body in (("3.1.0", item, b'{"a":1}\n{"a":2}'), ("3.1.0", {"type": "array", "items": item}, b'{"a":1}\n{"a":2}'),
                                  ("3.2.0", {"type": "array", "items": item}, b'{"a":1}')):  # fmt: skip
        made = _compiled(_content("application/jsonl", schema), version)
        assert _said(made, "application/jsonl", body) == ""
        assert _said(made, "application/jsonl", body + b'\n{"b":1}') != ""
    made = _compiled(_content("application/jsonl", item), "3.2.0")
    assert _said(made, "application/jsonl", b'{"a":1}') != ""  # the whole is an array


def test_bodies_that_cannot_be_read_by_policy() -> None:
    body = _content("application/x-protobuf", {"type": "object"})
    refusing = _compiled(body)
    assert (
        _said(refusing, "application/x-protobuf", b"\x08")
        == "The schema of the body cannot be applied to this media type."
    )
    assert "are refused with 415" in refusing.usable.notes[-1]
    streaming = _compiled(body, policy=Policy(choices=Guarding(unjudged_bodies=Unjudged.STREAM)))
    assert _said(streaming, "application/x-protobuf", b"\x08") == ""
    assert streaming.usable.notes[-1].endswith(
        "POST /a: the schema cannot be applied to application/x-protobuf; its bodies pass"
    )


def test_a_form_that_is_nested_too_deep_to_be_written() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "array", "items": INTEGER}}},
    }
    made = _compiled(_content(FORM, schema, encoding={"a": {"style": "form", "explode": False}}))
    assert "cannot be applied" in _said(made, FORM, b"a=1")


def test_xml_that_is_declared_as_text() -> None:
    made = _compiled(_content("application/rss+xml", {"type": "string", "maxLength": 20}))
    assert _said(made, "application/rss+xml", b"<rss><channel/></rss>"[:20]) == ""
    assert _said(made, "application/rss+xml", b"<rss><channel/></rss>") != ""


def test_many_content_types_are_not_kept() -> None:
    made = _compiled(_content("application/json", {"type": "object"}))
    path = made.path(b"/a")
    assert path is not None
    for number in range(500):
        assert path.served["POST"].intake(f"application/json; v={number}").reader is not None
    assert len(path.served["POST"]._taken) <= 64


def test_schemas_that_refer_to_each_other_in_circles() -> None:
    """Each has a property of every other, and consists of many parts that consist of the same."""
    names = [f"Kind{number}" for number in range(30)]
    references = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    schemas: dict[str, Any] = {"Part0": {"type": "object", "required": names, "properties": references}}
    for number in range(1, 20):
        schemas[f"Part{number}"] = {"allOf": [{"$ref": f"#/components/schemas/Part{number - 1}"}] * 3}
    schemas |= {name: {"anyOf": [{"$ref": "#/components/schemas/Part19"}] * 3} for name in names}
    error = {"description": "", "content": {"application/json": {"schema": references["Kind0"]}}}
    body = _content("application/xml", references["Kind0"])
    path = _compiled(body | {"responses": {"400": error}}, schemas=schemas).path(b"/a")
    assert path is not None and path.served["POST"].intake("application/xml").reader is not None
    assert path.served["POST"].shape(400) is None
