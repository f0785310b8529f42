"""Remedies as HCL: attributes in place, or resources beside the bucket."""

from __future__ import annotations

import json
import re

from batten.controls.cloud import LogTo
from batten.formats.document import Text
from batten.formats.expressions import Object, Tuple
from batten.formats.hcl_edits import append_block, append_in, set_attribute
from batten.formats.lines import indentation, indented, line_break
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Span, Switch, Unknown
from batten.model import remedy as want
from batten.technologies.cloud.terraform.bucket_parts import BUCKET
from batten.technologies.cloud.terraform.buckets import View
from batten.technologies.cloud.terraform.buckets import view as view_of
from batten.technologies.cloud.terraform.evaluate import Reference
from batten.technologies.cloud.terraform.loose import view_at
from batten.technologies.cloud.terraform.module import Declared, Module
from batten.technologies.cloud.terraform.walk import encoded
from batten.technologies.shared.aws.buckets import WEBSITE

_NAME = re.compile(rf"{BUCKET}\.([\w-]+)")
_FLAGS = ("block_public_acls", "ignore_public_acls", "block_public_policy", "restrict_public_buckets")


# What is written with the bucket's own address, which is not here where only parts of it are.
_OF_BUCKETS = (want.TurnOn(Switch.TLS_ONLY), want.TurnOn(Switch.ENCRYPTION_AT_REST))


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    named = _NAME.match(at.pointer)
    view = view_of(module, named[1]) if named else view_at(module, at.pointer)
    if view is None or at.span is None or (not named and remedy in _OF_BUCKETS):
        return None
    match remedy:
        case want.TurnOff(Switch.PUBLIC_ACL):
            if at.span is None or at.kind is not Kind.VALUE or not at.pointer.endswith("/acl"):
                return None
            breaks = "anonymous clients that read objects"
            return Fix(
                "make the ACL private",
                (Edit(at.source, at.span, '"private"'),),
                safety=Safety.RISKY,
                breaks=breaks,
            )
        case want.TurnOn(Switch.PUBLIC_ACCESS_BLOCK):
            return _blocked(view)
        case want.TurnOn(Switch.TLS_ONLY):
            return _tls_only(view)
        case want.TurnOn(Switch.ENCRYPTION_AT_REST):
            return _resource(
                view, "server_side_encryption_configuration", _ENCRYPTION, "encrypt the bucket by default"
            )
        case want.TurnOn(Switch.VERSIONING):
            return _versioned(view, at)
        case LogTo(bucket):
            title = "turn access logging on"
            if not bucket:
                question = "which bucket receives access logs? name it under `answers: {bucket-logged: …}` in batten.yaml"
                return Fix(title, (), safety=Safety.VALUE, question=question)
            lines = (
                f"target_bucket = {json.dumps(bucket)}\ntarget_prefix = {json.dumps(view.bucket.name + '/')}"
            )
            return _resource(view, "logging", lines, title, align=True)
        case want.AllowOrigins(origins):
            title = "allow cross-origin requests from these origins only"
            if not origins:
                question = "which origins may read objects? list them under `origins:` in batten.yaml"
                return Fix(title, (), safety=Safety.VALUE, question=question)
            return _list(at, origins, title, "pages of origins that batten.yaml does not list")
        case want.AllowMethods(methods):
            return _list(
                at, methods, "allow only these methods across origins", "pages that use other methods"
            )
        case want.AllowHeaders(headers):
            return _list(
                at, headers, "allow only these headers across origins", "pages that send other headers"
            )
    return None


_ENCRYPTION = """rule {
  apply_server_side_encryption_by_default {
    sse_algorithm = "AES256"
  }
}"""
_VERSIONING = """versioning_configuration {
  status = "Enabled"
}"""


