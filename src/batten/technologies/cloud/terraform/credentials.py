"""Credentials moved out of variables, providers and calls: `terraform apply` gets them as variables."""

from __future__ import annotations

import re

from batten.formats import Workspace
from batten.formats.expressions import Literal
from batten.formats.hcl import parse
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
            # The default gives way to `sensitive = true`, which also keeps the value out of what is printed.
            source = document.source
            if "sensitive" in block.body.attributes:
                edits = [remove(source, attribute), set_attribute(source, block, "sensitive", "true")]
            else:
                edits = [Edit(source.path, attribute.span, "sensitive = true")]
            return Fix(
                _TITLE,
                tuple(edits),
                safety=Safety.RISKY,
                breaks=f"runs of `terraform apply` without a value for {block.labels[0]}",
            )
        if attribute:
            name = _NAME.sub("_", f"{block.labels[0]}_{attribute.name}")
            if any(b.type == "variable" and b.labels == [name] for b in document.tree.blocks):
                return None
            declared = f'variable "{name}" {{\n  type      = string\n  sensitive = true\n}}'
            variable_edits = (
                Edit(document.source.path, attribute.expression.span, f"var.{name}"),
                append_block(document.source, block, declared),
            )
            return Fix(
                _TITLE,
                variable_edits,
                safety=Safety.RISKY,
                breaks=f"runs of `terraform apply` without a value for {name}",
            )
        return None
    return None
