"""What a data source looks a value up by."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats.hcl import Body
from batten.technologies.cloud.terraform.evaluate import Evaluator
from batten.technologies.cloud.terraform.module import Module
from batten.technologies.cloud.terraform.values import Reference, Value


def texts(value: Value, module: Module) -> Iterator[str]:
    """The texts in the data source that a value is an attribute of; nothing where it is of none."""
    if not isinstance(value, Reference) or not value.data or module.tree is None:
        return
    found = next((m for m in module.tree.modules if m.address == value.module), None)
    declared = found.data.get((value.kind, value.name)) if found else None
    if found is not None and declared is not None:
        yield from _texts(declared.block.body, Evaluator(found))


def _texts(body: Body, evaluator: Evaluator) -> Iterator[str]:
    for attribute in body.attributes.values():
        value = evaluator.value(attribute.expression)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                yield item
    for block in body.blocks:
        yield from _texts(block.body, evaluator)
