"""Arguments of calls as settings: what is written, a default, or UNKNOWN."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import TypeVar

from batten.facts import OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Absent, Location, Setting, Unknown
from batten.technologies.shared.python.module import Module, argument, spreads
from batten.technologies.shared.python.values import Plain, Value, evaluate

T = TypeVar("T")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# Parts of a variable's name that say nothing of the cookie in it.
_PLAIN_PARTS = frozenset(
    [
        "cookie",
        "cookies",
        "name",
        "names",
        "key",
        "const",
        "constant",
        "constants",
        "setting",
        "settings",
        "config",
        "configuration",
        "default",
        "option",
        "options",
        "self",
        "this",
        "cls",
        "value",
        "str",
        "string",
        "opts",
        "conf",
        "cfg",
    ]
)


def setting(
    module: Module,
    call: ast.Call,
    name: str,
    default: T | Absent,
    read: Callable[[Plain], T | Unknown],
    pointer: str,
    unsafe: Callable[[T], bool] = lambda value: False,
) -> Setting[T]:
    """A keyword's effective value. What the environment may overrule is known only when the default
    itself is `unsafe`."""
    given = argument(call, name)
    if given is None:
        at = module.block(call, f"{pointer}/{name}")
        return Setting(UNKNOWN, at) if spreads(call) else Setting(ABSENT, at, default)
    value = evaluate(module, given)
    at = place_of(module, given, value, f"{pointer}/{name}")
    if isinstance(value.plain, Unknown):
        return Setting(UNKNOWN, at)
    known = read(value.plain)
    if value.overridable and (isinstance(known, Unknown) or not unsafe(known) or value.deployed):
        return Setting(UNKNOWN, at)
    return Setting(known, at)


def place_of(module: Module, given: ast.expr, value: Value, pointer: str) -> Location:
    """Where the value itself is written; where it is used when that is in another file."""
    return module.value(value.node if value.module.path == module.path else given, pointer)


def truth(value: Plain) -> bool | Unknown:
    """A value as pydantic and its kin take it for a boolean."""
    if isinstance(value, str):  # pydantic and friends read words
        return value.lower() in ("1", "true", "yes", "on")
    return bool(value)


def words(value: Plain) -> tuple[str, ...] | Unknown:
    """A value as a tuple of texts; one text is a tuple of one."""
    if isinstance(value, str):
        return (value,)
    if value is None:
        return ()
    return tuple(str(v) for v in value) if isinstance(value, tuple) else UNKNOWN


def text(value: Plain) -> str | Unknown:
    """A value as text that is not empty."""
    return value if isinstance(value, str) and value else UNKNOWN


def rule(origin: str, at: Location) -> OriginRule:
    """An origin as a rule of CORS."""
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(origin, OriginKind.EXACT), Setting(origin, at))


def same_site_word(value: Plain) -> str | Unknown:
    """A word, with "" for None."""
    return "" if value is None else value if isinstance(value, str) else UNKNOWN


def domain_of(setting: Setting[str]) -> Setting[str]:
    """`None` and "" are the host itself."""
    return Setting(ABSENT, setting.at) if setting.effective == "" else setting


_SENSITIVE = re.compile(  # neither an author nor a sidebar
    r"sess|token|auth(?!ors?(?![a-z]))|jwt|login|remember|refresh|sid(?![a-z])|user|account|credential"
)
_FOR_SCRIPTS = ("csrf", "xsrf", "theme", "lang", "locale", "consent", "banner", "redirect")


def sensitive_variable(written: str) -> bool:
    """The same of a cookie whose name a variable holds, by the variable's own name; one that tells nothing may be any."""
    last = re.split(r"[.:>@]", written[-200:])[-1]
    told = " ".join(part.lower() for part in _PART.findall(last) if part.lower() not in _PLAIN_PARTS)
    return not told or not last.replace("_", "").isalnum() or sensitive(told)


def sensitive(name: str) -> bool:
    """Whether the name says that scripts have no business with it; CSRF cookies are made for scripts."""
    lowered = name.lower()
    if any(word in lowered for word in _FOR_SCRIPTS):
        return False
    return _SENSITIVE.search(lowered) is not None
