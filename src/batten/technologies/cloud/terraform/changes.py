"""Changes of AWS resources as HCL: an attribute in place, or nested blocks where they are missing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from batten.controls.cloud import LogTo
from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.expressions import Expression, Literal, Object
from batten.formats.hcl import Block, Body, parse
from batten.formats.hcl_edits import append_block, append_in, set_attribute
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety, Span, Switch
from batten.model import remedy as want
from batten.technologies.shared.aws.changes import Change, change
from batten.technologies.shared.aws.key import Scalar

_NAME = re.compile(r"\W+", re.ASCII)


def fix_of(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true of the AWS resource around a location."""
    if at.span is None:
        return None
    document = workspace.document(at.source, parse)
    found = document.tree.around(at.span)
    resource = found if found is not None and found.type == "resource" and len(found.labels) == 2 else None
    if resource is None:
        return None
    source, type_ = document.source, resource.labels[0]
    # Changes that need more than keys of the one resource.
    joined_type_ = resource.labels[0]
    match remedy:
        case want.RedirectToTls() if joined_type_ in ("aws_lb_listener", "aws_alb_listener"):
            # A redirect in place of what a plain listener forwards to, where its balancer has a listener with TLS.
            actions = resource.body.all("default_action")
            if len(actions) != 1 or not _secured(source, document.tree, resource):
                joined: Fix | None = None
            else:
                lines = 'default_action {\n  type = "redirect"\n\n  redirect {\n    port        = "443"\n'
                lines += '    protocol    = "HTTPS"\n    status_code = "HTTP_301"\n  }\n}'
                indent = " " * (actions[0].span.start - source.text.rfind("\n", 0, actions[0].span.start) - 1)
                text = lines.replace("\n", "\n" + indent).replace(f"\n{indent}\n", "\n\n")
                edit = Edit(source.path, actions[0].span, text)
                joined = Fix(
                    "redirect plain HTTP to TLS",
                    (edit,),
                    safety=Safety.RISKY,
                    breaks="clients that do not follow redirects",
                )
        case want.TurnOn(Switch.ACCESS_LOG) if joined_type_ in (
            "aws_api_gateway_stage",
            "aws_apigatewayv2_stage",
        ):
            joined = _logged(source, resource)
        case LogTo(bucket) if joined_type_ == "aws_vpc":
            joined = _recorded(source, resource, bucket)
        case want.Pin(reference) if joined_type_ == "aws_lambda_function" and reference:
            # The same language, a supported version of it: `nodejs18.x` as `nodejs22.x`.
            if at.span is None or at.kind is not Kind.VALUE:
                joined = None
            else:
                old = source.text[at.span.start : at.span.end]
                new = re.sub(r"\d+(?:\.\d+)?", reference, old, count=1)
                edit = Edit(source.path, at.span, new)
                joined = Fix(
                    f"move to version {reference}",
                    (edit,),
                    safety=Safety.RISKY,
                    breaks="code that needs the older runtime",
                )
        case want.RequireAuth(name) if name and at.kind is Kind.VALUE:
            # A variable in place of a credential. Whoever applies gives it; nothing of it is in the file.
            named = next((n for n, e in _literals(resource) if e.span == at.span), "")
            if not named or at.span is None:
                joined = None
            else:
                name = _NAME.sub("_", f"{resource.labels[1]}_{named}".lower())
                block = f'variable "{name}" {{\n  type      = string\n  sensitive = true\n}}'
                edits = (
                    Edit(source.path, at.span, f"var.{name}"),
                    append_block(source, resource, block),
                )
                title = "read the credential from a variable, and rotate it"
                joined = Fix(
                    title,
                    edits,
                    safety=Safety.RISKY,
                    breaks=f"runs of `terraform apply` without a value for {name}",
                )
        case _:
            joined = None
    return joined or _changed(source, resource, change(type_, at.pointer, remedy), at)


def _changed(source: Text, resource: Block, made: Change | None, at: Location) -> Fix | None:
    if made is None:
        return None
    if made.question:
        return Fix(made.title, (), safety=made.safety, question=made.question)
    (key, value), *others = made.keys
    holder = next((b for b in resource.body.walk() if b.span == at.span), resource)
    missing = [(k, v) for k, v in others if k not in holder.body.attributes]
    written = "\n".join((_hcl(value), *(f"{k} = {_hcl(v)}" for k, v in missing)))
    if at.kind is Kind.VALUE and at.span is not None:
        edit = _replaced(source, resource, at.span, written)
    else:
        edit = _set(source, holder, resource, key, written)
    return Fix(made.title, (edit,), safety=made.safety, breaks=made.breaks) if edit else None


