"""Changes of AWS resources as properties of a template."""

from __future__ import annotations

from batten.formats.tree import Plain
from batten.model import Edit, Fix, Kind, Location, Remedy, Safety
from batten.technologies.cloud.cloudformation.edits import path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource
from batten.technologies.cloud.cloudformation.values import Path
from batten.technologies.shared.aws.changes import change

# Options of Elastic Beanstalk that stand by themselves, in small letters, and what is right for each.
_OPTIONS = {
    "managedactionsenabled": (
        "install patches by itself",
        "true",
        "a short restart in the maintenance window",
    ),
    "disableimdsv1": ("require a session token (IMDSv2)", "true", "software on it that supports only IMDSv1"),
    "streamlogs": ("record activity", "true", ""),
    "associatepublicipaddress": ("give it no public address", "false", "clients that use the public address"),
}


def option_set(resource: Resource, at: Location) -> Fix | None:
    """An option of an environment, where it is written with the wrong value."""
    template = resource.template
    path = path_to(template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    name = template.plain_at((*path[:-1], "OptionName")) if path is not None else None
    if path is None or str(name).lower() not in _OPTIONS:
        return None
    title, value, breaks = _OPTIONS[str(name).lower()]
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix(title, tuple(put(template, path, value)), safety=safety, breaks=breaks)


def changed(resource: Resource, remedy: Remedy, at: Location) -> Fix | None:
    """What technologies/shared/aws says is to be written, written; or asked, where people must choose."""
    made = change(resource.type, at.pointer, remedy)
    if made is None:
        return None
    if made.question:
        return Fix(made.title, (), safety=made.safety, question=made.question)
    first = _written(resource, made.keys[0][0])
    path = path_to(resource.template, at.span) if at.kind is Kind.VALUE and at.span is not None else None
    if path is not None and path[-1] != first.rpartition("/")[2]:  # a mapping or variable holds the value
        value = made.keys[0][1]
        held: Plain = list(value) if isinstance(value, tuple) else value
        edits = put(resource.template, path, held) if len(made.keys) == 1 else []
        return Fix(made.title, tuple(edits), safety=made.safety, breaks=made.breaks) if edits else None
    # The way to the properties that a key is of: the resource's own, or those of a map within it.
    depth = first.count("/") + 1
    if at.kind is Kind.VALUE:
        base_path = path_to(resource.template, at.span) if at.span is not None else None
        base: Path | None = None if base_path is None else base_path[:-depth]
    else:
        inner = at.pointer.rpartition("]/")[2].removeprefix(f"{resource.address}/").split("/")[:-depth]
        if at.span is None or at.span == resource.span:
            base = resource.written(*inner)
        else:
            base_path = path_to(resource.template, at.span)
            base = None if base_path is None else (*base_path, *inner)
    if base is None:
        return None
    wanted: dict[str, Plain] = {
        _written(resource, k): list(v) if isinstance(v, tuple) else v for k, v in made.keys
    }
    return Fix(made.title, tuple(put_all(resource, base, wanted)), safety=made.safety, breaks=made.breaks)


def _written(resource: Resource, key: str) -> str:
    """A property as the resource's own language writes it."""
    return "/".join(resource.way(*key.split("/")))


def put_all(resource: Resource, base: Path, wanted: dict[str, Plain]) -> list[Edit]:
    """Keys set below `base`; those that share a parent which is not there yet are written with it."""
    template = resource.template
    missing: dict[Path, dict[str, Plain]] = {}
    edits: list[Edit] = []
    for key, value in wanted.items():
        *above, last = key.split("/")
        parent = (*base, *above)
        if above and not template.has(parent):
            missing.setdefault(parent, {})[last] = value
        else:
            edits += put(template, (*parent, last), value)
    for parent, values in missing.items():
        edits += put(template, parent, dict(values))
    return edits