def _blocked(view: View) -> Fix | None:
    part = view.part("public_access_block")
    if not isinstance(part, Declared):
        return None
    attributes = part.body.attributes
    edits = [
        set_attribute(part.source, part.block, flag, "true")
        for flag in _FLAGS
        if flag not in attributes or view.value(attributes[flag]) is not True
    ]
    breaks = "anonymous clients that read objects"
    return Fix("block public access", tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _tls_only(view: View) -> Fix | None:
    """A statement in the policy that is there, or a policy of its own beside the bucket."""
    title, breaks = "refuse requests without TLS", "callers that use plain HTTP"
    part = view.part("policy")
    if view.part("website_configuration") is not None or view.bucket.body.first("website") is not None:
        return Fix(title, (), safety=Safety.VALUE, question=WEBSITE)
    declared = view.bucket if part is None else part
    if isinstance(declared, Unknown):
        return None
    attribute = declared.body.attributes.get("policy")
    if attribute is None:
        return (
            _resource(view, "policy", f"policy = jsonencode({_policy(view)})", title, breaks)
            if part is None
            else None
        )
    source = declared.source
    value = view.evaluator.value(attribute.expression)
    if isinstance(value, Reference) and value.data:
        document = view.module.data.get((value.kind, value.name))
        name = _bucket_in(view, document) if document else ""
        edits: list[Edit] = (
            [append_in(document.source, document.block, _document(name))] if document and name else []
        )
    else:
        name = _bucket_in(view, declared)
        listed = encoded(attribute.expression, "Statement") if name else None
        if isinstance(listed, Object):
            edits = [
                Edit(source.path, Span(listed.span.start, listed.span.start), "["),
                Edit(
                    source.path,
                    Span(listed.span.end, listed.span.end),
                    f", {_at(source, listed.span, _statement(name))}]",
                ),
            ]
        else:
            edits = [_appended(source, listed, _statement(name))] if isinstance(listed, Tuple) else []
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _appended(source: Text, listed: Tuple, statement: str) -> Edit:
    if not listed.items:
        return Edit(source.path, listed.span, f"[{_at(source, listed.span, statement)}]")
    text, last = source.text, listed.items[-1].span
    comma = text.find(",", last.end, listed.span.end - 1)
    added = _at(source, last, statement)
    first = listed.items[0].span
    if "\n" not in text[listed.span.start : first.start]:
        end = comma + 1 if comma >= 0 else last.end
        return Edit(source.path, Span(end, end), f" {added}," if comma >= 0 else f", {added}")
    lead = line_break(text) + indentation(text, last.start)
    if comma >= 0:
        return Edit(source.path, Span(comma + 1, comma + 1), f"{lead}{added},")
    return Edit(source.path, Span(last.end, last.end), f",{lead}{added}")


def _at(source: Text, span: Span, lines: str) -> str:
    return indented(lines, indentation(source.text, span.start), line_break(source.text))


def _bucket_in(view: View, holder: Declared) -> str:
    """The bucket as an expression of another block; "" where it is made many times, and the block does not tell which one."""
    name = f"{BUCKET}.{view.bucket.name}"
    made = [key for key in ("count", "for_each") if key in view.bucket.body.attributes]
    if not made or holder is view.bucket:
        return "" if made else name
    written = holder.source.text[holder.block.span.start : holder.block.span.end]
    pattern = rf"(?<![\w.-]){re.escape(name)}(\[[^\[\]\s]{{1,80}}\])"  # ours: a name of the file, escaped
    indices: set[str] = {found[1] for found in re.finditer(pattern, written)}  # ours: the pattern above
    if len(indices) == 1:
        return name + indices.pop()
    both = [_written(view.bucket, made[0]), _written(holder, made[0])]
    if indices or not both[0] or both[0] != both[1]:
        return ""
    return name + ("[count.index]" if made[0] == "count" else "[each.key]")


def _written(declared: Declared, name: str) -> str:
    """An attribute's expression as its file has it."""
    attribute = declared.body.attributes.get(name)
    if attribute is None:
        return ""
    span = attribute.expression.span
    return str(declared.source.text[span.start : span.end])


def _statement(name: str) -> str:
    return f"""{{
  Sid       = "TlsOnly"
  Effect    = "Deny"
  Principal = "*"
  Action    = "s3:*"
  Resource = [
    {name}.arn,
    "${{{name}.arn}}/*",
  ]
  Condition = {{
    Bool = {{ "aws:SecureTransport" = "false" }}
  }}
}}"""


def _policy(view: View) -> str:
    statement = _statement(f"{BUCKET}.{view.bucket.name}").replace("\n", "\n    ")
    return f"""{{
  Version = "2012-10-17"
  Statement = [
    {statement},
  ]
}}"""


def _document(name: str) -> str:
    return f"""statement {{
  sid       = "TlsOnly"
  effect    = "Deny"
  actions   = ["s3:*"]
  resources = [{name}.arn, "${{{name}.arn}}/*"]

  principals {{
    type        = "*"
    identifiers = ["*"]
  }}

  condition {{
    test     = "Bool"
    variable = "aws:SecureTransport"
    values   = ["false"]
  }}
}}"""


def _versioned(view: View, at: Location) -> Fix | None:
    title = "keep earlier versions of objects"
    part = view.part("versioning")
    if isinstance(part, Declared):
        inner = part.body.first("versioning_configuration")
        return Fix(title, (set_attribute(part.source, inner, "status", '"Enabled"'),)) if inner else None
    inline = view.bucket.body.first("versioning")
    if inline is not None:
        return Fix(title, (set_attribute(view.bucket.source, inline, "enabled", "true"),))
    return _resource(view, "versioning", _VERSIONING, title)


def _resource(
    view: View, kind: str, lines: str, title: str, breaks: str = "", align: bool = False
) -> Fix | None:
    """A resource of its own below the bucket. A bucket that is made many times has no one name to give."""
    if {"count", "for_each"} & set(view.bucket.body.attributes):
        return None
    name = view.bucket.name
    if (f"{BUCKET}_{kind}", name) in view.module.resources:
        return None
    bucket = f"bucket        = {BUCKET}.{name}.id" if align else f"bucket = {BUCKET}.{name}.id"
    gap = "\n" if align or lines.startswith("policy") else "\n\n"
    inner = f"{bucket}{gap}{lines}".replace("\n", "\n  ").replace("\n  \n", "\n\n")
    block = f'resource "{BUCKET}_{kind}" "{name}" {{\n  {inner}\n}}'
    edit = append_block(view.bucket.source, view.bucket.block, block)
    return Fix(title, (edit,), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def _list(at: Location, items: tuple[str, ...], title: str, breaks: str) -> Fix | None:
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    written = json.dumps(list(items), ensure_ascii=False)
    return Fix(title, (Edit(at.source, at.span, written),), safety=Safety.RISKY, breaks=breaks)
