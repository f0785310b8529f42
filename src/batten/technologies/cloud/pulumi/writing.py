"""Remedies for a program in YAML: what the tables of AWS say, in Pulumi's spelling. Exports and previews are made by something else."""

from __future__ import annotations

from batten.formats.document import Uneditable
from batten.formats.tree import Plain
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Edit,
    Fix,
    Kind,
    Location,
    Remedy,
    Safety,
    Switch,
)
from batten.model import remedy as want
from batten.technologies.cloud.cloudformation.edits import path_to, put
from batten.technologies.cloud.cloudformation.template import Template
from batten.technologies.cloud.cloudformation.values import Path
from batten.technologies.cloud.cloudformation.version_remedies import pinned
from batten.technologies.cloud.pulumi.names import camel
from batten.technologies.cloud.pulumi.program import Program
from batten.technologies.shared.aws.changes import change


def fix_of(program: Program, remedy: Remedy, at: Location) -> Fix | None:
    template = Template(program.document.source, program.root)
    path = path_to(template, at.span) if at.span is not None and not template.is_json else None
    if path is None:
        return None
    try:
        match remedy:
            case want.RequireAuth(name) if name:
                return _configured(template, path, at)
            case want.TurnOff(Switch.PUBLIC_ACL) if at.kind is Kind.VALUE:
                breaks = "anonymous clients that read objects"
                return Fix(
                    "make the ACL private",
                    tuple(put(template, path, "private")),
                    safety=Safety.RISKY,
                    breaks=breaks,
                )
            case AllowOrigins(listed) | AllowMethods(listed) | AllowHeaders(listed) if (
                listed and at.kind is Kind.VALUE
            ):
                edits = tuple(put(template, path, [*listed]))
                breaks = "pages on other origins, or with other methods or headers"
                return Fix(
                    "allow only these methods and headers across origins",
                    edits,
                    safety=Safety.RISKY,
                    breaks=breaks,
                )
            case want.Pin(version) if version:
                return pinned(template, at, version)
            case _:
                return _changed(template, path, remedy, at)
    except Uneditable:
        return None


def _changed(template: Template, path: Path, remedy: Remedy, at: Location) -> Fix | None:
    made = change(at.pointer.partition(".")[0], at.pointer, remedy)
    if made is None:
        return None
    if made.question:
        return Fix(made.title, (), safety=made.safety, question=made.question)
    # A value in place; what is missing, in the map that lacks it, or in the resource's properties.
    base = (*path, "properties") if len(path) == 2 else path
    edits: list[Edit] = []
    for number, (key, value) in enumerate(made.keys):
        wanted: Plain = list(value) if isinstance(value, tuple) else value
        way = tuple(camel(part) for part in key.split("/"))
        if at.kind is Kind.VALUE:
            edits += put(template, path if number == 0 else (*path[: -len(way)], *way), wanted)
        else:
            edits += put(template, (*base, *way), wanted)
    return Fix(made.title, tuple(edits), safety=made.safety, breaks=made.breaks)


def _configured(template: Template, path: Path, at: Location) -> Fix | None:
    """A credential becomes a secret of the configuration."""
    if at.kind is not Kind.VALUE or path[0] != "resources" or len(path) < 4 or not isinstance(path[-1], str):
        return None
    name = f"{path[1]}{path[-1][:1].upper()}{path[-1][1:]}"
    if not name.isidentifier() or template.has(("config", name)):
        return None
    secret: dict[str, Plain] = {"type": "string", "secret": True}
    edits = [*put(template, ("config", name), secret), *put(template, path, f"${{{name}}}")]
    breaks = "deployments without a value for it (`pulumi config set --secret`)"
    return Fix(f"read {path[-1]} from the configuration", tuple(edits), safety=Safety.RISKY, breaks=breaks)
