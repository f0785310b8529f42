"""Terragrunt: a file that calls one module, with the inputs it gives.

`terraform { source }` names the module, and `inputs` are its variables. Without a source the module is the folder's own, and the
inputs are values for it. What `dependency` blocks and Terragrunt's functions come to is not known.
Source: https://terragrunt.gruntwork.io/docs/reference/hcl/
"""

from __future__ import annotations

from collections.abc import Callable

from batten.formats.document import Text
from batten.formats.expressions import Literal, Object
from batten.formats.hcl import Attribute, Block, Body
from batten.technologies.cloud.terraform.module import Declared, Module


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
