"""Files of Docker Bake: how images are built, and what that leaves in them or takes from the machine that builds.

Source: https://docs.docker.com/build/bake/reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import BuildStep, Fact, Feature, Image
from batten.formats import Mapping, Workspace, hcl, hcl_json, json
from batten.formats.document import SyntaxProblem
from batten.formats.expressions import Expression, Literal, Object, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.formats.hcl_edits import remove
from batten.model import Edit, Fix, Location, Problem, Remedy, Setting, Span, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.orchestration.dockerfile import adapter as dockerfile
from batten.technologies.shared.containers import images
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.text.field_edits import risky

_ENTITLEMENTS = {"security.insecure": Switch.PRIVILEGED_STEP, "network.host": Switch.HOST_NETWORK_STEP}
_STORES = ("cache-from", "cache-to", "output")
_PRINTED = re.compile(r"[^\r\n]+")
_IMAGE = "docker-image://"
_BLOCKS = ("target", "variable")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of a Bake file. Raises SyntaxProblem and Unreadable."""
    for block in _body(unit, workspace).blocks:
        name = block.labels[0] if block.labels else ""
        if block.type == "target":
            yield from _target(unit.main, name, block)
            yield from _inline(unit.main, block, workspace)
        elif block.type == "variable" and (default := block.body.attributes.get("default")) is not None:
            yield from _secret(unit.main, f"variable[{name}]", name, default.expression)


def _body(unit: Unit, workspace: Workspace) -> Body:
    if not unit.main.endswith(".json"):
        return workspace.document(unit.main, hcl.parse).tree
    root = workspace.document(unit.main, json.parse).tree
    if not isinstance(root, Mapping):
        raise SyntaxProblem("a Bake file must be one object", root.span.start, "start it with `{`")
    body = Body({}, [], root.span)
    for kind in _BLOCKS:
        for entry in root.mapping(kind) or ():
            if isinstance(entry.value, Mapping):
                inner = hcl_json.body_of(entry.value)
                body.blocks.append(Block(kind, [entry.key.text], inner, entry.span, entry.key.span))
    return body


def _target(path: str, name: str, block: Block) -> Iterator[Fact]:
    pointer = f"target[{name}]"
    attributes = block.body.attributes
    for item in _items(attributes.get("entitlements")):
        weakness = _ENTITLEMENTS.get(str(item.value))
        if weakness is not None:
            yield BuildStep(Location(path, f"{pointer}/entitlements[{item.value}]", item.span), weakness)
    network = attributes.get("network")
    if network is not None and isinstance(network.expression, Literal) and network.expression.value == "host":
        at = Location(path, f"{pointer}/network", network.expression.span)
        yield BuildStep(at, Switch.HOST_NETWORK_STEP)
    for key, value in _entries(attributes.get("args")):
        yield from _secret(path, f"{pointer}/args[{key}]", key, value)
    for key, value in _entries(attributes.get("contexts")):
        text = value.value if isinstance(value, Literal) else None
        if isinstance(text, str) and text.startswith(_IMAGE):
            reference = images.parse(text.removeprefix(_IMAGE))
            at = Location(path, f"{pointer}/contexts[{key}]", value.span)
            setting = Setting(text.removeprefix(_IMAGE), at)
            yield Image(
                at, reference=setting, name=reference.name, tag=reference.tag, digest=reference.digest
            )

    for key in _STORES:
        for number, place in enumerate(_all(attributes.get(key))):
            yield from _stored(path, f"{pointer}/{key}[{number}]", place)


def _all(attribute: Attribute | None) -> Iterator[Expression]:
    if attribute is not None and isinstance(attribute.expression, Tuple):
        yield from attribute.expression.items


def _stored(path: str, pointer: str, place: Expression) -> Iterator[Fact]:
    """Where results and the cache are kept: `type=s3,secret_access_key=…` in one text, or as an object."""
    if isinstance(place, Literal) and isinstance(place.value, str):
        pairs = [part.strip().partition("=")[::2] for part in place.value.split(",")]
    elif isinstance(place, Object):
        fields = [(i.key, i.value) for i in place.items]
        pairs = [
            (str(k.value), str(v.value))
            for k, v in fields
            if isinstance(k, Literal) and isinstance(v, Literal)
        ]
    else:
        return
    for name, value in pairs:
        held = credentials.found(name, value) if value else None
        at = Location(path, f"{pointer}/{name}", place.span)
        if held is not None:
            yield credentials.in_config(at, name, held)
        if name == "registry.insecure" and value.lower() in ("true", "1"):
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at))


def _inline(path: str, block: Block, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The Dockerfile that a target has in a heredoc, read where it is written: all before it is blank."""
    written = block.body.attributes.get("dockerfile-inline")
    span = written.expression.span if written is not None else Span(0, 0)
    text = workspace.text(path).text
    start = text.find("\n", span.start, span.end) + 1
    end = text.rfind("\n", span.start, span.end) + 1
    if start > 0 and end > start and text.startswith("<<", span.start) and "${" not in text[start:end]:
        laid = workspace.showing(
            path, _PRINTED.sub(lambda line: " " * len(line[0]), text[:start]) + text[start:end]
        )
        yield from dockerfile.read(Unit("dockerfile", (path,)), laid)


def _items(attribute: Attribute | None) -> Iterator[Literal]:
    if attribute is not None and isinstance(attribute.expression, Tuple):
        yield from (item for item in attribute.expression.items if isinstance(item, Literal))


def _entries(attribute: Attribute | None) -> Iterator[tuple[str, Expression]]:
    if attribute is not None and isinstance(attribute.expression, Object):
        for item in attribute.expression.items:
            if isinstance(item.key, Literal):
                yield str(item.key.value), item.value


def _secret(path: str, pointer: str, name: str, value: Expression) -> Iterator[Fact]:
    """What a build is given stays in the image's history."""
    text = value.value if isinstance(value, Literal) else None
    held = credentials.found(name, text) if isinstance(text, str) and text else None
    if held is not None:
        yield credentials.in_config(Location(path, pointer, value.span), name, held)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The entitlement or the network taken out of a target."""
    match remedy:
        case want.TurnOff(Switch.PRIVILEGED_STEP | Switch.HOST_NETWORK_STEP) if not unit.main.endswith(
            ".json"
        ):
            document = workspace.document(unit.main, hcl.parse)
            for block in document.tree.blocks:
                for attribute in block.body.attributes.values():
                    if (
                        at.span is not None
                        and attribute.span.start <= at.span.start
                        and at.span.end <= attribute.span.end
                    ):
                        # One of several items taken out, with the comma on one side; None where it is the only one.
                        items = attribute.expression.items if isinstance(attribute.expression, Tuple) else ()
                        number = next((n for n, item in enumerate(items) if item.span == at.span), None)
                        if number is None or len(items) < 2:
                            without: Edit | None = None
                        elif number + 1 < len(items):
                            without = Edit(
                                "", Span(items[number].span.start, items[number + 1].span.start), ""
                            )
                        else:
                            without = Edit("", Span(items[number - 1].span.end, items[number].span.end), "")
                        edit = without or remove(document.source, attribute)
                        edit = Edit(unit.main, edit.span, edit.text)
                        return risky("build without privileges", [edit], "builds that need them")
    return None
