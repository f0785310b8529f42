"""A Lua program of validators: the runtime with what was compiled, in one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.files.own import own_text
from batten.guard.lua.schemas import Compiler
from batten.guard.lua.text import indented

RUNTIME = ("runtime", "values", "reader")


def runtime() -> list[str]:
    """`R`, which every compiled validator stands on."""
    source = "\n".join(map(source_of, RUNTIME))
    return ["local R = (function()", *indented([*source.split("\n"), "return R"]), "end)()"]


def source_of(name: str) -> str:
    """One of this folder's Lua files."""
    text = own_text(f"guard/lua/{name}.lua")
    assert text is not None
    return text


def validators(compiler: Compiler, roots: Iterable[str] | None = None) -> Iterator[str]:
    """`F` and `P`, ready to be called, on top of `R`; only what `roots` name, where they are given."""
    yield "local kind, null, type, next = R.kind, R.null, type, next"
    yield "local plain, no, sub = R.plain, R.no, string.sub"
    yield "local first_member, next_member, first_item, next_item = R.first_member, R.next_member, R.first_item, R.next_item"
    yield "local K, F, E, P = {}, {}, {}, {}"
    yield "local function made(text) local _, value = R.decode(text); return value end"
    yield from compiler.parts.lines(roots)
