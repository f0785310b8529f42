"""Cookies that handlers set with `response.set_cookie(…)`."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator

from batten.facts import Cookie, Fact
from batten.formats.python import span
from batten.model import ABSENT, UNKNOWN, Fix, Safety, Setting, Span
from batten.technologies.shared.python.arguments import (
    domain_of,
    same_site_word,
    sensitive,
    sensitive_variable,
    setting,
    truth,
)
from batten.technologies.shared.python.edits import risky, with_keywords, within
from batten.technologies.shared.python.module import Module, argument, spreads
from batten.technologies.shared.python.values import evaluate


def cookies(module: Module, same_site: str, packages: tuple[str, ...]) -> Iterator[Fact]:
    """The flags are off unless they are given; `same_site` is the framework's default, "" for no attribute."""
    if not module.uses(*packages):
        return
    for call in cookie_calls(module):
        key = argument(call, "key", 0)
        name = evaluate(module, key).plain if key is not None else UNKNOWN
        shown = name if isinstance(name, str) else "(named by a variable)"
        pointer = f"set_cookie[{shown}]"
        if spreads(call) or len(call.args) > 6 or _made(module, key):
            continue
        # `samesite=None` sends no attribute.
        same_setting = setting(module, call, "samesite", same_site, same_site_word, pointer)
        yield Cookie(
            module.block(call, pointer),
            name=shown,
            secure=setting(module, call, "secure", False, truth, pointer, lambda secure: not secure),
            http_only=setting(module, call, "httponly", False, truth, pointer, lambda hidden: not hidden),
            same_site=Setting(ABSENT, same_setting.at) if same_setting.effective == "" else same_setting,
            domain=domain_of(setting(module, call, "domain", "", same_site_word, pointer)),
            sensitive=_sensitive(name, key),
        )


def _sensitive(name: object, key: ast.expr | None) -> bool:
    if isinstance(name, str) or key is None:
        return not isinstance(name, str) or sensitive(name)
    return sensitive_variable(ast.unparse(key))


def _made(module: Module, key: ast.expr | None) -> bool:
    """Whether the cookie is an object, which has its own flags."""
    if isinstance(key, ast.Name):
        key = module.names.get(key.id, key)
    return isinstance(key, ast.Call) and ast.unparse(key.func).rpartition(".")[2] == "Cookie"


def cookie_calls(module: Module) -> Iterator[ast.Call]:
    """The calls of a method `set_cookie`."""
    for call in module.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr == "set_cookie":
            yield call


def with_flags(module: Module, where: Span, same_site: str) -> Fix | None:
    """The flags of the call around a place set."""
    call = _call(module, where)
    if call is None:
        return None
    key = argument(call, "key", 0)
    # Whether the name is a constant's, which says what the cookie is (`LOGIN_COOKIE_NAME`); a local variable may be
    # of any.
    if (
        key is not None
        and not isinstance(evaluate(module, key).plain, str)
        and not ast.unparse(key).rpartition(".")[2].isupper()
    ):
        question = f"does a script of a page read the cookie `{ast.unparse(key)}`? Give it `httponly=True` if none does, and `secure=True`"
        return Fix("set the cookie's flags", (), safety=Safety.VALUE, question=question)
    flags_key = argument(call, "key", 0)
    name = evaluate(module, flags_key).plain if flags_key is not None else None
    if not _sensitive(name, flags_key):
        flags: dict[str, str] = {"secure": "True"}
    else:
        given = argument(call, "samesite")
        missing = not same_site if given is None else evaluate(module, given).plain is None
        flags = {"secure": "True", "httponly": "True", **({"samesite": '"lax"'} if missing else {})}
    edits = with_keywords(module, call, flags)
    return risky("set the cookie's flags", edits, "plain HTTP clients, and scripts that read the cookie")


def _call(module: Module, where: Span) -> ast.Call | None:
    """The call that sets a cookie around a place."""
    found = module.workspace.kept(("python cookies", module.path), lambda: _placed(module))
    before = found[: bisect_right(found, where.start, key=lambda one: one[0].start)]
    return next((call for around, call in reversed(before) if within(where, around)), None)


def _placed(module: Module) -> list[tuple[Span, ast.Call]]:
    """The calls that set cookies, in the order of the file."""
    found = ((span(module.source, call), call) for call in cookie_calls(module))
    return sorted(found, key=lambda one: one[0].start)
