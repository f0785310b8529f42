"""Who may read answers from other origins: rs/cors, go-chi/cors, gin-contrib/cors and Echo's middleware.

Sources: https://pkg.go.dev/github.com/rs/cors#Options (no list and no function: any origin; one `*` in an origin stands for anything),
https://pkg.go.dev/github.com/go-chi/cors#Options, https://pkg.go.dev/github.com/gin-contrib/cors#Config (a star within an origin
stands for anything with `AllowWildcard` only, and `/…/` is an expression that is searched for:
https://github.com/gin-contrib/cors/blob/v1.7.7/config.go), https://pkg.go.dev/github.com/labstack/echo/v4/middleware#CORSConfig (no
list: any origin), https://pkg.go.dev/github.com/labstack/echo/v5/middleware#CORSConfig (without a list it does not start).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.frameworks.go.module import Module, Plain, arguments


@record(kw_only=True)
class Form:
    """How a package spells its options; `open` is what it does without a list and without a function."""

    origins: str
    methods: str
    headers: str
    open: bool
    every: str = ""
    stars: str = ""  # what makes a star within an origin stand for anything, where something has to


_RS = Form(origins="AllowedOrigins", methods="AllowedMethods", headers="AllowedHeaders", open=True)
_GIN = Form(
    origins="AllowOrigins",
    methods="AllowMethods",
    headers="AllowHeaders",
    open=False,
    every="AllowAllOrigins",
    stars="AllowWildcard",
)
_ECHO = Form(origins="AllowOrigins", methods="AllowMethods", headers="AllowHeaders", open=True)
_ECHO_5 = Form(origins="AllowOrigins", methods="AllowMethods", headers="AllowHeaders", open=False)
# Fiber 2 takes texts with commas, Fiber 3 lists: https://docs.gofiber.io/api/middleware/cors (no origins: any).
_FIBER = Form(origins="AllowOrigins", methods="AllowMethods", headers="AllowHeaders", open=True)
FIBER = "github.com/gofiber/fiber/v2/middleware/cors"
FORMS = {
    f"{FIBER}.Config": _FIBER,
    "github.com/gofiber/fiber/v3/middleware/cors.Config": _FIBER,
    "github.com/rs/cors.Options": _RS,
    "github.com/go-chi/cors.Options": _RS,
    "github.com/gin-contrib/cors.Config": _GIN,
    "github.com/labstack/echo/v4/middleware.CORSConfig": _ECHO,
    "github.com/labstack/echo/v5/middleware.CORSConfig": _ECHO_5,
}
_LISTING = "github.com/labstack/echo/v5/middleware.CORS"  # its arguments are the origins
# Calls that admit any origin by themselves.
OPEN = {
    f"{FIBER}.New": "AllowOrigins",
    "github.com/gofiber/fiber/v3/middleware/cors.New": "AllowOrigins",
    "github.com/rs/cors.Default": "AllowedOrigins",
    "github.com/rs/cors.AllowAll": "AllowedOrigins",
    "github.com/go-chi/cors.AllowAll": "AllowedOrigins",
    "github.com/gin-contrib/cors.Default": "AllowOrigins",
    "github.com/labstack/echo/v4/middleware.CORS": "AllowOrigins",
}
_DECIDING = (
    "AllowOriginFunc",
    "AllowOriginsFunc",
    "AllowOriginRequestFunc",
    "AllowOriginVaryRequestFunc",
    "AllowOriginWithContextFunc",
    "UnsafeAllowOriginFunc",
)


def policies(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a policy is made."""
    for literal in module.literals:
        form = FORMS.get(module.qualified(literal.child_by_field_name("type")))
        given = module.settings(literal) if form is not None else None
        if form is not None and given is not None:
            policy_at = module.block(literal, "cors")
            yield CorsPolicy(
                policy_at,
                origins=_origins(module, form, given, policy_at),
                credentials=_truth(module, given, "AllowCredentials", policy_at),
                methods=_words(module, given, form.methods, policy_at),
                headers=_words(module, given, form.headers, policy_at),
                varies=Setting(True, policy_at),
            )
    for call in module.calls:
        if module.called(call) in OPEN and not arguments(call):
            at = module.block(call, "cors")
            any_origin: Setting[tuple[OriginRule, ...]] = Setting(
                (OriginRule(OriginKind.ANY, Setting("*", at)),), at
            )
            yield _made(module, at, any_origin, Setting(ABSENT, at, False))
        elif module.called(call) == "github.com/gin-contrib/cors.DefaultConfig":
            yield from _changed(module, call)
        elif module.called(call) == _LISTING:
            # `middleware.CORS("https://shop.example.com")` of Echo 5.
            enumerated_at = module.block(call, "cors")
            words = [(one, module.plain(one)) for one in arguments(call)]
            rules = tuple(
                rule_of(word, module.value(one, "cors/argument"))
                for one, word in words
                if isinstance(word, str)
            )
            origins = (
                Setting(rules, enumerated_at) if len(rules) == len(words) else Setting(UNKNOWN, enumerated_at)
            )
            yield _made(module, enumerated_at, origins, Setting(ABSENT, enumerated_at, False))


