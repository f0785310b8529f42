"""What an application shows of itself: stack traces, documentation, folders; and what it does not check.

Sources: https://expressjs.com/en/guide/error-handling.html, https://expressjs.com/en/api.html#express.static,
https://expressjs.com/en/resources/middleware/errorhandler.html, https://expressjs.com/en/guide/behind-proxies.html, https://nodejs.org/api/tls.html (rejectUnauthorized),
https://github.com/http-party/node-http-proxy#options (secure), https://github.com/chimurai/http-proxy-middleware#http-proxy-options,
https://nodejs.org/api/cli.html#node_tls_reject_unauthorizedvalue, https://fastify.dev/docs/latest/Reference/Server/ (bodyLimit).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppSettings, Fact, Feature, Limits, WebRoot
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.frameworks.express.environment import fallback
from batten.technologies.frameworks.express.folders import own_folder
from batten.technologies.frameworks.express.guards import for_the_environment
from batten.technologies.frameworks.express.module import Module, argument, arguments
from batten.technologies.shared.choices import chosen

_SENDERS = re.compile(r"\.(?:send|json|end|render|write)$")
_ERRORS = ("err", "error", "e", "ex", "exception")
_PARSERS = ("express.json", "express.urlencoded", "express.text", "express.raw")
_BODIES = ("body-parser.json", "body-parser.urlencoded", "body-parser.text", "body-parser.raw")
_SIZE = re.compile(r"(\d{1,12})(?:\.\d+)?\s*(b|kb|mb|gb|tb|pb)?", re.IGNORECASE)
_UNITS = {"b": 0, "kb": 10, "mb": 20, "gb": 30, "tb": 40, "pb": 50}
_PROXIES = (
    "http-proxy.createProxyServer",
    "http-proxy.createServer",
    "http-proxy.createProxy",
    "http-proxy-middleware",
    "http-proxy-middleware.createProxyMiddleware",
    "http-proxy-middleware.legacyCreateProxyMiddleware",
)
_CHECKED = {"rejectUnauthorized": False, "tlsAllowInvalidCertificates": True}
_UNVERIFIED = re.compile(r"process\.env(?:\.|\[['\"])NODE_TLS_REJECT_UNAUTHORIZED(?:['\"]\])?")
_NOTHING = re.compile(
    r"(?:undefined|null|void 0|\(?\{\s*\}\)?|\{\s*return(?: undefined| null| void 0)?;?\s*\})"
)
_SYSTEM = ("/", "/etc", "/home", "/root", "/var")
_SERVERS = ("createServer", "createSecureServer")
_FUNCTIONS = ("arrow_function", "function_declaration", "function_expression", "method_definition")


def features(module: Module) -> Iterator[Fact]:
    """What calls, entries and assignments switch on or off."""
    for call in module.calls:
        yield from _called(module, call)
    # The options of servers: only they have `requestCert`, without which `rejectUnauthorized` has no effect there.
    # Source: https://nodejs.org/api/tls.html#tlscreateserveroptions-secureconnectionlistener.
    keys = (
        node
        for node in module.script.nodes
        if node.type == "pair" and module.text(node.child_by_field_name("key")).strip("'\"") == "requestCert"
    )
    servers = frozenset(node.parent.id for node in keys if node.parent is not None)
    for node in module.script.nodes:
        if node.type == "pair" and node.parent is not None and node.parent.id not in servers:
            yield from _verifying(module, node)
        elif node.type == "assignment_expression":
            left, right = module.text(node.child_by_field_name("left")), node.child_by_field_name("right")
            if right is not None:
                value = module.plain(right)
                if _UNVERIFIED.fullmatch(left):
                    if value in ("0", 0.0) and not chosen(module.script, right):
                        at = module.value(right, "NODE_TLS_REJECT_UNAUTHORIZED")
                        yield Feature(
                            at, Switch.VERIFY_TLS, Setting(False, at), "NODE_TLS_REJECT_UNAUTHORIZED"
                        )
                elif left.endswith((".headersTimeout", ".requestTimeout")) and value == 0.0:
                    at = module.value(right, left.rpartition(".")[2])
                    bound = Setting(0.0, at)
                    headers = left.endswith(".headersTimeout")
                    yield Limits(at, header_timeout=bound) if headers else Limits(at, body_timeout=bound)


def _called(module: Module, call: Node) -> Iterator[Fact]:
    name = module.called(call)
    if _SENDERS.search(name):
        # `res.send(err.stack)` and `res.json(process.env)`, directly or as an entry of the body.
        for traces_given in arguments(call):
            entries = (
                module.options(traces_given).values() if traces_given.type == "object" else (traces_given,)
            )
            for node in entries:
                if module.text(node) == "process.env" and not for_the_environment(module, call):
                    traces_at = module.value(node, "process.env")
                    yield _on(traces_at, Switch.CONSOLE, "a handler with the environment of the process")
                held = node.child_by_field_name("object") if node.type == "member_expression" else None
                if held is None or module.text(node.child_by_field_name("property")) != "stack":
                    continue
                if module.text(held) in _ERRORS and not for_the_environment(module, call):
                    yield _on(module.value(node, "stack"), Switch.ERROR_DETAILS, "stack traces")
    match name:
        case "errorhandler" if not for_the_environment(module, call):
            yield _on(
                module.value(call, "errorhandler"),
                Switch.ERROR_DETAILS,
                "the stack traces that `errorhandler` sends",
            )
        case "method-override":
            shown = module.string(argument(call, 0)) or "X-HTTP-Method-Override"
            yield _on(module.value(call, "method-override"), Switch.METHOD_OVERRIDE, f"`{shown}`")
        case "express.static" | "serve-static":
            # Files whose names begin with a dot are not served unless `dotfiles` says so.
            static_given = module.option(argument(call, 1), "dotfiles")
            if static_given is not None and module.string(static_given) == "allow":
                static_at = module.value(static_given, "express.static/dotfiles")
                off = Setting(False, static_at)
                yield WebRoot(static_at, path=Setting(UNKNOWN, static_at), listing=off, denies_hidden=off)
            # `express.static("/")`.
            given = argument(call, 0)
            if given is not None and module.string(given) in _SYSTEM:
                system_at = module.value(given, "express.static")
                yield _on(system_at, Switch.SYSTEM_ROOT, f"everything below {module.string(given)}")
            yield from own_folder(module, argument(call, 0), name)
        case _ if name.endswith(".useStaticAssets"):
            yield from own_folder(module, argument(call, 0), "useStaticAssets")
        case _ if name.endswith("ServeStaticModule.forRoot"):
            yield from own_folder(module, module.option(argument(call, 0), "rootPath"), "rootPath")
        case _ if name.endswith(".register") and module.qualified(argument(call, 0)) == "@fastify/static":
            yield from own_folder(module, module.option(argument(call, 1), "root"), "root")
        case _ if name in _PROXIES:
            # `secure: false`: the certificate of the target is not verified; a target over plain HTTP has none.
            given = argument(call, len(arguments(call)) - 1)
            secure, target = module.option(given, "secure"), module.string(module.option(given, "target"))
            if secure is not None and fallback(module, secure) is False and not target.startswith("http:"):
                at = module.value(secure, "secure")
                yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "secure")
        case "serve-index":
            at = module.value(call, "serve-index")
            unknown = Setting[str](UNKNOWN, at)
            yield WebRoot(at, path=unknown, listing=Setting(True, at), denies_hidden=Setting(UNKNOWN, at))
        case _ if name in (*_PARSERS, *_BODIES):
            yield from _limit(module, module.option(argument(call, 0), "limit"))
        case "fastify" | "fastify.fastify":
            yield from _limit(module, module.option(argument(call, 0), "bodyLimit"))
            yield from _trusting(module, call, module.option(argument(call, 0), "trustProxy"))
        case _ if name.endswith(".set") and module.string(argument(call, 0)) == "trust proxy":
            yield from _trusting(module, call, argument(call, 1))
        case _:
            yield from _documentation(module, call, name)


def _on(at: Location, switch: Switch, what: str) -> Feature:
    return Feature(at, switch, Setting(True, at), what)


def _limit(module: Module, given: Node | None) -> Iterator[Limits]:
    if given is None:
        return
    at = module.value(given, "limit")
    match module.plain(given):
        case float() as size if size > 0:  # 0 refuses every body
            yield Limits(at, body=Setting(0 if size == float("inf") else int(size), at))
        case str() as word if (found := _SIZE.fullmatch(word.strip())) is not None:
            yield Limits(at, body=Setting(int(found[1]) << _UNITS[(found[2] or "b").lower()], at))


def _trusting(module: Module, call: Node, given: Node | None) -> Iterator[Feature]:
    """Whether every sender is a proxy whose word about the client counts; a number counts the proxies from the last one."""
    if given is None or fallback(module, given) is not True or for_the_environment(module, call):
        return
    what = "X-Forwarded-For, -Host and -Proto are trusted from any address"
    yield _on(module.value(given, "trust proxy"), Switch.INVALID_HEADERS, what)


def _documentation(module: Module, call: Node, name: str) -> Iterator[AppSettings]:
    """Pages for people who read the contract, and GraphQL's own; not those that a handler in front of them may refuse."""
    if name == "@nestjs/swagger.SwaggerModule.setup":
        if for_the_environment(module, call):
            return
        given = argument(call, 0)
        path = f" at /{module.string(given).lstrip('/')}" if isinstance(module.plain(given), str) else ""
        yield from _shown(module.value(call, "SwaggerModule.setup"), f"Swagger UI{path}")
    elif name.endswith(".use") and _documents(module, arguments(call)[1:]):
        if for_the_environment(module, call):
            return
        mounted = module.plain(argument(call, 0))
        path = f" at {mounted or '/'}" if isinstance(mounted, str) else ""
        yield from _shown(module.value(call, "swagger-ui-express"), f"Swagger UI{path}")
    for given in arguments(call):
        graphical = module.option(given, "graphiql") if given.type == "object" else None
        if (
            graphical is not None
            and fallback(module, graphical) is True
            and not for_the_environment(module, call)
        ):
            yield from _shown(module.value(graphical, "graphiql"), "GraphiQL")


