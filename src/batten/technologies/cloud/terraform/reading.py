"""The files of a folder, read into a module: in Terraform's order, overrides and values included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from batten.formats import SyntaxProblem, Unreadable, Workspace, hcl_json
from batten.formats.document import Text
from batten.formats.expressions import Literal, Object
from batten.formats.hcl import Attribute, Block, Body, parse
from batten.formats.workspace import parse_problem
from batten.model import Problem, Span
from batten.technologies.cloud.terraform.module import MOST_RESOURCES, TERRAGRUNT, VALUES, Declared, Module

Key = TypeVar("Key")


def declared_in(folder: str, files: Iterable[str], workspace: Workspace) -> Module:
    """What the files of a folder declare. A file that cannot be read is a problem of the module's."""
    module = Module(folder)
    # As Terraform reads them: overrides last; OpenTofu leaves x.tf out beside x.tofu.
    order_files = list(files)
    tofu = {
        f.removesuffix(".json").removesuffix(".tofu")
        for f in order_files
        if f.endswith((".tofu", ".tofu.json"))
    }
    kept = [f for f in order_files if not (f.endswith(".tf") and f.removesuffix(".tf") in tofu)]
    for path in sorted(kept, key=lambda f: (_overrides(f), f)):
        try:
            values = path.endswith(VALUES)
            if path.endswith(".json"):
                document = workspace.document(path, hcl_json.parse_values if values else hcl_json.parse)
            else:
                document = workspace.document(path, parse)
            if path.endswith(TERRAGRUNT):
                enter(module, document.tree, document.source, add)
            elif values:
                # terraform.tfvars first, then terraform.tfvars.json, then *.auto.tfvars in their order, later ones
                # winning. Source:
                # https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
                source = document.source
                name = source.path.rpartition("/")[2].removesuffix(".json")
                given = {a.name: a.expression for a in document.tree.attributes.values()}
                whole = Block("", [], document.tree, Span(0, len(source.text)), Span(0, 0))
                module.values.append(Declared(whole, source))
                if name == "terraform.tfvars" and source.path.endswith(".json"):
                    module.given |= {k: v for k, v in given.items() if k not in _automatic(module)}
                elif name == "terraform.tfvars":
                    module.given = {**given, **module.given}
                elif name.endswith(".auto.tfvars"):
                    module.given |= given
                else:
                    module.varying |= set(given)
            else:
                for block in document.tree.blocks:
                    add(module, Declared(block, document.source), _overrides(path))
        except (SyntaxProblem, Unreadable) as error:
            module.problems.append(parse_problem(path, error, workspace))
    if len(module.resources) > MOST_RESOURCES:
        limit_path = next(iter(module.resources.values())).source.path
        hint = "split the module, or list generated files under `ignore:` in batten.yaml"
        message = f"the module declares more than {MOST_RESOURCES:,} resources: the others are not read"
        module.problems.append(Problem(limit_path, "read", message, hint=hint))
        module.resources = dict(list(module.resources.items())[:MOST_RESOURCES])
    return module


def _overrides(path: str) -> bool:
    stem = path.rpartition("/")[2].removesuffix(".json").removesuffix(".tf").removesuffix(".tofu")
    return stem == "override" or stem.endswith("_override")


def add(module: Module, declared: Declared, override: bool = False) -> None:
    """Enter a block into its module."""
    block = declared.block
    match block.type, block.labels:
        case "resource", [kind, name]:
            _put(module.resources, (kind, name), declared, override)
        case "data", [kind, name]:
            _put(module.data, (kind, name), declared, override)
        case "variable", [name]:
            _put(module.variables, name, declared, override)
        case "output", [name]:
            _put(module.outputs, name, declared, override)
        case "module", [name]:
            _put(module.calls, name, declared, override)
        case "provider", [_]:
            module.providers.append(declared)
        case "terraform", []:
            module.stateful |= any(block.body.first(kind) is not None for kind in ("backend", "cloud"))
        case "locals", []:
            module.settled.append(declared)
            for attribute in block.body.attributes.values():
                module.locals[attribute.name] = attribute.expression


def _put(held: dict[Key, Declared], key: Key, declared: Declared, override: bool) -> None:
    held[key] = _overridden(held[key], declared) if override and key in held else declared


def _overridden(declared: Declared, by: Declared) -> Declared:
    """Attributes one by one, and nested blocks all of a type, give way to those of an override file."""
    old, new = declared.body, by.body
    types = {b.type for b in new.blocks}
    kept = [b for b in old.blocks if b.type not in types]
    body = Body({**old.attributes, **new.attributes}, [*kept, *new.blocks], old.span)
    sources = dict(declared.sources)
    for thing in (*new.attributes.values(), *new.walk()):
        sources[id(thing)] = by.source
        if isinstance(thing, Block):
            sources |= {id(a): by.source for a in thing.body.attributes.values()}
    was = declared.block
    block = Block(was.type, was.labels, body, was.span, was.head, was.label_spans)
    return Declared(block, declared.source, sources)


def _automatic(module: Module) -> set[str]:
    """Variables that an *.auto.tfvars set before."""
    files = (d for d in module.values if d.source.path.removesuffix(".json").endswith(".auto.tfvars"))
    return {name for declared in files for name in declared.body.attributes}


# Terragrunt: a file that calls one module, with the inputs it gives.
#
# `terraform { source }` names the module, and `inputs` are its variables. Without a source the module is the folder's own, and the
# inputs are values for it. What `dependency` blocks and Terragrunt's functions come to is not known.
# Source: https://terragrunt.gruntwork.io/docs/reference/hcl/
def enter(module: Module, body: Body, source: Text, add: Callable[[Module, Declared], None]) -> None:
    """What a file says, as a call of its module, or as values for the folder's own."""
    for block in body.all("locals"):
        add(module, Declared(block, source))
    inputs = body.attributes.get("inputs")
    if inputs is not None:
        # The inputs that are written out; those that come from elsewhere are not known.
        items = inputs.expression.items if isinstance(inputs.expression, Object) else ()
        given = {str(item.key.value): item.value for item in items if isinstance(item.key, Literal)}
    else:
        given = {}
    terraform = body.first("terraform")
    named = terraform.body.attributes.get("source") if terraform is not None else None
    if named is None:
        module.given |= given
        if inputs is not None:
            whole = Block("", [], Body({"inputs": inputs}, [], inputs.span), inputs.span, inputs.span)
            module.values.append(Declared(whole, source))
        return
    span = inputs.span if inputs is not None else named.span
    arguments = {name: Attribute(name, held, held.span) for name, held in given.items()}
    name = module.folder.rpartition("/")[2] or "inputs"
    call = Block("module", [name], Body({**arguments, "source": named}, [], span), span, span)
    module.calls[name] = Declared(call, source)
