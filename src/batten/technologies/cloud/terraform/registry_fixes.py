"""Changes of what a module of the registry makes: the arguments of its call."""

from __future__ import annotations

import json
import re

from batten.controls.cloud import PUBLIC_ACLS
from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.expressions import Literal, Traversal
from batten.formats.hcl import Block, parse
from batten.formats.hcl_edits import set_attribute
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies.cloud.terraform.module import Declared
from batten.technologies.cloud.terraform.registry import described
from batten.technologies.shared.aws.changes import change
from batten.technologies.shared.aws.key import Scalar

_MADE = re.compile(r"module\.[\w-]+\.(aws_\w+)\.([\w-]+)/(.+)")
_FLAGS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


def fix_of(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edit of the call around a location that makes a remedy true of what the module makes."""
    made = _MADE.match(at.pointer)
    if made is None or at.span is None:
        return None
    document = workspace.document(at.source, parse)
    call = document.tree.around(at.span)
    if call is None or call.type != "module":
        return None
    type_, name, key = made.groups()
    if type_ == "aws_s3_bucket":
        return _bucket(document.source, call, remedy, at)
    wanted = change(type_, f"{type_}.{name}/{key}", remedy)
    if wanted is not None and wanted.question:
        return Fix(wanted.title, (), safety=wanted.safety, question=wanted.question)
    if wanted is None or len(wanted.keys) != 1 or isinstance(wanted.keys[0][1], tuple):
        return None
    value = wanted.keys[0][1]
    if at.kind is Kind.VALUE:
        edit = _in_place(document.source, call, at, value)
    else:
        written = _input(Declared(call, document.source), type_, name, key)
        edit = set_attribute(document.source, call, written, json.dumps(value)) if written else None
    return (
        Fix(wanted.title, (edit,), safety=wanted.safety, breaks=wanted.breaks) if edit is not None else None
    )


def _in_place(source: Text, call: Block, at: Location, value: Scalar) -> Edit | None:
    """A plain value of the same kind gives way to another."""
    assert at.span is not None
    old = source.text[at.span.start : at.span.end]
    alike = (
        old in ("true", "false") if isinstance(value, bool) else re.fullmatch(r'"[^"$%]*"', old) is not None
    )
    return Edit(source.path, at.span, json.dumps(value)) if alike else None


def _input(call: Declared, type_: str, name: str, key: str) -> str:
    """The argument of the call that the module hands on as this attribute; "" when it is not one of its own."""
    module = described(call, "")
    declared = module.resources.get((type_, name)) if module is not None else None
    body = declared.body if declared is not None else None
    *blocks, last = key.split("/")
    for block in blocks:
        inner = body.first(block) if body is not None else None
        body = inner.body if inner is not None else None
    attribute = body.attributes.get(last) if body is not None else None
    held = attribute.expression if attribute is not None else None
    plain = isinstance(held, Traversal) and held.root == "var" and len(held.steps) == 1
    return str(held.steps[0]) if plain and isinstance(held, Traversal) else ""


def _bucket(source: Text, call: Block, remedy: Remedy, at: Location) -> Fix | None:
    given = call.body.attributes
    match remedy:
        case want.TurnOff(Switch.PUBLIC_ACL) if at.kind is Kind.VALUE and at.span is not None:
            old = source.text[at.span.start : at.span.end].strip('"')
            edits = [Edit(source.path, at.span, '"private"')] if old in PUBLIC_ACLS else []
            return _risky("make the ACL private", edits, "anonymous clients that read objects")
        case want.TurnOn(Switch.PUBLIC_ACCESS_BLOCK):
            off = [flag for flag in _FLAGS if flag in given and _false(given[flag].expression)]
            off = off or [flag for flag in _FLAGS if flag not in given and at.kind is Kind.BLOCK]
            edits = [set_attribute(source, call, flag, "true") for flag in off]
            return _risky("block public access", edits, "anonymous clients that read objects")
        case want.TurnOn(Switch.TLS_ONLY):
            edits = [set_attribute(source, call, "attach_deny_insecure_transport_policy", "true")]
            return _risky("refuse requests without TLS", edits, "callers that use plain HTTP")
        case want.TurnOn(Switch.VERSIONING) if "versioning" not in given:
            edit = set_attribute(source, call, "versioning", "{\n    enabled = true\n  }")
            return Fix("keep earlier versions of objects", (edit,))
        case _:
            return None


def _false(held: object) -> bool:
    return isinstance(held, Literal) and held.value is False


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None
