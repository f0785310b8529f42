"""Blocks of HCL as `terraform fmt` lays them out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from batten.model.record import record


@record
class Raw:
    """An expression, written as it is."""

    text: str


@record
class Block:
    """`resource "type" "name" { … }`: `head` are its words, `body` its arguments, `inner` its blocks. `remark` stands above."""

    head: tuple[str, ...]
    body: Mapping[str, Value]
    inner: tuple[Block, ...] = ()
    remark: str = ""


Value: TypeAlias = "str | int | bool | Raw | Sequence[Value] | Mapping[str, Value]"


def resource(kind: str, name: str, body: Mapping[str, Value], *inner: Block, remark: str = "") -> Block:
    return Block(("resource", kind, name), body, inner, remark)


def data(kind: str, name: str, body: Mapping[str, Value], *inner: Block) -> Block:
    return Block(("data", kind, name), body, inner)


def block(name: str, body: Mapping[str, Value], *inner: Block) -> Block:
    return Block((name,), body, inner)


def text(blocks: Iterable[Block], *remarks: str) -> str:
    head = "".join(f"# {remark}\n" for remark in remarks)
    return head + "\n".join("\n".join(_lines(each)) + "\n" for each in blocks)


def _lines(each: Block) -> Iterator[str]:
    if each.remark:
        yield f"# {each.remark}"
    kind, *names = each.head
    opening = " ".join((kind, *map(json.dumps, names), "{"))
    if not each.body and not each.inner:
        yield f"{opening}}}"
        return
    yield opening
    # Signs of neighbours stand below each other; a value of several lines ends a group.
    group: list[tuple[str, str]] = []
    for name, value in each.body.items():
        written = expression(value, 1)
        if "\n" not in written:
            group.append((name, written))
            continue
        yield from _aligned(group)
        group = []
        yield f"  {name} = {written}"
    yield from _aligned(group)
    for number, inner in enumerate(each.inner):
        if number or each.body:
            yield ""
        yield from (f"  {line}" if line else "" for line in _lines(inner))
    yield "}"


def _aligned(group: list[tuple[str, str]]) -> Iterator[str]:
    width = max((len(name) for name, _ in group), default=0)
    return (f"  {name:<{width}} = {written}" for name, written in group)


def expression(value: Value, depth: int) -> str:
    """`depth` is how far its lines are indented."""
    match value:
        case Raw():
            return value.text
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
        case list():
            return f"[{', '.join(expression(each, depth) for each in value)}]"
        case dict():
            return _object(value, depth)
    raise TypeError(value)


def _object(value: Mapping[str, Value], depth: int) -> str:
    if not value:
        return "{}"
    indent = "  " * (depth + 1)
    width = max(len(_key(name)) for name in value)
    lines = [f"{indent}{_key(name):<{width}} = {expression(each, depth + 1)}" for name, each in value.items()]
    return "\n".join(("{", *lines, "  " * depth + "}"))


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() else json.dumps(name)
