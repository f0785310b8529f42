"""Gorilla's handlers, and its check of forged requests.

Sources: https://pkg.go.dev/github.com/gorilla/handlers#CORS (no origins, or an empty list: any; a star is one for origins alone, and
Vary is sent where several are listed: https://github.com/gorilla/handlers/blob/v1.5.2/cors.go),
https://github.com/gorilla/handlers/blob/v1.5.2/proxy_headers.go, https://pkg.go.dev/github.com/gorilla/csrf#Secure (on by default, as
HttpOnly and SameSite Lax are: https://github.com/gorilla/csrf/blob/v1.7.2/options.go).
"""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie, CorsPolicy, Fact, Feature, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.frameworks.go.cors import decided
from batten.technologies.frameworks.go.module import Module, argument, arguments, conditional

HANDLERS = "github.com/gorilla/handlers"
# Handlers that believe what any client writes: https://pkg.go.dev/github.com/gorilla/handlers#ProxyHeaders and #HTTPMethodOverrideHandler.
_BELIEVING = {
    f"{HANDLERS}.ProxyHeaders": (
        Switch.INVALID_HEADERS,
        "X-Forwarded-For is trusted from any address (`handlers.ProxyHeaders`)",
    ),
    f"{HANDLERS}.HTTPMethodOverrideHandler": (
        Switch.METHOD_OVERRIDE,
        "`handlers.HTTPMethodOverrideHandler`",
    ),
}
_KNOWN = frozenset(
    f"{HANDLERS}.{name}"
    for name in ("AllowedOrigins", "AllowedOriginValidator", "AllowedMethods", "AllowedHeaders", "AllowCredentials", "ExposedHeaders", "MaxAge", "OptionStatusCode", "IgnoreOptions")
)  # fmt: skip


def gorilla(module: Module) -> Iterator[Fact]:
    """The facts of a file that calls them."""
    for call in module.calls:
        name = module.called(call)
        if name in _BELIEVING and len(arguments(call)) == 1 and not conditional(call):
            switch, what = _BELIEVING[name]
            at = module.value(call, f"handlers.{name.rpartition('.')[2]}")
            yield Feature(at, switch, Setting(True, at), what)
        elif name == f"{HANDLERS}.CORS":
            # `handlers.CORS(handlers.AllowedOrigins([]string{"*"}), handlers.AllowCredentials())`.
            options = {
                module.called(one).rpartition(".")[2]: one
                for one in arguments(call)
                if one.type == "call_expression"
            }
            policy_at = module.block(call, "handlers.CORS")
            whole = len(options) == len(arguments(call)) and all(
                module.called(one) in _KNOWN for one in options.values()
            )
            credentials = options.get("AllowCredentials")
            yield CorsPolicy(
                policy_at,
                origins=_origins(module, options, policy_at) if whole else Setting(UNKNOWN, policy_at),
                credentials=Setting(True, module.value(credentials, "handlers.AllowCredentials"))
                if credentials is not None
                else Setting(ABSENT, policy_at, False),
                methods=_words(module, options.get("AllowedMethods"), policy_at),
                headers=_words(module, options.get("AllowedHeaders"), policy_at),
                varies=Setting("AllowedOriginValidator" not in options, policy_at),
            )
        elif name == "github.com/gorilla/csrf.Secure" and module.plain(argument(call, 0)) is False:
            # The cookie of Gorilla's check of forged requests, for plain HTTP.
            forgery_at = module.value(call, "csrf.Secure")
            yield Cookie(
                forgery_at,
                name="_gorilla_csrf",
                secure=Setting(False, forgery_at),
                http_only=Setting(UNKNOWN, forgery_at),
                same_site=Setting(UNKNOWN, forgery_at),
                sensitive=False,
            )


def _words(module: Module, call: Node | None, at: Location) -> Setting[tuple[str, ...]]:
    """Methods and headers are compared: a star admits a method of that name only."""
    if call is None:
        return Setting(ABSENT, at)
    value = module.plain(argument(call, 0))
    known = tuple(str(word) for word in value if word != "*") if isinstance(value, tuple) else UNKNOWN
    return Setting(known, at)


def _origins(module: Module, options: dict[str, Node], at: Location) -> Setting[tuple[OriginRule, ...]]:
    if "AllowedOriginValidator" in options:
        return decided(module, argument(options["AllowedOriginValidator"], 0), at)
    if "AllowedOrigins" not in options:
        return Setting((OriginRule(OriginKind.ANY, Setting("*", at)),), at)
    node = argument(options["AllowedOrigins"], 0)
    value = module.plain(node)
    if node is None or not isinstance(value, tuple):
        return Setting(UNKNOWN, at)
    here = module.value(node, "handlers.AllowedOrigins")
    if not value:
        return Setting((OriginRule(OriginKind.ANY, Setting("*", here)),), here)
    kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
    rules = (OriginRule(kinds.get(str(word), OriginKind.EXACT), Setting(str(word), here)) for word in value)
    return Setting(tuple(rules), here)
