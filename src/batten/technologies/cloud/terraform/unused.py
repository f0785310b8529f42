"""Policy documents that nothing of their module uses but outputs: judged by what they say, since they are written to be
attached."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Grant
from batten.formats.expressions import Expression
from batten.formats.hcl import Body
from batten.model import Kind, Setting, Unknown
from batten.technologies.cloud.terraform.documents import KIND
from batten.technologies.cloud.terraform.module import Module
from batten.technologies.cloud.terraform.resources import document_of
from batten.technologies.cloud.terraform.walk import traversals
from batten.technologies.shared.aws.policies import grants_of, placed
from batten.technologies.shared.aws.resource import Value

_HOLDERS = {"identity": "policy document", "resource": "document", "trust": "the role of document"}


def unused(module: Module) -> Iterator[Grant]:
    documents = {name: held for (kind, name), held in module.data.items() if kind == KIND}
    # The names of documents that some expression of the module has; what an output hands out is used elsewhere, if at
    # all.
    used = (
        {
            t.steps[1]
            for expression in _expressions(module)
            for t in traversals(expression)
            if t.root == "data" and len(t.steps) > 1 and t.steps[0] == KIND and isinstance(t.steps[1], str)
        }
        if documents
        else set()
    )
    for name, declared in documents.items():
        if name not in used:
            pointer = f"data.{KIND}.{declared.name}"
            policy: Setting[Value] = Setting(document_of(declared, module), declared.whole(pointer))
            written = [declared.place(b.span, pointer, Kind.VALUE) for b in declared.body.all("statement")]
            # What a document is for: one that names principals is a resource's or a role's.
            statements = [one for one, _ in placed(policy)]
            if all(one.who is None for one in statements):
                granted_kind = "identity"
            else:
                actions = [action for one in statements for action in one.actions]
                becoming = all(not isinstance(a, Unknown) and a.lower().startswith("sts:") for a in actions)
                granted_kind = "trust" if becoming else "resource"
            yield from grants_of(policy, granted_kind, f"{_HOLDERS[granted_kind]} `{declared.name}`", written)


def _expressions(module: Module) -> Iterator[Expression]:
    yield from module.locals.values()
    groups = (module.resources, module.data, module.calls)
    for declared in (one for group in groups for one in group.values()):
        for body in _bodies(declared.body):
            yield from (attribute.expression for attribute in body.attributes.values())


def _bodies(body: Body) -> Iterator[Body]:
    yield body
    yield from (block.body for block in body.walk())
