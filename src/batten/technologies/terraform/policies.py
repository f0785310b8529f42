"""Bucket policies, however they are written, as statements."""

from __future__ import annotations

import json
from collections.abc import Iterator

from batten.facts import BucketStatement
from batten.formats.expressions import Call, Expression, Object, Parentheses, Tuple
from batten.formats.hcl import Attribute, Block
from batten.model import UNKNOWN, Kind, Location, Span
from batten.model.record import record
from batten.technologies._aws.buckets import statement, statement_of
from batten.technologies.terraform.evaluate import Evaluator, Reference, Value
from batten.technologies.terraform.module import Declared

_DOCUMENT = "aws_iam_policy_document"


@record
class Policy:
    """`statements` is None when they cannot be known. `at` is the policy as a whole."""

    statements: tuple[BucketStatement, ...] | None
    at: Location


def policy(declared: Declared, attribute: Attribute, pointer: str, evaluator: Evaluator) -> Policy:
    """The policy of an attribute: `jsonencode({…})`, a JSON text, or a policy document of the module's."""
    at = declared.value(attribute, pointer)
    value = evaluator.value(attribute.expression)
    if isinstance(value, Reference) and value.data and value.kind == _DOCUMENT:
        document = evaluator.module.data.get((_DOCUMENT, value.name))
        return Policy(None, at) if document is None else _document(document, pointer, evaluator)
    if isinstance(value, str):
        value = _parsed(value)
    if not isinstance(value, dict):
        return Policy(None, at)
    found = _listed(value.get("Statement", []))
    if found is None:
        return Policy(None, at)
    places = _places(attribute.expression, len(found))
    statements = [
        statement(held, declared.place(place, f"{pointer}/statement[{_sid(held, number)}]", Kind.VALUE))
        for number, (held, place) in enumerate(zip(found, places, strict=True))
    ]
    return Policy(tuple(statements), at)


def _parsed(text: str) -> Value:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return UNKNOWN
    return held if isinstance(held, dict) else UNKNOWN


def _listed(value: Value) -> list[dict[str, Value]] | None:
    items = value if isinstance(value, list) else [value]
    held = [item for item in items if isinstance(item, dict)]
    return held if len(held) == len(items) else None


def _places(expression: Expression, count: int) -> list[Span]:
    """Where each statement is written; the whole policy where that cannot be told."""
    listed = statements_of(expression)
    if isinstance(listed, Tuple) and len(listed.items) == count:
        return [item.span for item in listed.items]
    if isinstance(listed, Object) and count == 1:
        return [listed.span]
    return [expression.span] * count


def statements_of(expression: Expression) -> Expression | None:
    """What `Statement` is set to in a `jsonencode({…})`."""
    match expression:
        case Parentheses(inner=inner):
            return statements_of(inner)
        case Call(name="jsonencode", args=(Object() as encoded,)):
            return encoded.get("Statement")
        case _:
            return None


def _sid(statement: dict[str, Value], number: int) -> str:
    sid = statement.get("Sid")
    return sid if isinstance(sid, str) and sid else str(number)


def _document(document: Declared, pointer: str, evaluator: Evaluator) -> Policy:
    """The statements of an `aws_iam_policy_document`; what it takes from other documents is not known."""
    at = document.whole(pointer)
    body = document.body
    merged = {"source_policy_documents", "override_policy_documents", "source_json", "override_json"}
    if merged & set(body.attributes) or body.all("dynamic"):
        return Policy(None, at)
    return Policy(tuple(_statements(document, body.all("statement"), pointer, evaluator)), at)


def _statements(
    document: Declared, blocks: list[Block], pointer: str, evaluator: Evaluator
) -> Iterator[BucketStatement]:
    for number, block in enumerate(blocks):
        held = {name: evaluator.value(a.expression) for name, a in block.body.attributes.items()}
        at = document.place(block.span, f"{pointer}/statement[{held.get('sid') or number}]", Kind.VALUE)
        actions = UNKNOWN if "not_actions" in held else held.get("actions", UNKNOWN)
        principals: Value = [] if not block.body.all("not_principals") else UNKNOWN
        for inner in block.body.all("principals"):
            principals = _added(principals, inner, evaluator)
        yield statement_of(held.get("effect", "Allow"), principals, actions, _condition(block, evaluator), at)


def _added(principals: Value, block: Block, evaluator: Evaluator) -> Value:
    values = {name: evaluator.value(a.expression) for name, a in block.body.attributes.items()}
    if values.get("type") not in ("AWS", "*"):
        return principals if isinstance(values.get("type"), str) else UNKNOWN
    named = values.get("identifiers")
    return [*principals, *named] if isinstance(principals, list) and isinstance(named, list) else UNKNOWN


def _condition(block: Block, evaluator: Evaluator) -> Value:
    made: dict[str, Value] = {}
    for inner in block.body.all("condition"):
        values = {name: evaluator.value(a.expression) for name, a in inner.body.attributes.items()}
        test, variable = values.get("test"), values.get("variable")
        if not isinstance(test, str) or not isinstance(variable, str):
            return {"?": UNKNOWN}
        held = made.setdefault(test, {})
        if isinstance(held, dict):
            held[variable] = values.get("values", UNKNOWN)
    if block.body.all("dynamic"):
        made["?"] = UNKNOWN
    return made
