"""Policy documents that no resource of their module takes: judged for themselves, since what takes them is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Grant
from batten.formats.expressions import Expression
from batten.formats.hcl import Body
from batten.model import Kind, Setting
from batten.technologies._aws.policies import grants_of
from batten.technologies._aws.resource import Value
from batten.technologies.terraform.documents import KIND
from batten.technologies.terraform.module import Module
from batten.technologies.terraform.resources import document_of
from batten.technologies.terraform.walk import traversals


def grants(module: Module) -> Iterator[Grant]:
    """What the documents allow that only outputs, calls or nothing at all refer to."""
    taken = set(_taken(module))
    for (kind, name), declared in module.data.items():
        if kind == KIND and name not in taken:
            value = document_of(declared, module)
            at = declared.whole(f"data.{KIND}.{name}")
            written = [declared.place(b.span, at.pointer, Kind.BLOCK) for b in declared.body.all("statement")]
            for sort in _sorts(value):
                yield from grants_of(Setting(value, at), sort, f"policy document `{name}`", written)


def _taken(module: Module) -> Iterator[str]:
    """The documents that resources or other documents use, also by way of a local."""
    bodies = [d.body for d in (*module.resources.values(), *module.data.values(), *module.settled)]
    for body in bodies:
        for attribute in _attributes(body):
            for traversal in traversals(attribute):
                if traversal.root == "data" and traversal.steps[:1] == (KIND,) and len(traversal.steps) > 1:
                    yield str(traversal.steps[1])


def _attributes(body: Body) -> Iterator[Expression]:
    yield from (a.expression for a in body.attributes.values())
    for block in body.walk():
        yield from (a.expression for a in block.body.attributes.values())


def _sorts(value: Value) -> Iterator[str]:
    """What a document is for: of identities where no statement names a principal, of a resource or role where all do."""
    held = value.get("Statement") if isinstance(value, dict) else None
    statements = held if isinstance(held, list) else []
    known = [one for one in statements if isinstance(one, dict)]
    named = [one for one in known if "Principal" in one or "NotPrincipal" in one]
    if not known or len(known) != len(statements) or len(named) not in (0, len(known)):
        return
    if not named:
        yield "identity"
    else:
        assumed = all("sts:Assume" in str(one.get("Action", "")) for one in known)
        yield "trust" if assumed else "resource"
