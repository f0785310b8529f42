"""Fiber's own settings, cookies and pages, and what repairs these and Gorilla's handlers.

Sources: https://docs.gofiber.io/v2.x/api/fiber (no limit of time by default; Fiber 2 believes a header from every sender unless it
checks proxies, Fiber 3 from no sender unless `TrustProxy` is on: https://docs.gofiber.io/api/fiber),
https://docs.gofiber.io/api/ctx#cookie (no flag by default, SameSite Lax; Fiber 3 adds Secure to `None` and `Partitioned`, and fasthttp
below Fiber 2 to `None`: https://pkg.go.dev/github.com/valyala/fasthttp#Cookie.SetSameSite), https://docs.gofiber.io/middleware/pprof,
https://docs.gofiber.io/v2.x/api/middleware/monitor (of Fiber's contributions since version 3),
https://docs.gofiber.io/v2.x/api/middleware/envvar (all variables unless some are listed; Fiber 3 shows those that are listed only).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie, Fact, Feature, Limits
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
from batten.model.networks import everybody
from batten.model.remedy import TurnOff
from batten.technologies.frameworks.go.cookies import deletes
from batten.technologies.frameworks.go.edits import (
    at_call,
    at_literal,
    fields_edits,
    import_edits,
    listed,
    unimport_edits,
)
from batten.technologies.frameworks.go.gorilla import HANDLERS
from batten.technologies.frameworks.go.module import Module, arguments, conditional
from batten.technologies.frameworks.go.servers import seconds
from batten.technologies.shared.python.arguments import sensitive

_VERSIONS = ("v2", "v3")
_FIBER = tuple(f"github.com/gofiber/fiber/{version}" for version in _VERSIONS)
_PROXIES = tuple(f"{one}.TrustProxyConfig" for one in _FIBER)
_CONFIGS, _COOKIES, _NEW = (tuple(f"{one}.{name}" for one in _FIBER) for name in ("Config", "Cookie", "New"))
_PAGES = {
    "envvar": (Switch.CONSOLE, "the environment of the process (`envvar`)"),
    "pprof": (Switch.CONSOLE, "the profiler at `/debug/pprof`"),
    "monitor": (Switch.METRICS, "Fiber's monitor"),
    "expvar": (Switch.METRICS, "`/debug/vars`"),
}
_CONTRIBUTED = ("github.com/gofiber/contrib/monitor", "github.com/gofiber/contrib/v3/monitor")
_CHECK = "EnableTrustedProxyCheck"
_TIMES = {Quantity.BODY_TIMEOUT: "ReadTimeout", Quantity.SEND_TIMEOUT: "WriteTimeout"}


def frameworks(module: Module) -> Iterator[Fact]:
    """The facts of a file of Fiber's."""
    for literal in module.literals:
        kind = module.qualified(literal.child_by_field_name("type"))
        given = module.settings(literal) if kind in (*_CONFIGS, *_COOKIES) else None
        if kind in (*_CONFIGS, *_PROXIES):
            yield from _believing(module, literal)
        if given is not None and kind in _CONFIGS:
            yield _limits(module, literal, given)
            # `ProxyHeader` of Fiber 2 without a check of who sent it.
            third = "/v3." in module.qualified(literal.child_by_field_name("type"))
            if (
                not third
                and "ProxyHeader" in given
                and not (_CHECK in given and module.plain(given[_CHECK]) is not False)
            ):
                trusting_at = module.block(literal, "fiber.Config/ProxyHeader")
                what = "the header of `ProxyHeader` is trusted from any address (proxies are not checked)"
                yield Feature(trusting_at, Switch.INVALID_HEADERS, Setting(True, trusting_at), what)
        elif given is not None and "Value" in given and not deletes(module, given):
            yield _cookie(module, literal, given)
    for call in module.calls:
        name = module.called(call)
        if name in _NEW and not arguments(call):
            at = module.block(call, "fiber.New")
            yield Limits(at, body_timeout=Setting(ABSENT, at), send_timeout=Setting(ABSENT, at))
        elif name.startswith((*_FIBER, *_CONTRIBUTED)) and name.endswith(".New"):
            yield from _page(module, call, name.split("/")[-1].removesuffix(".New"))


def _limits(module: Module, literal: Node, given: dict[str, Node | None]) -> Limits:
    at = module.block(literal, "fiber.Config")

    def bound(name: str) -> Setting[float]:
        return (
            seconds(module, given[name], literal, f"fiber.Config/{name}")
            if name in given
            else Setting(ABSENT, at)
        )

    return Limits(at, body_timeout=bound("ReadTimeout"), send_timeout=bound("WriteTimeout"))