def _made(
    module: Module, at: Location, origins: Setting[tuple[OriginRule, ...]], credentials: Setting[bool]
) -> CorsPolicy:
    none = Setting[tuple[str, ...]](ABSENT, at)
    return CorsPolicy(
        at, origins=origins, credentials=credentials, methods=none, headers=none, varies=Setting(True, at)
    )


def _changed(module: Module, call: Node) -> Iterator[CorsPolicy]:
    """`config := cors.DefaultConfig()`, and what is assigned to its fields in the same function."""
    above = call.parent.parent if call.parent is not None else None
    left = above.child_by_field_name("left") if above is not None else None
    scope, name = module.scope_of(call), module.text(left)
    if name in scope.names and scope.fields.get(name):
        at = module.block(call, "cors")
        given = scope.fields[name]
        yield _made(
            module, at, _origins(module, _GIN, given, at), _truth(module, given, "AllowCredentials", at)
        )


def _origins(
    module: Module, form: Form, given: dict[str, Node | None], at: Location
) -> Setting[tuple[OriginRule, ...]]:
    every, listed = given.get(form.every), given.get(form.origins)
    # Echo returns the request's origin for `*` where its option for that is on.
    if module.plain(given.get("UnsafeWildcardOriginWithAllowCredentials")) is not True:
        returns_any = False
    else:
        words = _split(module.plain(listed))
        returns_any = listed is None or (isinstance(words, tuple) and "*" in words)
    if returns_any:
        here = module.value(listed, "cors/origins") if listed is not None else at
        return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)
    decides = [name for name in _DECIDING if name in given]
    if every is not None and module.plain(every) is True:
        here = module.value(every, f"cors/{form.every}")
        return Setting((OriginRule(OriginKind.ANY, Setting("*", here)),), here)
    if decides:
        return decided(module, given[decides[0]], at)
    if form.origins in given or form.every in given:
        stars = not form.stars or module.plain(given.get(form.stars)) is True
        return _listed(module, listed, at, stars=stars) if listed is not None else Setting(UNKNOWN, at)
    if form.open:
        return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)
    return Setting(ABSENT, at)


def _listed(module: Module, node: Node, at: Location, *, stars: bool) -> Setting[tuple[OriginRule, ...]]:
    here, words = module.value(node, "cors/origins"), _split(module.plain(node))
    if not isinstance(words, tuple):
        return Setting(UNKNOWN, at)
    return Setting(tuple(rule_of(str(word), here, stars=stars) for word in words), here)


def _split(value: Plain | Unknown) -> Plain | Unknown:
    """Words of a text with commas."""
    return tuple(word.strip() for word in value.split(",")) if isinstance(value, str) else value


_EXPRESSION = re.compile(r"/(.+)/[gimuy]?")


def rule_of(word: str, at: Location, *, stars: bool = True) -> OriginRule:
    """What one listed origin admits; `stars` is whether one within it stands for anything."""
    if not stars and (expression := _EXPRESSION.fullmatch(word)) is not None:  # gin-contrib/cors
        text = expression[1]
        return OriginRule(
            OriginKind.PATTERN,
            Setting(text, at),
            anchored_start=text.startswith("^"),
            anchored_end=text.endswith("$"),
        )
    if stars and "*" in word and word != "*":
        pattern = ".*".join(re.escape(part) for part in word.split("*"))
        return OriginRule(OriginKind.PATTERN, Setting(f"^{pattern}$", at))
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


_ADMITTING = re.compile(r"\{\s*return\s+(?:\w+\s*,\s*)?true(?:\s*,\s*nil)?\s*;?\s*\}")


def decided(module: Module, function: Node | None, at: Location) -> Setting[tuple[OriginRule, ...]]:
    """A function that admits every origin: `func(origin string) bool { return true }`, also by its name."""
    declared = declaration(module, function)
    body = declared.child_by_field_name("body") if declared is not None else None
    if function is None or body is None or _ADMITTING.fullmatch(module.text(body)[:200]) is None:
        return Setting(UNKNOWN, at)
    here = module.value(function, "cors/function")
    return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)


def declaration(module: Module, function: Node | None) -> Node | None:
    """What a function's name stands for in the file, or the function itself."""
    made = module.resolved(function)
    if made is None or made.type == "func_literal":
        return made
    word = module.text(made) if made.type == "identifier" else ""
    found = [n for n in module.script.nodes if n.type == "function_declaration" and module.text(n.child_by_field_name("name")) == word]  # fmt: skip
    return found[0] if len(found) == 1 else None


def _truth(module: Module, given: dict[str, Node | None], key: str, at: Location) -> Setting[bool]:
    if key not in given:
        return Setting(ABSENT, at, False)
    node = given[key]
    value = module.plain(node)
    here = module.value(node, f"cors/{key}") if node is not None else at
    return Setting(value if isinstance(value, bool) else UNKNOWN, here)


def _words(module: Module, given: dict[str, Node | None], key: str, at: Location) -> Setting[tuple[str, ...]]:
    node = given.get(key)
    if node is None:
        return Setting(UNKNOWN if key in given else ABSENT, at)
    value = _split(module.plain(node))
    known = tuple(str(word) for word in value) if isinstance(value, tuple) else UNKNOWN
    return Setting(known, module.value(node, f"cors/{key}"))
