"""A program's resources as a module of Terraform's, in which every property has its place in the program.

Sources: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/ (programs), and the JSON of `pulumi preview
--json` and `pulumi stack export`.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Document, Mapping, Node, Scalar, Workspace
from batten.formats.document import SyntaxProblem
from batten.formats.hcl import Block
from batten.formats.hcl_json import body_of
from batten.model import Span
from batten.model.record import record
from batten.technologies import Unit
from batten.technologies.cloud.cloudformation.template import document_of
from batten.technologies.cloud.pulumi.conversion import Names, converted
from batten.technologies.cloud.pulumi.names import terraform_type
from batten.technologies.cloud.terraform.module import MOST_RESOURCES, Declared, Module, Tree, folder_of


@record
class Made:
    """A resource as it is written; `type` is "" where it is not of AWS's provider."""

    name: str
    type: str
    properties: Mapping
    span: Span


@record
class Program:
    document: Document[Node]
    root: Mapping
    module: Module


def program(unit: Unit, workspace: Workspace) -> Program | None:
    """The program of a file; None where it is none. Raises Unreadable and SyntaxProblem."""
    return workspace.kept(("pulumi", unit), lambda: _program(unit.main, workspace))


def _program(path: str, workspace: Workspace) -> Program | None:
    document = document_of(workspace, path)
    root = document.tree
    if not isinstance(root, Mapping):
        return None
    # Resources of an export, or of a preview's steps, each with the id that it has.
    exported: list[tuple[Made, str]] = []
    deployment = root.mapping("deployment")
    listed = deployment.sequence("resources") if deployment is not None else None
    for item in listed or ():
        exported.extend(_state(item))
    for step in root.sequence("steps") or ():
        if isinstance(step, Mapping) and step.text("op") not in ("delete", "delete-replaced", "discard"):
            exported.extend(_state(step["newState"]))
    made = [one for one, _ in exported] or list(_written(root))
    if not made:
        return None
    known = {f"{one.type}.{_label(one.name)}": one for one in made if one.type}
    ids: dict[str, str] = {}
    for one, id_ in exported:
        if id_ and one.type:
            ids.setdefault(id_, f"{one.type}.{_label(one.name)}")
    names = Names({one.name: address for address, one in known.items()}, _values(root), ids)
    module = Module(folder_of(path))
    module.tree = Tree(workspace, [module])
    for one in made[:MOST_RESOURCES]:
        properties = converted(one.properties, names)
        try:
            body = body_of(properties if isinstance(properties, Mapping) else Mapping({}, one.span))
        except SyntaxProblem:
            continue  # a text that is no template of Terraform's: nothing is known of it
        label = _label(one.name)
        if not one.type:
            call = Declared(Block("module", [label], body, one.span, one.span), document.source)
            assert module.tree is not None
            module.tree.unread.append((module, call))  # a component may make more
            continue
        block = Block("resource", [one.type, label], body, one.span, one.span)
        module.resources.setdefault((one.type, label), Declared(block, document.source))
    return Program(document, root, module)


def _label(name: str) -> str:
    return name.replace(".", "_").replace("[", "_").replace("]", "_")


def _written(root: Mapping) -> Iterator[Made]:
    for entry in root.mapping("resources") or ():
        held = entry.value
        if isinstance(held, Mapping) and ":" in (held.text("type") or ""):
            properties = held.mapping("properties") or Mapping({}, held.span)
            # One that is made elsewhere, and only looked up.
            if not held.mapping("get") is not None:
                yield Made(entry.key.text, terraform_type(held.text("type") or ""), properties, entry.span)


def _values(root: Mapping) -> dict[str, Node]:
    """What configuration and variables say in the file itself. A secret has its value elsewhere."""
    found: dict[str, Node] = {}
    for section in ("config", "configuration"):
        for entry in root.mapping(section) or ():
            default = entry.value["default"] if isinstance(entry.value, Mapping) else None
            if default is not None:
                found[entry.key.text] = default
    for entry in root.mapping("variables") or ():
        found[entry.key.text] = entry.value
    return found


def _state(node: Node | None) -> Iterator[tuple[Made, str]]:
    urn = node.text("urn") if isinstance(node, Mapping) else None
    type_ = node.text("type") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or urn is None or type_ is None or type_.startswith("pulumi:"):
        return
    if not type_.startswith("aws:"):
        return  # components, and other providers: what they make stands beside them
    external = node["external"]
    if isinstance(external, Scalar) and external.value is True:
        return
    inputs = node.mapping("inputs") or Mapping({}, node.span)
    yield Made(urn.rpartition("::")[2], terraform_type(type_), inputs, node.span), node.text("id") or ""