def _replaced(source: Text, resource: Block, span: Span, written: str) -> Edit | None:
    """A value in place, and what is written beside it after it."""
    bodies = [resource.body, *(b.body for b in resource.body.walk())]
    for body in bodies:
        for attribute in body.attributes.values():
            if attribute.expression.span == span:
                return set_attribute(source, body, attribute.name, written)
    return Edit(source.path, span, written)


def _set(source: Text, holder: Block, resource: Block, key: str, written: str) -> Edit | None:
    """The attribute at the end of a path, inside the blocks that are there already."""
    parts = key.split("/")
    if holder is not resource and holder.type in parts:
        parts = parts[parts.index(holder.type) + 1 :]  # the finding is at a block on the way
    while len(parts) > 1 and (inner := holder.body.first(parts[0])) is not None:
        holder, parts = inner, parts[1:]
    if not parts:
        return None  # the block itself is what is wrong, and not ours to write anew
    if len(parts) == 1:
        return set_attribute(source, holder, parts[0], written)
    lines = f"{parts[-1]} = {written}"
    for name in reversed(parts[:-1]):
        lines = f"{name} {{\n  " + lines.replace("\n", "\n  ") + "\n}"
    return append_in(source, holder, lines)


def _hcl(value: Scalar | tuple[str, ...]) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _secured(source: Text, tree: Body, listener: Block) -> bool:
    balancer = _written(source, listener, "load_balancer_arn")
    return any(
        other.labels[:1] == listener.labels[:1]
        and _written(source, other, "load_balancer_arn") == balancer
        and _written(source, other, "protocol") == '"HTTPS"'
        for other in tree.all("resource")
    )


def _written(source: Text, block: Block, name: str) -> str:
    attribute = block.body.attributes.get(name)
    return (
        ""
        if attribute is None
        else source.text[attribute.expression.span.start : attribute.expression.span.end]
    )


_FORMAT = """{
    requestId = "$context.requestId"
    ip        = "$context.identity.sourceIp"
    time      = "$context.requestTime"
    method    = "$context.httpMethod"
    path      = "$context.path"
    status    = "$context.status"
  }"""


def _logged(source: Text, stage: Block) -> Fix | None:
    if {"count", "for_each"} & set(stage.body.attributes):
        return None
    type_, name = stage.labels
    group = f"{name}_access"
    block = f"""access_log_settings {{
  destination_arn = aws_cloudwatch_log_group.{group}.arn
  format = jsonencode({_FORMAT})
}}"""
    resource = f"""resource "aws_cloudwatch_log_group" "{group}" {{
  name              = "/aws/apigateway/{name}-access"
  retention_in_days = 90
}}"""
    edits = (append_in(source, stage, block), append_block(source, stage, resource))
    breaks = "the stage, until the account has a role that may write logs (aws_api_gateway_account)"
    first = type_ == "aws_api_gateway_stage"
    return Fix(
        "log requests", edits, safety=Safety.RISKY if first else Safety.SAFE, breaks=breaks if first else ""
    )


def _recorded(source: Text, network: Block, bucket: str) -> Fix | None:
    title = "record connections"
    if not bucket:
        question = (
            "which bucket receives flow logs? name it under `answers: {cloud-logging-on: …}` in batten.yaml"
        )
        return Fix(title, (), safety=Safety.VALUE, question=question)
    name = network.labels[1]
    resource = f"""resource "aws_flow_log" "{name}" {{
  vpc_id               = aws_vpc.{name}.id
  traffic_type         = "ALL"
  log_destination_type = "s3"
  log_destination      = "arn:aws:s3:::{bucket}"
}}"""
    once = not {"count", "for_each"} & set(network.body.attributes)
    return Fix(title, (append_block(source, network, resource),)) if once else None


def _literals(resource: Block) -> Iterator[tuple[str, Expression]]:
    """Texts that are written out, with the name each is given: attributes, and entries of maps."""
    for block in (resource, *resource.body.walk()):
        for attribute in block.body.attributes.values():
            held = attribute.expression
            items = held.items if isinstance(held, Object) else ()
            pairs = [(attribute.name, held), *((str(getattr(i.key, "value", "")), i.value) for i in items)]
            yield from ((name, e) for name, e in pairs if isinstance(e, Literal) and isinstance(e.value, str))
