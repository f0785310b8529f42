"""A credential taken out of a template: a parameter that is not shown takes its place."""

from __future__ import annotations

import re

from batten.formats.tree import Plain
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.cloud.cloudformation.edits import add_parameter, drop, path_to, put
from batten.technologies.cloud.cloudformation.scripts import SCRIPTS
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.shared.secrets import credentials

_HIDDEN: dict[str, Plain] = {"Type": "String", "NoEcho": True}


def referenced(template: Template, at: Location) -> Fix | None:
    path = path_to(template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    if path is None or path[0] in ("Mappings", "Outputs") or any(part in SCRIPTS for part in path):
        return None  # a part of a script, say
    breaks = "deployments without a value for the parameter"
    if path[0] == "Parameters":
        declared = template.section("Parameters").mapping(str(path[1]))
        hidden = (declared.text("NoEcho") or "").lower() == "true" if declared is not None else True
        if hidden:
            edits = drop(template, path)
        else:
            entry = declared.entry("Default") if declared is not None else None
            if entry is None:
                edits = []
            else:
                key = '"NoEcho"' if entry.key.style == '"' else "NoEcho"
                edits = [
                    Edit(template.path, entry.key.span, key),
                    Edit(template.path, template.span(entry.value), "true"),
                ]
        return Fix(
            f"turn {path[1]} into a parameter without a default",
            tuple(edits),
            safety=Safety.RISKY,
            breaks=breaks,
        )
    # A name for the parameter: that of the resource and of the property, in letters and digits.
    words = [w for part in (path[1], path[-1]) for w in re.split(r"[^A-Za-z0-9]+", str(part)) if w]
    name = "".join(w.capitalize() if w.isupper() else w[0].upper() + w[1:] for w in words)
    assert at.span is not None
    is_url = credentials.url_password(template.source.text[at.span.start : at.span.end]) is not None
    if is_url or name in template.section("Parameters") or name in template.resources:
        return None
    edits = [*add_parameter(template, name, dict(_HIDDEN)), *put(template, path, {"Ref": name})]
    return Fix(f"read {path[-1]} from a parameter", tuple(edits), safety=Safety.RISKY, breaks=breaks)
