"""Bucket policies, however they are written, as statements."""

from __future__ import annotations

from dataclasses import replace

from batten.formats.hcl import Attribute
from batten.model import Kind, Location, Setting
from batten.model.record import record
from batten.technologies.cloud.terraform.documents import KIND
from batten.technologies.cloud.terraform.evaluate import Evaluator, Reference
from batten.technologies.cloud.terraform.module import Declared
from batten.technologies.cloud.terraform.resources import plain
from batten.technologies.cloud.terraform.walk import spans
from batten.technologies.shared.aws.access.documents import Statement, complete
from batten.technologies.shared.aws.policies import placed


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
    source, held_in = declared, spans(attribute.expression, "Statement")
    if isinstance(value, Reference) and value.data and value.kind == KIND:
        document = evaluator.module.data.get((KIND, value.name))
        if document is not None:
            at, source = document.whole(pointer), document
            held_in = [block.span for block in document.body.all("statement")]
    held = plain(value, evaluator.module)
    written = [source.place(span, pointer, Kind.VALUE) for span in held_in]
    found = placed(Setting(held, at), written)
    if len(written) != len(found):
        found = [(one, replace(place, kind=Kind.VALUE)) for one, place in found]
    return Policy(found, at, complete(held))
