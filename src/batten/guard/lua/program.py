"""A Lua program of validators: the runtime with what was compiled, in one text."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from batten.guard.lua.schemas import Compiler
from batten.guard.lua.text import indented


def runtime(name: str = "runtime") -> str:
    """The source of one of this folder's Lua files."""
    return files("batten.guard.lua").joinpath(f"{name}.lua").read_text(encoding="utf-8")


def local_module(name: str, source: str) -> Iterator[str]:
    """A Lua module's text as a local variable: engines that take one text have nothing to require."""
    yield f"local {name} = (function()"
    yield from indented(source.rstrip("\n").split("\n"))
    yield "end)()"


def validators(compiler: Compiler) -> Iterator[str]:
    """`F`, ready to be called, on top of `R`."""
    yield "local kind, null, type, next = R.kind, R.null, type, next"
    yield "local K, F, E = {}, {}, {}"
    yield "local function made(text) local _, value = R.decode(text); return value end"
    yield from compiler.parts.lines()
