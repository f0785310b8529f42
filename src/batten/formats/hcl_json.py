"""Terraform's JSON syntax (*.tf.json, *.tfvars.json) as the bodies that its HCL would give.

Source: https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

from batten.formats import hcl, json
from batten.formats.document import SyntaxProblem
from batten.formats.expressions import Expression, Item, Literal, Object, Template, Tuple
from batten.formats.hcl import Attribute, Block, Body
from batten.formats.tree import Entry, Mapping, Node, Scalar, Sequence
from batten.model import Span

_LABELS = {
    "resource": 2,
    "data": 2,
    "variable": 1,
    "output": 1,
    "module": 1,
    "provider": 1,
    "locals": 0,
    "terraform": 0,
}
_MARK = "__END_OF_TEMPLATE__"


def parse(text: str) -> Body:
    """A configuration's body. Raises SyntaxProblem."""
    root = _mapping(text)
    body = Body({}, [], root.span)
    for entry in root:
        kind = entry.key.text
        if kind in _LABELS:
            _add_blocks(body, kind, (), _LABELS[kind], entry)
    return body


def parse_values(text: str) -> Body:
    """A *.tfvars.json: values as they stand, without templates. Raises SyntaxProblem."""
    root = _mapping(text)
    return Body({e.key.text: _attribute(e, literal=True) for e in root}, [], root.span)


def body_of(node: Mapping, literal: bool = False) -> Body:
    """Each property as an attribute; objects, and lists of them, as blocks too: only a schema could tell."""
    body = Body({}, [], node.span)
    for entry in node:
        if entry.key.text == "//":
            continue
        body.attributes[entry.key.text] = _attribute(entry, literal)
        for held in _mappings(entry.value):
            body.blocks.append(
                Block(entry.key.text, [], body_of(held, literal), held.span, entry.key.span, [])
            )
    return body


def expression(node: Node, literal: bool = False) -> Expression:
    """Raises SyntaxProblem for a text with a broken template in it."""
    match node:
        case Scalar(value=str() as text) if not literal and ("${" in text or "%{" in text):
            return _template(text, node.span)
        case Scalar():
            return Literal(node.value, node.span)
        case Sequence():
            return Tuple(tuple(expression(item, literal) for item in node), node.span)
        case Mapping():
            items = (
                Item(_key(e.key, literal), expression(e.value, literal), e.span)
                for e in node
                if e.key.text != "//"
            )
            return Object(tuple(items), node.span)


def _key(key: Scalar, literal: bool) -> Expression:
    return expression(key, literal) if isinstance(key.value, str) else Literal(key.text, key.span)


def _template(text: str, span: Span) -> Expression:
    """Templates are written as in HCL; those of a heredoc need no escapes."""
    if _MARK in text:
        return Literal(text, span)
    try:
        read = hcl.parse(f"x = <<{_MARK}\n{text}\n{_MARK}\n").attributes["x"].expression
    except SyntaxProblem as error:
        raise SyntaxProblem(
            f"a template in this text is broken: {error}", span.start, "check its ${ … }"
        ) from error
    if not isinstance(read, Template):
        return Literal(
            read.value[:-1] if isinstance(read, Literal) and isinstance(read.value, str) else text, span
        )
    *parts, last = read.parts
    if isinstance(last, Literal) and isinstance(last.value, str):
        kept = last.value.removesuffix("\n")
        parts += [Literal(kept, last.span)] if kept else []
    else:
        parts.append(last)
    return Template(tuple(parts), span)


def _mapping(text: str) -> Mapping:
    root = json.parse(text)
    if not isinstance(root, Mapping):
        raise SyntaxProblem("this is not a JSON object", root.span.start, "enclose it in { … }")
    return root


def _attribute(entry: Entry, literal: bool) -> Attribute:
    return Attribute(entry.key.text, expression(entry.value, literal), entry.span)


def _mappings(node: Node) -> list[Mapping]:
    if isinstance(node, Mapping):
        return [node]
    held = [item for item in node if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
    return held if isinstance(node, Sequence) and len(held) == len(node) else []


def _add_blocks(body: Body, kind: str, labels: tuple[str, ...], missing: int, entry: Entry) -> None:
    """The blocks below `"resource": {type: {name: …}}`; a list may hold several at each level."""
    for held in _mappings(entry.value):
        if missing:
            for inner in held:
                _add_blocks(body, kind, (*labels, inner.key.text), missing - 1, inner)
            continue
        inside = body_of(held, literal=kind == "variable")
        body.blocks.append(Block(kind, list(labels), inside, held.span, entry.key.span, []))
