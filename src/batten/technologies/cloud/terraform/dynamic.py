"""Dynamic blocks written out, for readers that look at blocks as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.formats.expressions import Expression, Literal, Traversal, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.model import Span
from batten.technologies.cloud.terraform.evaluate import Evaluator
from batten.technologies.cloud.terraform.instances import MOST, members
from batten.technologies.cloud.terraform.module import Declared
from batten.technologies.cloud.terraform.values import Value


def expanded(declared: Declared, evaluator: Evaluator) -> Declared:
    """The block with what its dynamic blocks come to in their place; one that is not known stays as it is."""
    if not declared.body.all("dynamic"):
        return declared
    block = declared.block
    body = Body(block.body.attributes, list(_blocks(block.body, evaluator)), block.body.span)
    return replace(
        declared, block=Block(block.type, block.labels, body, block.span, block.head, block.label_spans)
    )


def _blocks(body: Body, evaluator: Evaluator) -> Iterator[Block]:
    for block in body.blocks:
        made = list(_made(block, evaluator)) if block.type == "dynamic" and block.labels else None
        if made is None or None in made:
            yield block
        else:
            yield from (one for one in made if one is not None)


def _made(dynamic: Block, evaluator: Evaluator) -> Iterator[Block | None]:
    content, each = dynamic.body.first("content"), dynamic.body.attributes.get("for_each")
    pairs = members(evaluator.value(each.expression)) if each is not None else None
    if content is None or pairs is None:
        yield None
        return
    named = dynamic.body.attributes.get("iterator")
    held = named.expression if named is not None else None
    iterator = held.root if isinstance(held, Traversal) else dynamic.labels[0]
    for key, value in pairs[:MOST]:
        inner = evaluator.within({iterator: {"key": key, "value": value}})
        attributes = {name: _settled(a, inner) for name, a in content.body.attributes.items()}
        blocks = list(_blocks(content.body, inner))
        yield Block(
            dynamic.labels[0], [], Body(attributes, blocks, content.body.span), content.span, content.head
        )


def _settled(attribute: Attribute, evaluator: Evaluator) -> Attribute:
    """The attribute with its value written out where it is a text, a number, or a list of them."""
    span = attribute.expression.span
    return replace(
        attribute, expression=_written(evaluator.value(attribute.expression), span) or attribute.expression
    )


def _written(value: Value, span: Span) -> Expression | None:
    match value:
        case str() | bool() | int() | float():
            return Literal(value, span)
        case list():
            items = [_written(item, span) for item in value]
            known = tuple(item for item in items if item is not None)
            return Tuple(known, span) if len(known) == len(items) else None
        case _:
            return None
