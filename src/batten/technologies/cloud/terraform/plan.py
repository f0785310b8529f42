"""A plan as `terraform show -json` writes it: resources with their values, and what is known after apply.

Source: https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import SyntaxProblem, Unreadable, Workspace, json
from batten.formats.expressions import Expression, Traversal, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.formats.hcl_json import expression
from batten.formats.tree import Entry, Mapping, Node, Scalar, Sequence, key_path
from batten.formats.workspace import parse_problem
from batten.model import Span
from batten.technologies.cloud.terraform.module import MOST_RESOURCES, Declared, Module, folder_of

_DEEPEST = 20
_UNKNOWN = "after_apply"  # a name that nothing declares


def is_name(path: str) -> bool:
    """Whether a file may be a plan by its name."""
    name = path.rpartition("/")[2]
    return name.endswith("plan.json") and not name.endswith((".tf.json", ".tofu.json"))


def is_plan(path: str, workspace: Workspace) -> bool:
    if not is_name(path):
        return False
    try:
        text = workspace.text(path).text
    except Unreadable:
        return False
    return '"format_version"' in text and ('"planned_values"' in text or '"resource_changes"' in text)


def load(path: str, workspace: Workspace) -> Module:
    """What is planned, all modules together. What cannot be read is a problem of the module's."""
    module = Module(folder_of(path))
    try:
        document = workspace.document(path, json.parse)
    except SyntaxProblem as error:
        module.problems.append(parse_problem(path, error, workspace))
        return module
    root = document.tree
    unknown = dict(_unknown(root))
    references = dict(_references(key_path(root, "configuration", "root_module"), ""))
    for inside, resource in _resources(key_path(root, "planned_values", "root_module")):
        if len(module.resources) >= MOST_RESOURCES:
            break
        kind, name = resource.text("type") or "", resource.text("name") or ""
        address = resource.text("address") or f"{kind}.{name}"
        name = f"{inside}.{name}" if inside else name
        body = _body(
            resource.mapping("values"),
            unknown.get(address),
            resource.mapping("sensitive_values"),
            references.get(_plain(address)),
            inside,
            resource.span,
        )
        key = (kind, name)
        number = 1
        while key in module.resources:  # instances
            number += 1
            key = (kind, f"{name}[{number}]")
        module.resources[key] = Declared(
            Block("resource", [kind, name], body, resource.span, resource.span), document.source
        )
    return module


def _resources(module: Node | None, depth: int = 0) -> Iterator[tuple[str, Mapping]]:
    """Resources with the address of their module."""
    if not isinstance(module, Mapping) or depth > _DEEPEST:
        return
    for item in module.sequence("resources") or ():
        if isinstance(item, Mapping) and item.text("mode") != "data":
            yield module.text("address") or "", item
    for child in module.sequence("child_modules") or ():
        yield from _resources(child, depth + 1)


def _unknown(root: Node) -> Iterator[tuple[str, Mapping]]:
    """What each resource's change leaves unknown, by its address."""
    changes = key_path(root, "resource_changes")
    for change in changes if isinstance(changes, Sequence) else ():
        if isinstance(change, Mapping):
            after = key_path(change, "change", "after_unknown")
            if isinstance(after, Mapping):
                yield change.text("address") or "", after


def _references(module: Node | None, prefix: str, depth: int = 0) -> Iterator[tuple[str, Mapping]]:
    """The expressions of each resource in the configuration, by its address without an index."""
    if not isinstance(module, Mapping) or depth > _DEEPEST:
        return
    for resource in module.sequence("resources") or ():
        expressions = resource.mapping("expressions") if isinstance(resource, Mapping) else None
        if isinstance(resource, Mapping) and expressions is not None:
            yield prefix + (resource.text("address") or ""), expressions
    for entry in module.mapping("module_calls") or ():
        if isinstance(entry, Entry):
            inner = key_path(entry.value, "module")
            yield from _references(inner, f"{prefix}module.{entry.key.text}.", depth + 1)


def _plain(address: str) -> str:
    """An address without the indices of instances."""
    kept, depth = [], 0
    for character in address:
        depth += character == "["
        if not depth:
            kept.append(character)
        depth -= character == "]"
    return "".join(kept)


def _body(
    values: Mapping | None,
    unknown: Mapping | None,
    sensitive: Mapping | None,
    expressions: Mapping | None,
    inside: str,
    span: Span,
) -> Body:
    body = Body({}, [], span)
    for entry in values or ():
        name = entry.key.text
        hidden = sensitive[name] if sensitive is not None else None
        open_ = unknown[name] if unknown is not None else None
        held = _value(entry.value, open_, hidden)
        body.attributes[name] = Attribute(name, held, entry.span)
        if isinstance(entry.value, Sequence):
            for number, item in enumerate(entry.value):
                if isinstance(item, Mapping):
                    inner = _body(
                        item, _mapping(open_, number), _mapping(hidden, number), None, "", item.span
                    )
                    body.blocks.append(Block(entry.key.text, [], inner, item.span, entry.key.span))
    for entry in unknown or ():
        name = entry.key.text
        if name not in body.attributes:
            # The one resource that the configuration gives this attribute of.
            referred_held = expressions[name] if expressions is not None else None
            listed = referred_held.sequence("references") if isinstance(referred_held, Mapping) else None
            names = [item.text for item in listed or () if isinstance(item, Scalar)]
            root, *steps = names[0].split(".") if names else [""]
            whole = ".".join(_plain(names[0]).split(".")[:2]) if names else ""
            if (
                len(steps) < 2
                or root in ("var", "local", "module", "data", "each", "path")
                or "[" in names[0]
            ):
                referred: Expression | None = None
            elif any(not _plain(other).startswith(whole) for other in names):
                referred = None
            else:
                referred = Traversal(root, (f"{inside}.{steps[0]}" if inside else steps[0], steps[1]), span)
            held = referred or Traversal(_UNKNOWN, (), span)
            body.attributes[name] = Attribute(name, held, span)
    return body


def _mapping(node: Node | None, number: int) -> Mapping | None:
    held = node.items[number] if isinstance(node, Sequence) and number < len(node) else None
    return held if isinstance(held, Mapping) else None


def _value(node: Node, unknown: Node | None, sensitive: Node | None) -> Expression:
    """The value with what is not known, and what must not be shown, left out."""
    if not _any(unknown) and not _any(sensitive):
        return expression(node, literal=True)
    if isinstance(node, Sequence) and not _true(unknown) and not _true(sensitive):
        items = (_value(n, _at(unknown, i), _at(sensitive, i)) for i, n in enumerate(node))
        return Tuple(tuple(items), node.span)
    return Traversal(_UNKNOWN, (), node.span)


def _at(node: Node | None, number: int) -> Node | None:
    return node.items[number] if isinstance(node, Sequence) and number < len(node) else None


def _true(node: Node | None) -> bool:
    return isinstance(node, Scalar) and node.value is True


def _any(node: Node | None) -> bool:
    """Whether anything below is marked."""
    match node:
        case Scalar():
            return node.value is True
        case Sequence():
            return any(_any(item) for item in node)
        case Mapping():
            return any(_any(entry.value) for entry in node)
        case _:
            return False
