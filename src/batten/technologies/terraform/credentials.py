"""Credentials moved out of variables, providers and calls: `terraform apply` gets them as variables."""

from __future__ import annotations

import re

from batten.formats import Workspace
from batten.formats.document import Text
from batten.formats.expressions import Literal
from batten.formats.hcl import Attribute, Block, parse
from batten.formats.hcl_edits import append_block, remove, set_attribute
from batten.model import Edit, Fix, Kind, Location, Remedy, RequireAuth, Safety

_NAME = re.compile(r"\W+", re.ASCII)
_TITLE = "read the credential from a variable, and rotate it"
_HOLDERS = ("variable", "provider", "module")


def fix_of(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    if not isinstance(remedy, RequireAuth) or at.kind is not Kind.VALUE or at.span is None:
        return None
    if at.source.endswith((".json", ".tfvars")):
        return None
    document = workspace.document(at.source, parse)
    for block in document.tree.blocks:
        if block.type not in _HOLDERS or not block.span.start <= at.span.start < block.span.end:
            continue
        found = (a for a in block.body.attributes.values() if a.expression.span == at.span)
        attribute = next((a for a in found if isinstance(a.expression, Literal)), None)
        if attribute is not None and block.type == "variable":
            return _without_default(document.source, block, attribute)
        return _from_variable(document.source, document.tree.blocks, block, attribute) if attribute else None
    return None


def _without_default(source: Text, variable: Block, default: Attribute) -> Fix:
    """The default gives way to `sensitive = true`, which also keeps the value out of what is printed."""
    if "sensitive" in variable.body.attributes:
        edits = [remove(source, default), set_attribute(source, variable, "sensitive", "true")]
    else:
        edits = [Edit(source.path, default.span, "sensitive = true")]
    return Fix(
        _TITLE,
        tuple(edits),
        safety=Safety.RISKY,
        breaks=f"runs of `terraform apply` without a value for {variable.labels[0]}",
    )


def _from_variable(source: Text, blocks: list[Block], holder: Block, attribute: Attribute) -> Fix | None:
    name = _NAME.sub("_", f"{holder.labels[0]}_{attribute.name}")
    if any(b.type == "variable" and b.labels == [name] for b in blocks):
        return None
    declared = f'variable "{name}" {{\n  type      = string\n  sensitive = true\n}}'
    edits = (
        Edit(source.path, attribute.expression.span, f"var.{name}"),
        append_block(source, holder, declared),
    )
    return Fix(
        _TITLE, edits, safety=Safety.RISKY, breaks=f"runs of `terraform apply` without a value for {name}"
    )
