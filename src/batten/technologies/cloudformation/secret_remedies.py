"""A credential taken out of a template: a parameter that is not shown takes its place."""

from __future__ import annotations

import re

from batten.formats.tree import Plain
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies._secrets import credentials
from batten.technologies.cloudformation.edits import add_parameter, drop, path_to, put
from batten.technologies.cloudformation.scripts import SCRIPTS
from batten.technologies.cloudformation.template import Template
from batten.technologies.cloudformation.values import Path

_HIDDEN: dict[str, Plain] = {"Type": "String", "NoEcho": True}


def referenced(template: Template, at: Location) -> Fix | None:
    path = path_to(template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    if path is None or path[0] in ("Mappings", "Outputs") or any(part in SCRIPTS for part in path):
        return None  # a part of a script, say
    breaks = "deployments without a value for the parameter"
    if path[0] == "Parameters":
        edits = _without_default(template, path)
        return Fix(
            f"turn {path[1]} into a parameter without a default",
            tuple(edits),
            safety=Safety.RISKY,
            breaks=breaks,
        )
    name = _parameter(path)
    if _is_url(template, at) or name in template.section("Parameters") or name in template.resources:
        return None
    edits = [*add_parameter(template, name, dict(_HIDDEN)), *put(template, path, {"Ref": name})]
    return Fix(f"read {path[-1]} from a parameter", tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _without_default(template: Template, path: Path) -> list[Edit]:
    declared = template.section("Parameters").mapping(str(path[1]))
    hidden = (declared.text("NoEcho") or "").lower() == "true" if declared is not None else True
    if hidden:
        return drop(template, path)
    entry = declared.entry("Default") if declared is not None else None
    if entry is None:
        return []
    key = '"NoEcho"' if entry.key.style == '"' else "NoEcho"
    return [Edit(template.path, entry.key.span, key), Edit(template.path, template.span(entry.value), "true")]


def _parameter(path: Path) -> str:
    """A name for the parameter: that of the resource and of the property, in letters and digits."""
    words = [w for part in (path[1], path[-1]) for w in re.split(r"[^A-Za-z0-9]+", str(part)) if w]
    return "".join(w.capitalize() if w.isupper() else w[0].upper() + w[1:] for w in words)


def _is_url(template: Template, at: Location) -> bool:
    assert at.span is not None
    return credentials.url_password(template.source.text[at.span.start : at.span.end]) is not None
