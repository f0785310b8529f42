"""Who may read answers from other origins: the packages `cors` and `@fastify/cors`, NestJS, Socket.IO, and headers that handlers write.

Sources: https://expressjs.com/en/resources/middleware/cors.html (`*` by default; `true` answers with the request's origin, so does a
pattern, with `Vary`), https://github.com/fastify/fastify-cors, https://docs.nestjs.com/security/cors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.frameworks.express.answers import allowing, rule, written
from batten.technologies.frameworks.express.callbacks import admitted, loosely
from batten.technologies.frameworks.express.environment import fallback
from batten.technologies.frameworks.express.module import Module, argument, arguments
from batten.technologies.frameworks.express.origins import expression

_PACKAGE = re.compile(r"['\"]cors['\"]")


def policies(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a policy is made."""
    imported = _PACKAGE.search(module.script.text) is not None  # else the module's own function has that name
    allowed = allowing(module)
    for call in module.calls:
        name = module.called(call)
        if (name == "cors" and imported) or name.endswith(".enableCors"):
            yield from _policy(module, call, argument(call, 0))
        elif name.endswith(".register") and module.qualified(argument(call, 0)) in ("@fastify/cors", "cors"):
            yield from _policy(module, call, argument(call, 1))
        elif name == "@nestjs/core.NestFactory.create":
            # `NestFactory.create(AppModule, { cors: true })`, or with the options in its place.
            given = module.resolved(module.option(argument(call, len(arguments(call)) - 1), "cors"))
            if module.plain(given) is True:
                yield from _policy(module, call, None)
            elif given is not None and given.type == "object":
                yield from _policy(module, call, given)
        elif name == "socket.io":
            yield from _sockets(module, call)
        else:
            yield from written(module, call, allowed)
    for made in module.script.nodes:
        if made.type == "new_expression" and module.qualified(made.child_by_field_name("constructor")) in (
            "socket.io.Server",
            "socket.io",
        ):
            yield from _sockets(module, made)


def _sockets(module: Module, made: Node) -> Iterator[CorsPolicy]:
    """Socket.IO: without `cors` no other origin may read, and its options are those of the package `cors`.
    Source: https://socket.io/docs/v4/handling-cors/."""
    given = module.option(argument(made, len(arguments(made)) - 1), "cors") if arguments(made) else None
    if given is not None and module.option(given, "origin") is not None:
        yield from _policy(module, made, given)


def _policy(module: Module, call: Node, given: Node | None) -> Iterator[CorsPolicy]:
    if given is not None and (module.open(given) or module.option(given, "delegator") is not None):
        return
    at = module.block(call, "cors")
    origin = module.option(given, "origin")
    node = module.option(given, "credentials")
    if node is None:
        truth: Setting[bool] = Setting(ABSENT, at, False)
    else:
        value = module.plain(node)
        if value is UNKNOWN and fallback(module, node) is True:
            value = True
        truth = Setting(value if isinstance(value, bool) else UNKNOWN, module.value(node, "cors/credentials"))
    yield CorsPolicy(
        at,
        origins=_origins(module, origin, at) if origin is not None else _every(at),
        credentials=truth,
        methods=_words(module, module.option(given, "methods"), at),
        headers=_words(module, module.option(given, "allowedHeaders"), at),
        varies=Setting(True, at),
    )


def _every(at: Location) -> Setting[tuple[OriginRule, ...]]:
    return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)


def _origins(module: Module, node: Node, at: Location) -> Setting[tuple[OriginRule, ...]]:
    here, found = module.value(node, "cors/origin"), module.resolved(node)
    pattern = expression(module, found, here)
    if pattern is not None:
        return Setting((pattern,), here)
    if found is not None and found.type == "array":
        patterns = (expression(module, one, module.value(one, "cors/item")) for one in found.named_children)
        loose = tuple(one for one in patterns if one is not None)
        if loose:
            return Setting(loose, here)
    function = module.functions.get(module.text(found), found) if found is not None else None
    partly = loosely(module, function)
    if partly is not None:
        return Setting((partly,), here)
    decided = admitted(module, function)
    if decided is not None:
        word = "*" if decided is OriginKind.ANY else ""
        # A method has no value that a list could take the place of.
        return Setting(
            (
                OriginRule(
                    decided,
                    Setting(word, at if found is not None and found.type == "method_definition" else here),
                ),
            ),
            here,
        )
    match module.plain(node):
        case True:
            return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)
        case False:
            return Setting(ABSENT, here)
        case str() as word:
            return Setting((rule(word, here),), here)
        case tuple() as words if all(isinstance(word, str) for word in words):
            return Setting(tuple(rule(str(word), here) for word in words), here)
        case _:
            return Setting(_by_default(module, node, here), here)


def _by_default(module: Module, node: Node, here: Location) -> tuple[OriginRule, ...] | Unknown:
    """Every origin, where that is what holds when nobody sets the variable."""
    match fallback(module, node):
        case True:
            return (OriginRule(OriginKind.REFLECTED, Setting("", here)),)
        case "*":
            return (rule("*", here),)
        case tuple() as words if "*" in words:
            return (rule("*", here),)
        case _:
            return UNKNOWN


def _words(module: Module, node: Node | None, at: Location) -> Setting[tuple[str, ...]]:
    if node is None:
        return Setting(ABSENT, at)
    value, here = module.plain(node), module.value(node, "cors/list")
    words = tuple(value.split(",")) if isinstance(value, str) else value
    known = isinstance(words, tuple) and all(isinstance(word, str) for word in words)
    return Setting(
        tuple(str(w).strip() for w in words) if known and isinstance(words, tuple) else UNKNOWN, here
    )
