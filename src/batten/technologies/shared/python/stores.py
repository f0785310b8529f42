"""Stores that Python code connects to with a password that is written there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact
from batten.technologies.shared.python.module import Module
from batten.technologies.shared.secrets import code

_READ_ELSEWHERE = ("SQLALCHEMY_DATABASE_URI",)  # Flask's


def stores(module: Module) -> Iterator[Fact]:
    """A fact for each URL and password, once. Settings of Django have a reader of their own."""
    django = "INSTALLED_APPS" in module.assigned
    for node in module.nodes:
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                name = _name(target)
                if not (django and name.isupper()) and name not in _READ_ELSEWHERE:
                    yield from _url(module, name, value)
            case ast.Call():
                yield from _given(module, node)
            case ast.Dict() if not django:
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield from _url(module, key.value, value)


def _given(module: Module, call: ast.Call) -> Iterator[Fact]:
    """What a call is given: a URL, or a password beside the host or the user."""
    called = ast.unparse(call.func).rpartition(".")[2] if not isinstance(call.func, ast.Call) else ""
    variable = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    asked = isinstance(variable, str) and variable.isupper()  # `os.getenv("DATABASE_URL", "…")`
    for one in call.args:
        yield from _url(module, str(variable) if asked else called, one)
    named = {k.arg: k.value for k in call.keywords if k.arg}
    for name, value in named.items():
        yield from _url(module, str(variable) if asked else name, value)
        yield from code.of_login(name, _text(value), set(named), module.value(value, name))


def _url(module: Module, name: str, node: ast.expr) -> Iterator[Fact]:
    text = _text(node)
    if "://" in text:
        yield from code.of_url(name, text, module.value(node, name))


def _text(node: ast.expr) -> str:
    """A text, with a NUL for each part that is put in; "" for everything else."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(p) if isinstance(p, ast.Constant) else "\0" for p in parts)
        case _:
            return ""


def _name(target: ast.expr) -> str:
    match target:
        case (
            ast.Name(id=name)
            | ast.Attribute(attr=name)
            | ast.Subscript(slice=ast.Constant(value=str() as name))
        ):
            return name
        case _:
            return ""
