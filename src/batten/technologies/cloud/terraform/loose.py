"""What configures a bucket that is declared elsewhere: judged as far as it says something, and nothing else of the bucket is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from batten.formats.hcl import Block, Body
from batten.model import UNKNOWN, Unknown
from batten.technologies.cloud.terraform.bucket_parts import BUCKET, exists
from batten.technologies.cloud.terraform.buckets import View, views
from batten.technologies.cloud.terraform.dynamic import expanded
from batten.technologies.cloud.terraform.evaluate import Evaluator
from batten.technologies.cloud.terraform.module import Declared, Module

_KINDS = ("acl", "public_access_block", "policy", "versioning", "cors_configuration")


@dataclass(slots=True)
class Elsewhere(View):
    """A bucket of which only these parts are here."""

    held: dict[str, Declared] = field(default_factory=dict)

    @property
    def pointer(self) -> str:
        """The parts have the addresses; a bucket has none here."""
        return ".".join(next(iter(self.held.values())).block.labels)

    def part(self, kind: str) -> Declared | Unknown | None:
        held = self.held.get(kind, UNKNOWN)
        return held if isinstance(held, Unknown) else expanded(held, self.evaluator)


def loose(module: Module) -> list[View]:
    """The parts that no bucket of the module has, joined where they name their bucket in the same words."""
    if "loose" not in module.parts:
        evaluator = Evaluator(module)
        owned = {
            tuple(part.block.labels)
            for view in views(module)
            for kind in _KINDS
            if isinstance(part := view.part(kind), Declared)
        }
        found: dict[str, Elsewhere] = {}
        for parts_kind in _KINDS:
            for parts_declared in module.of(f"{BUCKET}_{parts_kind}"):
                kind, declared = parts_kind, parts_declared
                if tuple(declared.block.labels) in owned or not exists(declared, evaluator):
                    continue
                # The words that name the bucket, as they are written.
                bucket = declared.body.attributes.get("bucket")
                if bucket is None or {"count", "for_each"} & set(declared.body.attributes):
                    named = ""
                else:
                    span = bucket.expression.span
                    named = declared.source_of(bucket).text[span.start : span.end]
                key = (
                    named
                    if named and kind not in getattr(found.get(named), "held", {})
                    else f"{kind} {declared.name}"
                )
                if key not in found:
                    # A bucket with nothing in it, where its first part stands.
                    block = Block(
                        "resource",
                        [BUCKET, declared.name],
                        Body({}, [], declared.block.body.span),
                        declared.block.span,
                        declared.block.head,
                    )
                    found[key] = Elsewhere(module, evaluator, Declared(block, declared.source))
                found[key].held[kind] = declared
        module.parts["loose"] = list(found.values())
    return cast("list[View]", module.parts["loose"])


def view_at(module: Module, pointer: str) -> View | None:
    """The bucket that is elsewhere, by the pointer of what was found of it."""
    return next((view for view in loose(module) if pointer.startswith(f"{view.pointer}/")), None)