def _documents(module: Module, handlers: list[Node]) -> bool:
    """Whether Swagger UI is the first handler: what is before it may require a login."""
    first = handlers[0] if handlers else None
    return module.qualified(first) in ("swagger-ui-express.serve", "swagger-ui-express.serveFiles")


def _shown(at: Location, what: str) -> Iterator[AppSettings]:
    docs = Feature(at, Switch.DOCS, Setting(True, at), what)
    yield AppSettings(at, framework="Express", debug=Setting(ABSENT, at, False), docs=(docs,))


def _verifying(module: Module, pair: Node) -> Iterator[Feature]:
    """`rejectUnauthorized: false` of a client; of a server it says whether clients need a certificate."""
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    name = module.text(key).strip("'\"")
    if value is None:
        return
    if name == "checkServerIdentity":
        # A function without a word about the name of the server: https://nodejs.org/api/tls.html#tlsconnectoptions-callback.
        function = module.resolved(value)
        body = (
            function.child_by_field_name("body")
            if function is not None and function.type in _FUNCTIONS
            else None
        )
        off = body is not None and _NOTHING.fullmatch(module.text(body)) is not None
    else:
        off = name in _CHECKED and fallback(module, value) is _CHECKED[name]
    if not off:
        return
    node = pair.parent
    while node is not None and node.type not in _FUNCTIONS:
        if node.type == "call_expression" and module.called(node).endswith(_SERVERS):
            return
        node = node.parent
    if not chosen(module.script, value):
        at = module.value(value, name)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), name)
