"""Fiber's own settings, cookies and pages, and Gorilla's handlers.

Sources: https://docs.gofiber.io/api/fiber (no limit of time by default; a header is believed from every sender unless proxies are
checked), https://docs.gofiber.io/api/ctx#cookie (no flag by default, SameSite Lax), https://docs.gofiber.io/api/middleware/pprof,
https://docs.gofiber.io/api/middleware/monitor, https://pkg.go.dev/github.com/gorilla/handlers#CORS (no origins: any),
https://pkg.go.dev/github.com/gorilla/csrf#Secure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie, CorsPolicy, Fact, Feature, Limits, OriginKind, OriginRule
from batten.model import (
    ABSENT,
    UNKNOWN,
    AllowOrigins,
    Edit,
    Fix,
    Limit,
    Location,
    Quantity,
    Remedy,
    Safety,
    Setting,
    Span,
    Switch,
    TurnOn,
)
from batten.model.remedy import TurnOff
from batten.technologies._python.arguments import sensitive
from batten.technologies.go.edits import at_call, at_literal, fields_edits, import_edits, listed
from batten.technologies.go.module import Module, argument, arguments, conditional
from batten.technologies.go.servers import seconds

_VERSIONS = ("v2", "v3")
_FIBER = tuple(f"github.com/gofiber/fiber/{version}" for version in _VERSIONS)
_CONFIGS, _COOKIES, _NEW = (tuple(f"{one}.{name}" for one in _FIBER) for name in ("Config", "Cookie", "New"))
_PAGES = {
    "pprof": (Switch.CONSOLE, "the profiler at `/debug/pprof`"),
    "monitor": (Switch.METRICS, "Fiber's monitor"),
    "expvar": (Switch.METRICS, "`/debug/vars`"),
}
_CHECKS = ("EnableTrustedProxyCheck", "TrustProxy")
_HANDLERS = "github.com/gorilla/handlers"
_TIMES = {Quantity.BODY_TIMEOUT: "ReadTimeout", Quantity.SEND_TIMEOUT: "WriteTimeout"}


def frameworks(module: Module) -> Iterator[Fact]:
    """The facts of a file of Fiber's or Gorilla's."""
    for literal in module.literals:
        kind = module.qualified(literal.child_by_field_name("type"))
        given = module.settings(literal) if kind in (*_CONFIGS, *_COOKIES) else None
        if given is not None and kind in _CONFIGS:
            yield _limits(module, literal, given)
            yield from _trusting(module, literal, given)
        elif given is not None and "Value" in given:
            yield _cookie(module, literal, given)
    for call in module.calls:
        name = module.called(call)
        if name in _NEW and not arguments(call):
            at = module.block(call, "fiber.New")
            yield Limits(at, body_timeout=Setting(ABSENT, at), send_timeout=Setting(ABSENT, at))
        elif name.startswith(_FIBER) and name.endswith(".New"):
            yield from _page(module, call, name.split("/")[-1].removesuffix(".New"))
        elif name == f"{_HANDLERS}.CORS":
            yield _policy(module, call)
        elif name == "github.com/gorilla/csrf.Secure" and module.plain(argument(call, 0)) is False:
            yield _forgery(module, call)


def _limits(module: Module, literal: Node, given: dict[str, Node | None]) -> Limits:
    at = module.block(literal, "fiber.Config")

    def bound(name: str) -> Setting[float]:
        return (
            seconds(module, given[name], literal, f"fiber.Config/{name}")
            if name in given
            else Setting(ABSENT, at)
        )

    return Limits(at, body_timeout=bound("ReadTimeout"), send_timeout=bound("WriteTimeout"))


def _trusting(module: Module, literal: Node, given: dict[str, Node | None]) -> Iterator[Feature]:
    """`ProxyHeader` without a check of who sent it."""
    if "ProxyHeader" not in given or any(
        name in given and module.plain(given[name]) is not False for name in _CHECKS
    ):
        return
    at = module.block(literal, "fiber.Config/ProxyHeader")
    what = "the header of `ProxyHeader` is trusted from any address (proxies are not checked)"
    yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _cookie(module: Module, literal: Node, given: dict[str, Node | None]) -> Cookie:
    name = module.string(given.get("Name"))
    at = module.block(literal, f"fiber.Cookie[{name or '(named by a variable)'}]")

    def flag(key: str) -> Setting[bool]:
        value = module.plain(given.get(key)) if key in given else False
        return Setting(value if isinstance(value, bool) else UNKNOWN, at)

    return Cookie(
        at,
        name=name or "(named by a variable)",
        secure=flag("Secure"),
        http_only=flag("HTTPOnly"),
        same_site=Setting(UNKNOWN, at),  # Lax unless it says otherwise
        sensitive=not name or sensitive(name),
    )


def _page(module: Module, call: Node, name: str) -> Iterator[Feature]:
    """`app.Use(pprof.New())` and `app.Get("/monitor", monitor.New())`, where no handler stands before it."""
    outer = call.parent.parent if call.parent is not None else None
    if name not in _PAGES or outer is None or outer.type != "call_expression" or conditional(call):
        return
    before = [one for one in arguments(outer) if one.end_byte <= call.start_byte]
    if all(isinstance(module.plain(one), str) for one in before):
        switch, what = _PAGES[name]
        at = module.value(call, f"fiber.{name}")
        yield Feature(at, switch, Setting(True, at), what)


def _policy(module: Module, call: Node) -> CorsPolicy:
    """`handlers.CORS(handlers.AllowedOrigins([]string{"*"}), handlers.AllowCredentials())`."""
    options = {
        module.called(one).rpartition(".")[2]: one for one in arguments(call) if one.type == "call_expression"
    }
    at = module.block(call, "handlers.CORS")
    whole = len(options) == len(arguments(call)) and all(
        module.called(one).startswith(_HANDLERS) for one in options.values()
    )
    credentials = options.get("AllowCredentials")
    return CorsPolicy(
        at,
        origins=_origins(module, options, at) if whole else Setting(UNKNOWN, at),
        credentials=Setting(True, module.value(credentials, "handlers.AllowCredentials"))
        if credentials is not None
        else Setting(ABSENT, at, False),
        methods=_words(module, options.get("AllowedMethods"), at),
        headers=_words(module, options.get("AllowedHeaders"), at),
        varies=Setting(True, at),
    )


def _words(module: Module, call: Node | None, at: Location) -> Setting[tuple[str, ...]]:
    value = module.plain(argument(call, 0)) if call is not None else None
    if call is None:
        return Setting(ABSENT, at)
    return Setting(tuple(map(str, value)) if isinstance(value, tuple) else UNKNOWN, at)


def _origins(module: Module, options: dict[str, Node], at: Location) -> Setting[tuple[OriginRule, ...]]:
    if "AllowedOriginValidator" in options:
        return Setting(UNKNOWN, at)
    if "AllowedOrigins" not in options:
        return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)
    node = argument(options["AllowedOrigins"], 0)
    value = module.plain(node)
    if node is None or not isinstance(value, tuple):
        return Setting(UNKNOWN, at)
    here = module.value(node, "handlers.AllowedOrigins")
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    rules = (OriginRule(kinds.get(str(word), OriginKind.EXACT), Setting(str(word), here)) for word in value)
    return Setting(tuple(rules), here)


def _forgery(module: Module, call: Node) -> Cookie:
    """The cookie of Gorilla's check of forged requests, for plain HTTP."""
    at = module.value(call, "csrf.Secure")
    return Cookie(
        at,
        name="_gorilla_csrf",
        secure=Setting(False, at),
        http_only=Setting(UNKNOWN, at),
        same_site=Setting(UNKNOWN, at),
        sensitive=False,
    )


