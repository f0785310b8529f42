"""The settings that modules use, as the inventory spells them: `aws_db_instance.storage_encrypted`, nested blocks with dots between."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Workspace
from batten.formats.hcl import Block
from batten.model import Location
from batten.technologies import Unit
from batten.technologies.cloud.terraform.calls import modules
from batten.technologies.cloud.terraform.module import Declared


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    seen: set[int] = set()
    for module in modules(unit, workspace):
        for declared in () if module.library else (*module.resources.values(), *module.data.values()):
            if id(declared) not in seen:
                seen.add(id(declared))
                kind = declared.block.labels[0]
                yield from _of(
                    declared, declared.block, f"data.{kind}" if declared.block.type == "data" else kind
                )


def _of(declared: Declared, outer: Block, name: str) -> Iterator[tuple[str, Location]]:
    waiting = [(outer, name)]
    while waiting:
        block, path = waiting.pop()
        for attribute in block.body.attributes.values():
            yield f"{path}.{attribute.name}", declared.value(attribute, f"{path}.{attribute.name}")
        for inner in block.body.blocks:
            if inner.type == "dynamic" and inner.labels:
                content = inner.body.first("content")
                waiting += [(content, f"{path}.{inner.labels[0]}")] if content is not None else []
            else:
                waiting.append((inner, f"{path}.{inner.type}"))
