"""Handlers without the login that most handlers of their module require."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from batten.facts import Fact, Feature
from batten.model import ABSENT, Setting, Switch
from batten.technologies.frameworks.flask.routes import VERBS
from batten.technologies.shared.python.handlers import Function
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate

_LOGIN = re.compile(r"(?:login|auth|token|jwt|role|permission|admin)\w*_(?:required|accepted)$|^(?:login_required|auth_required|jwt_required|require_(?:auth|login|oauth|token)\w*)$")  # fmt: skip
# Where credentials are got, or what everyone may see.
_OPEN = re.compile(r"login|log-in|logout|sign-?[iu]n|sign-?up|register|auth|token|password|health|ready|live|ping|status|static|favicon|robots|version|index|webhook|callback|public|about|csrf|docs|openapi", re.IGNORECASE)  # fmt: skip
_FEWEST = 3  # handlers with a login that show that it is the rule


def logins(module: Module) -> Iterator[Fact]:
    """What three of four handlers of a module require, and the others do not."""
    handlers = [
        (f, d, path) for f in module.nodes if isinstance(f, Function) for d, path in _registered(module, f)
    ]
    guarded = [one for one in handlers if _requires(one[0])]
    bare = [one for one in handlers if not _requires(one[0])]
    # Whether a hook runs before each request, which may refuse it.
    if (
        len(guarded) < _FEWEST
        or 3 * len(bare) > len(guarded)
        or any(
            "before_request" in ast.unparse(d)
            for f in module.nodes
            if isinstance(f, Function)
            for d in f.decorator_list
        )
    ):
        return
    for _, decorator, path in bare:
        if path.strip("/") and not _OPEN.search(path):
            at = module.block(decorator, f"login[{path}]")
            yield Feature(at, Switch.LOGIN, Setting(ABSENT, at, False), path)


def _registered(module: Module, function: Function) -> Iterator[tuple[ast.Call, str]]:
    for decorator in function.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in ("route", *VERBS):
                given = argument(decorator, "rule", 0)
                path = evaluate(module, given).plain if given is not None else None
                if isinstance(path, str):
                    yield decorator, path


def _requires(function: Function) -> bool:
    called = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    return any(_LOGIN.search(ast.unparse(one).rpartition(".")[2]) for one in called)