def _believing(module: Module, literal: Node) -> Iterator[Feature]:
    """Proxies of every address: `TrustedProxies` of Fiber 2, `TrustProxyConfig.Proxies` of Fiber 3."""
    # Whether a `TrustProxyConfig` is part of a configuration that does not turn `TrustProxy` on.
    above = literal.parent
    while above is not None and above.type != "composite_literal":
        above = above.parent
    if above is None or module.qualified(above.child_by_field_name("type")) != f"{_FIBER[1]}.Config":
        unused = False
    else:
        given = module.settings(above)
        unused = given is not None and (
            "TrustProxy" not in given or module.plain(given["TrustProxy"]) is False
        )
    if unused:
        return
    for name, node in module.options(literal).items():
        listed_ones = module.plain(node) if name in ("TrustedProxies", "Proxies") else None
        if isinstance(listed_ones, tuple) and everybody(map(str, listed_ones)):
            at = module.value(node, f"fiber.{name}")
            what = f"the headers of proxies are trusted from any address (`{name}`)"
            yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _cookie(module: Module, literal: Node, given: dict[str, Node | None]) -> Cookie:
    name = module.string(given.get("Name"))
    at = module.block(literal, f"fiber.Cookie[{name or '(named by a variable)'}]")

    def flag(key: str) -> Setting[bool]:
        value = module.plain(given.get(key)) if key in given else False
        return Setting(value if isinstance(value, bool) else UNKNOWN, at)

    # Whether Fiber sets Secure by itself.
    site = given.get("SameSite")
    none = module.string(site).lower() == "none" or module.qualified(site).endswith(".CookieSameSiteNoneMode")
    third = "/v3." in module.qualified(literal.child_by_field_name("type"))
    return Cookie(
        at,
        name=name or "(named by a variable)",
        secure=Setting(True, at)
        if none or (third and module.plain(given.get("Partitioned")) is True)
        else flag("Secure"),
        http_only=flag("HTTPOnly"),
        same_site=Setting(UNKNOWN, at),  # Lax unless it says otherwise
        sensitive=not name or sensitive(name),
    )


def _narrowed(module: Module, call: Node, name: str) -> bool:
    """Whether a function decides which requests get the page, or only listed variables are shown."""
    if name == "envvar" and "/v3/" in module.called(call):
        return True
    given = [one for one in arguments(call) if one.type == "composite_literal"]
    names = {key for one in given for key in module.options(one)}
    return len(given) < len(arguments(call)) or bool(names & {"Next", "ExportVars"})


def _page(module: Module, call: Node, name: str) -> Iterator[Feature]:
    """`app.Use(pprof.New())` and `app.Get("/monitor", monitor.New())`, where no handler stands before it."""
    if name not in _PAGES or _narrowed(module, call, name):
        return
    outer = call.parent.parent if call.parent is not None else None
    if outer is None or outer.type != "call_expression" or conditional(call):
        return
    before = [one for one in arguments(outer) if one.end_byte <= call.start_byte]
    if all(isinstance(module.plain(one), str) for one in before):
        switch, what = _PAGES[name]
        at = module.value(call, f"fiber.{name}")
        yield Feature(at, switch, Setting(True, at), what)


def frameworks_fix(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    literal, call = at_literal(module, at), at_call(module, at)
    match remedy:
        case Limit(quantity) if quantity in _TIMES:
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
        case TurnOff(Switch.INVALID_HEADERS) if (
            literal is not None and at.pointer == "fiber.Config/ProxyHeader"
        ):
            edits = fields_edits(module, literal, {_CHECK: "true"})
            return _risky(
                "believe listed proxies only", edits, "logs and limits behind a proxy that is not listed"
            )
        case TurnOff(Switch.INVALID_HEADERS) if at.pointer in ("fiber.TrustedProxies", "fiber.Proxies"):
            edits = [Edit(module.path, at.span, "[]string{}")] if at.span is not None else []
            return _risky("believe no proxy", edits, "logs and limits behind a proxy")
        case TurnOff(Switch.INVALID_HEADERS | Switch.METHOD_OVERRIDE) if (
            call is not None and at.span is not None
        ):
            # The handler without the one around it, and without the import where nothing else needs it.
            edits = [Edit(module.path, at.span, module.text(one)) for one in arguments(call)[:1]]
            gone = unimport_edits(module, HANDLERS)
            return _risky(
                "leave the handler out", [*edits, *gone], "clients and proxies that send these headers"
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
