"""Bucket policies, however they are written, as statements."""

from __future__ import annotations

from dataclasses import replace

from batten.formats.expressions import Call, Expression, Object, Parentheses, Tuple
from batten.formats.hcl import Attribute
from batten.model import Kind, Location, Setting, Span
from batten.model.record import record
from batten.technologies._aws.access.documents import Statement, complete
from batten.technologies._aws.policies import placed
from batten.technologies.terraform.documents import KIND
from batten.technologies.terraform.evaluate import Evaluator, Reference
from batten.technologies.terraform.module import Declared
from batten.technologies.terraform.resources import plain


@record
class Policy:
    """Its statements, each with its place; `whole`: those are all. `at` is the policy as a whole."""

    statements: list[tuple[Statement, Location]]
    at: Location
    whole: bool


def policy(declared: Declared, attribute: Attribute, pointer: str, evaluator: Evaluator) -> Policy:
    """The policy of an attribute: `jsonencode({…})`, a JSON text, or a policy document of the module's."""
    at = declared.value(attribute, pointer)
    value = evaluator.value(attribute.expression)
    source, spans = declared, _spans(attribute.expression)
    if isinstance(value, Reference) and value.data and value.kind == KIND:
        document = evaluator.module.data.get((KIND, value.name))
        if document is not None:
            at, source = document.whole(pointer), document
            spans = [block.span for block in document.body.all("statement")]
    held = plain(value, evaluator.module)
    written = [source.place(span, pointer, Kind.VALUE) for span in spans]
    found = placed(Setting(held, at), written)
    if len(written) != len(found):
        found = [(one, replace(place, kind=Kind.VALUE)) for one, place in found]
    return Policy(found, at, complete(held))


def _spans(expression: Expression) -> list[Span]:
    """Where each statement is written, where that can be told."""
    listed = statements_of(expression)
    if isinstance(listed, Tuple):
        return [item.span for item in listed.items]
    return [listed.span] if isinstance(listed, Object) else []


def statements_of(expression: Expression) -> Expression | None:
    """What `Statement` is set to in a `jsonencode({…})`."""
    match expression:
        case Parentheses(inner=inner):
            return statements_of(inner)
        case Call(name="jsonencode", args=(Object() as encoded,)):
            return encoded.get("Statement")
        case _:
            return None
