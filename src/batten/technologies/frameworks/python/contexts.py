"""Contexts of `ssl` that clients use without verification.

Sources: https://docs.python.org/3/library/ssl.html#ssl.create_default_context, #ssl.SSLContext.verify_mode,
#ssl.SSLContext.check_hostname and https://peps.python.org/pep-0476/ (the functions that begin with an underscore).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from enum import Enum

from batten.facts import Feature
from batten.model import Setting, Switch
from batten.model.record import record
from batten.technologies.frameworks.python.calls import local, target, unchecked
from batten.technologies.frameworks.python.scopes import Scopes
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate

UNVERIFIED = ("ssl._create_unverified_context", "ssl._create_stdlib_context")
_DEFAULT = "ssl._create_default_https_context"
_MADE = (
    "httpx.create_ssl_context",
    "urllib3.util.create_urllib3_context",
    "urllib3.util.ssl_.create_urllib3_context",
)
_OWN_ROOTS = ("cafile", "capath", "cadata")
_USES = ("context", "ssl", "ssl_context", "sslcontext", "verify")


class _Side(Enum):
    CLIENT = "client"
    SERVER = "server"
    UNKNOWN = "unknown"


@record
class Part:
    """What is said of one context in one scope: the statements, by the name that the context has there."""

    scope: int
    name: str


@record
class Said:
    """An attribute of a context and what it is set to, or a method of it that is called, with the expression."""

    attribute: str
    node: ast.expr


def contexts(module: Module, scopes: Scopes) -> Iterator[Feature]:
    """A fact for each context, where verification is turned off."""
    if not module.uses("ssl", "httpx", "urllib3"):
        return
    said: dict[Part, list[Said]] = {}
    for node in module.nodes:
        match node:
            case ast.Assign(targets=[target_node], value=value) if module.qualified(target_node) == _DEFAULT:
                if module.qualified(value) in UNVERIFIED and not scopes.chosen(node):
                    yield _feature(module, value, "_create_default_https_context")
            case ast.Assign(targets=[ast.Attribute(value=base, attr=attr)], value=value) if attr in (
                "verify_mode",
                "check_hostname",
            ):
                said.setdefault(_part(scopes, base), []).append(Said(attr, value))
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as base], value=ast.Call() as value):
                said.setdefault(_part(scopes, base), []).append(Said("", value))
            case ast.Call():
                for part, one in _used(scopes, node):
                    said.setdefault(part, []).append(one)
    for part, statements in said.items():
        yield from _judged(module, scopes, part, statements, said)
    for call in module.calls():
        if module.qualified(call.func) in UNVERIFIED:
            yield from _unverified(module, scopes, call, said)


def _part(scopes: Scopes, base: ast.expr) -> Part:
    return Part(id(scopes.function(base)), ast.unparse(base)[:200])


def _used(scopes: Scopes, call: ast.Call) -> Iterator[tuple[Part, Said]]:
    """A method of a context, and a call that is given one."""
    match call.func:
        case ast.Attribute(value=ast.Name() | ast.Attribute() as base, attr=attr) if attr in (
            "load_verify_locations",
            "load_cert_chain",
            "wrap_socket",
        ):
            yield _part(scopes, base), Said(attr, call)
        case ast.Attribute(attr="getpeercert"):
            yield Part(id(scopes.function(call)), ""), Said("getpeercert", call)
    for keyword in call.keywords:
        if keyword.arg in _USES and isinstance(keyword.value, ast.Name | ast.Attribute):
            yield _part(scopes, keyword.value), Said("used", call)


def _judged(
    module: Module, scopes: Scopes, part: Part, statements: list[Said], said: dict[Part, list[Said]]
) -> Iterator[Feature]:
    modes = [one.node for one in statements if one.attribute == "verify_mode"]
    names = [one.node for one in statements if one.attribute == "check_hostname"]
    unnamed = bool(names) and all(evaluate(module, node).plain is False for node in names)
    unproven = bool(modes) and all(unchecked(module, node) for node in modes)
    if not (unnamed or unproven) or _spared(module, part, statements, said):
        return
    at = modes[-1] if unproven else names[-1]
    side = _side(module, _maker(part, statements, said))
    if side is _Side.SERVER or scopes.chosen(at):
        return
    if unproven and (side is _Side.CLIENT or unnamed):
        yield _feature(module, at, f"{part.name}.verify_mode")
    elif not modes and side is _Side.CLIENT and not _has_own_roots(statements):
        yield _feature(module, at, f"{part.name}.check_hostname")


def _spared(module: Module, part: Part, statements: list[Said], said: dict[Part, list[Said]]) -> bool:
    """Whether the program looks at the certificate itself, or connects to its own machine only."""
    uses = [one.node for one in statements if one.attribute == "used"]
    near = bool(uses) and all(isinstance(call, ast.Call) and local(target(module, call)) for call in uses)
    return near or Part(part.scope, "") in said


def _maker(part: Part, statements: list[Said], said: dict[Part, list[Said]]) -> ast.expr | None:
    """The call that made the context: in the same scope, or at the module's level."""
    made = [one.node for one in statements if one.attribute == ""]
    if not made:
        made = [one.node for one in said.get(Part(id(None), part.name), ()) if one.attribute == ""]
    return made[-1] if made else None


def _side(module: Module, made: ast.expr | None) -> _Side:
    if not isinstance(made, ast.Call):
        return _Side.UNKNOWN
    name = module.qualified(made.func)
    if name == "ssl.create_default_context":
        purpose = argument(made, "purpose", 0)
        server = purpose is not None and not module.qualified(purpose).endswith("SERVER_AUTH")
        return _Side.SERVER if server else _Side.CLIENT
    if name == "ssl.SSLContext":
        protocol = module.qualified(argument(made, "protocol", 0)).rpartition(".")[2]
        sides = {"PROTOCOL_TLS_CLIENT": _Side.CLIENT, "PROTOCOL_TLS_SERVER": _Side.SERVER}
        return sides.get(protocol, _Side.UNKNOWN)
    # What is unverified from the beginning is said where it is made.
    return _Side.CLIENT if name in _MADE else _Side.SERVER if name in UNVERIFIED else _Side.UNKNOWN


def _has_own_roots(statements: list[Said]) -> bool:
    """Whether it trusts an authority of its own only, which signs for nobody else."""
    return any(
        one.attribute == "load_verify_locations"
        or (isinstance(one.node, ast.Call) and any(k.arg in _OWN_ROOTS for k in one.node.keywords))
        for one in statements
        if one.attribute in ("", "load_verify_locations")
    )


def _unverified(
    module: Module, scopes: Scopes, call: ast.Call, said: dict[Part, list[Said]]
) -> Iterator[Feature]:
    for above in scopes.above(call):
        match above:
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as base]):
                part = _part(scopes, base)
                statements = said.get(part, [])
                again = any(
                    one.attribute == "verify_mode" and not unchecked(module, one.node) for one in statements
                )
                if again or _spared(module, part, statements, said):
                    return
            case ast.Call() if local(target(module, above)):
                return
        if isinstance(above, ast.stmt):
            break
    if not scopes.chosen(call):
        yield _feature(module, call.func, "_create_unverified_context")


def _feature(module: Module, node: ast.expr, pointer: str) -> Feature:
    at = module.value(node, pointer)
    return Feature(at, Switch.VERIFY_TLS, Setting(False, at), pointer)
