"""Who may read answers from other origins: rs/cors, go-chi/cors, gin-contrib/cors, Echo's middleware, and headers that handlers write.

Sources: https://pkg.go.dev/github.com/rs/cors#Options (no list and no function: any origin; one `*` in an origin stands for anything),
https://pkg.go.dev/github.com/go-chi/cors#Options, https://pkg.go.dev/github.com/gin-contrib/cors#Config,
https://pkg.go.dev/github.com/labstack/echo/v4/middleware#CORSConfig (no list: any origin).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.go.module import Module, Plain, argument, arguments, conditional

HEADER = "access-control-allow-origin"


@record(kw_only=True)
class Form:
    """How a package spells its options; `open` is what it does without a list and without a function."""

    origins: str
    methods: str
    headers: str
    open: bool
    every: str = ""


_RS = Form(origins="AllowedOrigins", methods="AllowedMethods", headers="AllowedHeaders", open=True)
_GIN = Form(
    origins="AllowOrigins",
    methods="AllowMethods",
    headers="AllowHeaders",
    open=False,
    every="AllowAllOrigins",
)
_ECHO = Form(origins="AllowOrigins", methods="AllowMethods", headers="AllowHeaders", open=True)
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
}
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
)
_WRITING = ("Set", "Add", "Header")


def policies(module: Module) -> Iterator[CorsPolicy]:
    """A fact for each place where a policy is made."""
    for literal in module.literals:
        form = FORMS.get(module.qualified(literal.child_by_field_name("type")))
        given = module.settings(literal) if form is not None else None
        if form is not None and given is not None:
            yield _policy(module, literal, form, given)
    for call in module.calls:
        if module.called(call) in OPEN and not arguments(call):
            at = module.block(call, "cors")
            any_origin: Setting[tuple[OriginRule, ...]] = Setting(
                (OriginRule(OriginKind.ANY, Setting("*", at)),), at
            )
            yield _made(module, at, any_origin, Setting(ABSENT, at, False))
        elif module.called(call) == "github.com/gin-contrib/cors.DefaultConfig":
            yield from _changed(module, call)
        else:
            yield from _header(module, call)


def _made(
    module: Module, at: Location, origins: Setting[tuple[OriginRule, ...]], credentials: Setting[bool]
) -> CorsPolicy:
    none = Setting[tuple[str, ...]](ABSENT, at)
    return CorsPolicy(
        at, origins=origins, credentials=credentials, methods=none, headers=none, varies=Setting(True, at)
    )


def _policy(module: Module, literal: Node, form: Form, given: dict[str, Node | None]) -> CorsPolicy:
    at = module.block(literal, "cors")
    return CorsPolicy(
        at,
        origins=_origins(module, form, given, at),
        credentials=_truth(module, given, "AllowCredentials", at),
        methods=_words(module, given, form.methods, at),
        headers=_words(module, given, form.headers, at),
        varies=Setting(True, at),
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
    if _returns_any(module, given, listed):
        here = module.value(listed, "cors/origins") if listed is not None else at
        return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)
    decides = [name for name in _DECIDING if name in given]
    if every is not None and module.plain(every) is True:
        here = module.value(every, f"cors/{form.every}")
        return Setting((OriginRule(OriginKind.ANY, Setting("*", here)),), here)
    if decides:
        return decided(module, given[decides[0]], at)
    if form.origins in given or form.every in given:
        return _listed(module, listed, at) if listed is not None else Setting(UNKNOWN, at)
    if form.open:
        return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)
    return Setting(ABSENT, at)


def _returns_any(module: Module, given: dict[str, Node | None], listed: Node | None) -> bool:
    """Echo returns the request's origin for `*` where its option for that is on."""
    if module.plain(given.get("UnsafeWildcardOriginWithAllowCredentials")) is not True:
        return False
    words = _split(module.plain(listed))
    return listed is None or (isinstance(words, tuple) and "*" in words)


def _listed(module: Module, node: Node, at: Location) -> Setting[tuple[OriginRule, ...]]:
    here, words = module.value(node, "cors/origins"), _split(module.plain(node))
    if not isinstance(words, tuple):
        return Setting(UNKNOWN, at)
    return Setting(tuple(_rule(str(word), here) for word in words), here)


def _split(value: Plain | Unknown) -> Plain | Unknown:
    """Words of a text with commas."""
    return tuple(word.strip() for word in value.split(",")) if isinstance(value, str) else value


def _rule(word: str, at: Location) -> OriginRule:
    if "*" in word and word != "*":
        pattern = ".*".join(re.escape(part) for part in word.split("*"))
        return OriginRule(OriginKind.PATTERN, Setting(f"^{pattern}$", at))
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    return OriginRule(kinds.get(word, OriginKind.EXACT), Setting(word, at))


def decided(module: Module, function: Node | None, at: Location) -> Setting[tuple[OriginRule, ...]]:
    """A function that admits every origin: `func(origin string) bool { return true }`."""
    body = (
        function.child_by_field_name("body")
        if function is not None and function.type == "func_literal"
        else None
    )
    text = re.sub(r"[\s{}]", "", module.text(body)) if body is not None else ""
    if function is None or text not in ("returntrue", "returntrue,nil"):
        return Setting(UNKNOWN, at)
    here = module.value(function, "cors/function")
    return Setting((OriginRule(OriginKind.REFLECTED, Setting("", here)),), here)


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


def _header(module: Module, call: Node) -> Iterator[CorsPolicy]:
    """`w.Header().Set("Access-Control-Allow-Origin", …)` and Gin's `c.Header(…)`."""
    function, given = call.child_by_field_name("function"), arguments(call)
    if function is None or function.type != "selector_expression" or len(given) != 2:
        return
    if (
        module.text(function.child_by_field_name("field")) not in _WRITING
        or module.string(given[0]).lower() != HEADER
    ):
        return
    here, word = module.value(given[1], "header/origin"), module.plain(given[1])
    if isinstance(word, str):
        rule = _rule(word, here)
    elif _of_the_request(module, given[1]) and not conditional(call):
        rule = OriginRule(OriginKind.REFLECTED, Setting("", here))
    else:
        return
    unknown = Setting[bool](UNKNOWN, here)
    none = Setting[tuple[str, ...]](ABSENT, here)
    yield CorsPolicy(
        here, origins=Setting((rule,), here), credentials=unknown, methods=none, headers=none, varies=unknown
    )


def _of_the_request(module: Module, node: Node) -> bool:
    """`r.Header.Get("Origin")` and `c.GetHeader("Origin")`, directly or by a name."""
    made = module.resolved(node)
    if made is None or made.type != "call_expression":
        return False
    name = module.text(made.child_by_field_name("function"))
    return (
        name.endswith((".Header.Get", ".GetHeader")) and module.string(argument(made, 0)).lower() == "origin"
    )
