"""Cookies that an application sets, and the keys that sign its sessions and tokens.

Sources: https://expressjs.com/en/api.html#res.cookie (no flag by default), https://expressjs.com/en/resources/middleware/session.html
(HttpOnly by default), https://expressjs.com/en/resources/middleware/cookie-session.html, https://github.com/fastify/fastify-cookie,
https://github.com/auth0/node-jsonwebtoken, https://github.com/auth0/express-jwt, https://github.com/fastify/fastify-jwt,
https://github.com/mikenicholson/passport-jwt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from tree_sitter import Node

from batten.facts import Cookie, Secret
from batten.model import ABSENT, UNKNOWN, Location, Setting, Span
from batten.technologies.frameworks.express.environment import fallback
from batten.technologies.frameworks.express.module import Module, argument
from batten.technologies.shared.python.arguments import sensitive, sensitive_variable
from batten.technologies.shared.secrets import credentials

_PLUGINS = ("@fastify/jwt", "fastify-jwt", "@fastify/session", "@fastify/cookie")
SETTERS = ("cookie", "setCookie")
_PUBLIC = re.compile(r"-----BEGIN (?:[A-Z]+ )?(?:PUBLIC KEY|CERTIFICATE)-----")  # what anyone may verify with
_SIGNERS = {
    "express-session": ("secret", None),
    "cookie-session": ("keys", None),
    "cookie-parser": ("", 0),
    "@nestjs/jwt.JwtModule.register": ("secret", None),
    "express-jwt": ("secret", None),
    "express-jwt.expressjwt": ("secret", None),
    "koa-jwt": ("secret", None),
    "passport-jwt.Strategy": ("secretOrKey", None),
    "jsonwebtoken.sign": ("", 1),
    "jsonwebtoken.verify": ("", 1),
}


def cookies(module: Module) -> Iterator[Cookie]:
    """What handlers set, and the cookies of sessions; `parseOptions` of `@fastify/cookie` are laid under what handlers say."""
    registered = any(_has_options(module, call) for call in module.calls)
    for call in module.calls:
        name = module.called(call)
        if name.split(".")[-1] in SETTERS and name.split(".")[0] in ("res", "response", "reply", "rep"):
            if registered and name.endswith(".setCookie"):
                continue
            given, set_name = argument(call, 2), module.string(argument(call, 0))
            if argument(call, 1) is not None and not (given is not None and module.open(given)):
                at = module.block(call, f"cookie[{set_name or '(named by a variable)'}]")
                made = _cookie(module, given, at, set_name, False)
                yield (
                    made
                    if set_name
                    else replace(made, sensitive=sensitive_variable(module.text(argument(call, 0))))
                )
        elif name == "express-session":
            yield from _session(module, call)


def _has_options(module: Module, call: Node) -> bool:
    """Source: `setCookie` in https://github.com/fastify/fastify-cookie/blob/master/plugin.js."""
    plugin = module.qualified(argument(call, 0)) if module.called(call).endswith(".register") else ""
    given = argument(call, 1) if plugin in ("@fastify/cookie", "fastify-cookie") else None
    return given is not None and (module.open(given) or module.option(given, "parseOptions") is not None)


def _cookie(module: Module, given: Node | None, at: Location, name: str, http_only: bool) -> Cookie:
    node = module.option(given, "sameSite")
    if node is None:
        same_site: Setting[str] = Setting(ABSENT, at)
    else:
        match module.plain(node):
            case str() as word:
                same_site = Setting(word.lower(), at)
            case True:
                same_site = Setting("strict", at)
            case False:
                same_site = Setting(ABSENT, at)
            case _:
                same_site = Setting(UNKNOWN, at)
    return Cookie(
        at,
        name=name or "(named by a variable)",
        secure=_flag(module, given, "secure", at, False),
        http_only=_flag(module, given, "httpOnly", at, http_only),
        same_site=same_site,
        sensitive=not name or sensitive(name),
    )


def _session(module: Module, call: Node) -> Iterator[Cookie]:
    """Its cookie is HttpOnly unless it is told otherwise; `SameSite` is left to browsers, which send `Lax`."""
    given = argument(call, 0)
    if module.open(given):
        return
    options = module.option(given, "cookie")
    if options is not None and module.open(options):
        return
    name = module.string(module.option(given, "name")) or "connect.sid"
    at = module.block(call, f"session[{name}]")
    yield _cookie(module, options, at, name, True)


def _flag(module: Module, given: Node | None, key: str, at: Location, default: bool) -> Setting[bool]:
    node = module.option(given, key)
    if node is None:
        return Setting(ABSENT, at, default)
    value = module.plain(node)
    if value is UNKNOWN and fallback(module, node) is False:
        value = False
    return Setting(value if isinstance(value, bool) else UNKNOWN, at)


def keys(module: Module) -> Iterator[Secret]:
    """Literals that sign, and defaults of variables that hold such a key."""
    met: set[Span | None] = set()  # one literal may sign here and be verified there
    found: list[Iterator[Secret]] = []
    for node in module.script.nodes:
        match node.type:
            case "call_expression" | "new_expression":
                called = module.called(node) or module.qualified(node.child_by_field_name("constructor"))
                plugin = module.qualified(argument(node, 0)) if called.endswith(".register") else ""
                if called in _SIGNERS:
                    found.append(_signer(module, node, called))
                elif plugin in _PLUGINS:
                    found.append(_keys(module, plugin, module.option(argument(node, 1), "secret")))
            case "binary_expression":
                found.append(_default(module, node))
    for secret in chain.from_iterable(found):
        if secret.at.span not in met:
            met.add(secret.at.span)
            yield secret


def _signer(module: Module, call: Node, called: str) -> Iterator[Secret]:
    key, index = _SIGNERS[called]
    given = argument(call, index) if index is not None else module.option(argument(call, 0), key)
    return _keys(module, called, given)


def _keys(module: Module, called: str, given: Node | None) -> Iterator[Secret]:
    given = module.resolved(given)
    for one in (
        given.named_children if given is not None and given.type == "array" else [given] if given else []
    ):
        node = one
        if node.type == "binary_expression" and module.text(node.child_by_field_name("operator")) in (
            "||",
            "??",
        ):
            node = node.child_by_field_name("right") or node
        value = module.plain(node)
        if not isinstance(value, str) or not value or _PUBLIC.search(value):
            continue
        held = credentials.found("SECRET_KEY", value)
        if held is not None or not credentials.placeholder(value):
            held = held or credentials.Found("key", signs=True)
            yield credentials.secret(module.value(node, f"{called}/secret"), called, held, "code")


def _default(module: Module, node: Node) -> Iterator[Secret]:
    """`process.env.JWT_SECRET || "default"`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    variable = module.text(left)
    if left is None or right is None or not variable.startswith("process.env.") or right.type != "string":
        return
    if module.text(node.child_by_field_name("operator")) not in ("||", "??"):
        return
    name, value = variable.removeprefix("process.env."), module.string(right)
    held = credentials.found(name, value) if credentials.signing_name(name) and value else None
    if held is not None and held.signs:
        yield credentials.secret(module.value(right, name), name, held, "code")
