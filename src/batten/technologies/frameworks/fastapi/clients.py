"""Calls that verify no certificate."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import Setting, Switch
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate

_CLIENTS = ("requests", "httpx")
_CALLS = frozenset(
    (
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "request",
        "stream",
        "send",
        "Client",
        "AsyncClient",
    )
)
_LOOPBACK = ("https://localhost", "https://127.", "https://[::1]")


def unverified(module: Module) -> Iterator[Fact]:
    """`verify=False` given to requests or httpx, or to a session or client of theirs."""
    if not module.uses(*_CLIENTS):
        return
    for node in module.nodes:
        match node:
            case ast.Call() if (given := argument(node, "verify")) is not None:
                target, called = _target(module, node), ast.unparse(node.func).rpartition(".")[2]
                if (
                    called in _CALLS
                    and evaluate(module, given).plain is False
                    and not target.startswith(_LOOPBACK)
                ):
                    at = module.value(given, f"{ast.unparse(node.func)}/verify")
                    yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), ast.unparse(node.func))
            case ast.Assign(
                targets=[ast.Attribute(attr="verify") as changed], value=ast.Constant(value=False) as given
            ):
                at = module.value(given, ast.unparse(changed))
                yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), ast.unparse(changed))


def _target(module: Module, call: ast.Call) -> str:
    for given in (*call.args[:2], *(k.value for k in call.keywords if k.arg in ("url", "base_url"))):
        value = evaluate(module, given).plain
        if isinstance(value, str) and "://" in value:
            return value.lower()
    return ""