def frameworks_fix(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    literal, call = at_literal(module, at), at_call(module, at)
    match remedy:
        case Limit(quantity) if quantity in _TIMES:
            return _bounded(module, literal, call)
        case TurnOff(Switch.INVALID_HEADERS) if literal is not None:
            kind = module.qualified(literal.child_by_field_name("type"))
            edits = fields_edits(module, literal, {_CHECKS["/v3." in kind]: "true"})
            return _risky(
                "believe listed proxies only", edits, "logs and limits behind a proxy that is not listed"
            )
        case TurnOn(Switch.COOKIE_FLAGS) if literal is not None:
            edits = fields_edits(module, literal, {"Secure": "true", "HTTPOnly": "true"})
            return _risky(
                "set Secure and HTTPOnly", edits, "clients over plain HTTP, and scripts that read the cookie"
            )
        case TurnOn(Switch.COOKIE_FLAGS) if call is not None:
            edits = [Edit(module.path, module.script.span(one), "true") for one in arguments(call)[:1]]
            return _risky("set Secure", edits, "clients over plain HTTP")
        case AllowOrigins(origins) if origins and at.span is not None:
            return _listed(module, call, at, origins)
        case _:
            return None


def _risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def _bounded(module: Module, literal: Node | None, call: Node | None) -> Fix | None:
    wanted = dict.fromkeys(_TIMES.values(), "60 * time.Second")
    if literal is not None:
        written = module.options(literal)
        edits = fields_edits(module, literal, {n: v for n, v in wanted.items() if n not in written})
    elif call is not None:
        package = module.text(call.child_by_field_name("function")).partition(".")[0]
        fields = ", ".join(f"{name}: {value}" for name, value in wanted.items())
        end = module.script.span(call).end
        edits = [Edit(module.path, Span(end - 1, end - 1), f"{package}.Config{{{fields}}}")]
    else:
        return None
    title, breaks = (
        "bound the time of requests and answers",
        "clients that are slower, and answers that are streamed for longer",
    )
    return _risky(title, [*edits, *import_edits(module, "time")] if edits else [], breaks)


def _listed(module: Module, call: Node | None, at: Location, origins: tuple[str, ...]) -> Fix | None:
    title, breaks = "list the origins that may read answers", "web pages on other origins"
    if at.span is None:
        return None
    if call is None:
        return _risky(title, [Edit(module.path, at.span, listed(origins))], breaks)
    package = module.text(call.child_by_field_name("function")).partition(".")[0]
    comma = ", " if arguments(call) else ""
    end = at.span.end - 1
    text = f"{comma}{package}.AllowedOrigins([]string{{{', '.join(map(json.dumps, origins))}}})"
    return _risky(title, [Edit(module.path, Span(end, end), text)], breaks)
