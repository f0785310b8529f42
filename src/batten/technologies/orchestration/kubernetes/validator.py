"""The vendor's own opinion: the API server's schemas, as kubernetes-validate carries them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from batten.cell import NotAsked
from batten.formats import Workspace
from batten.formats.tree import plain
from batten.model import Problem
from batten.technologies import Unit, Verdict
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject, objects, templated

_PACKAGE = "kubernetes_validate"


def validate(unit: Unit, workspace: Workspace) -> Verdict:
    """True when every object fits its schema. NotAsked when an object has none (custom resources), or a variable
    completes it. False: the package is not installed."""
    if find_spec(_PACKAGE) is None:
        return False
    package: Any = import_module(_PACKAGE)
    unasked = ""
    for found in objects(unit.files, workspace):
        if isinstance(found, Problem):
            return found
        text, span = workspace.text(found.source), found.body.span
        said = None if templated(text.text[span.start : span.end]) else _said(found, package)
        unasked = unasked or (found.pointer if said is None and found.source in workspace.overlay else "")
        if said:
            line = text.line_of(span.start)
            message = f"{found.pointer}: {said}"
            return Problem(
                found.source, "fix", message, hint="the API server would reject this object", line=line
            )
    if unasked:
        return NotAsked(
            "kubernetes-validate", f"it has no schema for {unasked}, or a variable completes it", ran=True
        )
    return True


def _said(found: KubernetesObject, package: Any) -> str | None:
    """What the newest version's schema has against an object; "" when nothing, None when there is no schema."""
    value = plain(found.node)
    if not isinstance(value, dict) or not all(
        isinstance(value.get(key), str) for key in ("apiVersion", "kind")
    ):
        return None  # k3s's own file has neither
    try:
        package.validate(value, package.latest_version(), strict=True)
    except package.ValidationError as error:
        # Other messages than this one's repeat the value, which may be a secret.
        named = error.validator == "additionalProperties"
        what = error.message if named else f"the value violates the schema's `{error.validator}`"
        return f"{what} at {'/'.join(str(part) for part in error.path)}"
    except (package.SchemaNotFoundError, package.InvalidSchemaError):
        return None
    return ""
