"""Keys with which an application signs and encrypts, where Python code gives them or their default.

A default runs wherever nobody sets the variable: `os.environ.get("SECRET_KEY", "dev")`, `config("SECRET_KEY", default=…)`, a
field of pydantic settings. Flask's and Django's settings are read as FastAPI's are, for their keys only.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator

from batten.facts import Secret
from batten.formats.python import span
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import Place

_ENCODERS = ("jwt.encode", "jose.jwt.encode", "jwt.decode", "jose.jwt.decode")


def signing_keys(module: Module) -> Iterator[Secret]:
    """A fact for each place where a key is written, once."""
    seen: set[tuple[str, int]] = set()
    for name, given, named in _given(module):
        value = evaluate(module, given)
        if not isinstance(value.plain, str):
            continue
        held = credentials.found(name.upper(), value.plain, Place.SETTING if named else Place.CODE)
        at = value.module.value(value.node, name)
        place = (at.source, at.span.start if at.span is not None else 0)
        if held is not None and held.signs and at.source == module.path and place not in seen:
            seen.add(place)
            yield credentials.secret(at, name, held, "code")


def _given(module: Module) -> Iterator[tuple[str, ast.expr, bool]]:
    """The name, the value, and whether the name is that of a setting and not just of any variable."""
    for node in module.nodes:
        match node:
            case ast.Assign(targets=[target], value=value) if name := _name(target):
                yield name, _inner(value), name.isupper() or not isinstance(target, ast.Name)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if name := _name(target):
                yield name, _inner(value), True
            case ast.Call(args=[ast.Constant(value=str() as variable), *_]) if _signing(variable):
                default = argument(node, "default", 1)
                if default is not None:
                    yield variable, default, True
            case ast.Call(
                func=ast.Name(id="dict") | ast.Attribute(attr="update" | "from_mapping"),
                args=[],
                keywords=several,
            ):
                yield from ((k.arg, k.value, True) for k in several if k.arg and _entry(k.arg))
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str) and _entry(key.value):
                        yield key.value, value, True
            case ast.Call() if module.qualified(node.func) in _ENCODERS:
                key = argument(node, "key", 1)
                if isinstance(key, ast.Constant):
                    yield "JWT_SECRET", key, True


def _name(target: ast.expr) -> str:
    """The name of a key that is assigned: a variable's, an attribute's, or that of an entry of a configuration."""
    match target:
        case (
            ast.Name(id=name)
            | ast.Attribute(attr=name)
            | ast.Subscript(slice=ast.Constant(value=str() as name))
        ):
            return name if _signing(name) else ""
        case _:
            return ""


def _entry(name: str) -> bool:
    """Whether an entry of a dictionary is that of a setting: in capitals, as Flask's and Django's are."""
    return name.isupper() and _signing(name)


def _signing(name: str) -> bool:
    return credentials.signing_name(name.upper())


def _inner(value: ast.expr) -> ast.expr:
    """What `Field("…")`, `Field(default="…")` and `SecretStr("…")` hold."""
    match value:
        case ast.Call(func=ast.Name(id="Field" | "SecretStr"), args=[ast.expr() as first, *_]):
            return _inner(first)
        case ast.Call(func=ast.Name(id="Field"), keywords=keywords):
            return next((_inner(k.value) for k in keywords if k.arg == "default"), value)
        case _:
            return value


def required(module: Module, where: Span) -> Fix | None:
    """A variable without the default that is written there: the application does not start without it."""
    for call in module.calls():
        match call:
            case ast.Call(func=ast.Attribute(), args=[ast.Constant(value=str() as variable), *_]):
                default = argument(call, "default", 1)
                if default is None or span(module.source, default) != where:
                    continue
                reader = ast.unparse(call.func)
                if reader not in ("os.environ.get", "os.getenv"):
                    return None
                edit = Edit(module.path, span(module.source, call), f"os.environ[{json.dumps(variable)}]")
                breaks = f"starts without the variable {variable}"
                return Fix(f"require the variable {variable}", (edit,), safety=Safety.RISKY, breaks=breaks)
    return None
