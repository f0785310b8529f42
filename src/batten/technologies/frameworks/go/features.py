"""What a program of Go shows of itself, whom it trusts, and what it does not check.

Sources: https://pkg.go.dev/net/http/pprof and https://pkg.go.dev/expvar (an import registers the handlers on the default multiplexer),
https://pkg.go.dev/github.com/gin-gonic/gin#Engine.SetTrustedProxies (every proxy is trusted unless told otherwise), https://echo.labstack.com/docs/ip-address, https://pkg.go.dev/github.com/gin-gonic/gin#SetMode,
https://echo.labstack.com/docs/customization#debug, https://pkg.go.dev/crypto/tls#Config, https://pkg.go.dev/net/http#FileServer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AppSettings, Fact, Feature, WebRoot
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.frameworks.go.module import Module, argument, arguments, conditional, imported
from batten.technologies.frameworks.go.owners import applications
from batten.technologies.frameworks.go.servers import SERVER, TLS
from batten.technologies.shared.choices import chosen

PPROF, EXPVAR, STACK = "net/http/pprof", "expvar", "runtime/debug.Stack"
_GIN = "github.com/gin-gonic/gin"
_ECHO = "github.com/labstack/echo/v4.New"
_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]):\w*")
_SENDERS = re.compile(
    r"(?:\.(?:Write|WriteString|String|JSON|IndentedJSON|Data|HTML|AbortWithStatusJSON)|^http\.Error|^fmt\.Fp?rint(?:f|ln)?)$"
)
_OWN_CHECKS = frozenset(("VerifyPeerCertificate", "VerifyConnection"))
_SERVING = ("github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/gofiber/fiber")
_DIRECTORIES = ("net/http.FileServer",)


def features(module: Module) -> Iterator[Fact]:
    """What literals, calls, imports and assignments switch on or off."""
    for literal in module.literals:
        if module.qualified(literal.child_by_field_name("type")) == TLS:
            yield from _unverified(module, literal)
    yield from _unverified_later(module)
    # What registers itself on the default multiplexer, where the file serves that to others.
    if _serves_the_default(module):
        for spec in module.imports:
            path = imported(module, spec)
            at = module.value(spec, f"import[{path}]")
            if path == PPROF:
                yield Feature(at, Switch.CONSOLE, Setting(True, at), "the profiler at `/debug/pprof/`")
            elif path == EXPVAR:
                what = "`/debug/vars`, with the command line and the memory of the process,"
                yield Feature(at, Switch.METRICS, Setting(True, at), what)
    owners = applications(module)
    for call in module.calls:
        name = module.called(call)
        if name in _SENT:
            yield from _shown(module, call, *_SENT[name])
        elif name == f"{_GIN}.SetMode" and not conditional(call):
            yield from _mode(module, call)
        elif name in _DIRECTORIES:
            yield from _listing(module, call)
            yield from _own_folder(module, argument(call, 0))
        elif _method(module, call) == "Static" and len(arguments(call)) > 1 and _framework(module):
            yield from _own_folder(module, argument(call, 1))
        elif name.endswith(".Profiler") or name == "github.com/gin-contrib/pprof.Register":
            yield from _mounted(module, call, name)
        elif name in _TRUSTING:
            yield from _trusting(module, call, _TRUSTING[name])
            yield from _debugging(module, call) if name == _ECHO else ()
        else:
            yield from _trusted(module, call, owners.framework(call))


def _unverified(module: Module, literal: Node) -> Iterator[Feature]:
    """`InsecureSkipVerify: true`, unless the program verifies the certificate itself, or a setting decides."""
    given = module.settings(literal)
    node = (given or module.options(literal)).get("InsecureSkipVerify")
    own = _OWN_CHECKS & (given or {}).keys()
    if node is not None and module.plain(node) is True and not own and not chosen(module.script, node):
        at = module.value(node, "tls.Config/InsecureSkipVerify")
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "InsecureSkipVerify")


def _unverified_later(module: Module) -> Iterator[Feature]:
    """`config.InsecureSkipVerify = true`, where the literal is not in sight, or is given to others before."""
    if any(word in module.script.text for word in _OWN_CHECKS):
        return
    seen = {
        node.id
        for literal in module.literals
        if module.qualified(literal.child_by_field_name("type")) == TLS
        and (node := (module.settings(literal) or {}).get("InsecureSkipVerify")) is not None
    }
    for node in module.script.nodes if "InsecureSkipVerify" in module.script.text else ():
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type != "assignment_statement" or left is None or right is None:
            continue
        value = right.named_children[0] if right.type == "expression_list" else right
        plain = module.text(left).endswith(".InsecureSkipVerify") and module.plain(value) is True
        if plain and value.id not in seen and not conditional(node) and not chosen(module.script, value):
            at = module.value(value, "tls.Config/InsecureSkipVerify")
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "InsecureSkipVerify")


def _serves_the_default(module: Module) -> bool:
    for call in module.calls:
        if module.called(call) in ("net/http.ListenAndServe", "net/http.ListenAndServeTLS"):
            given = arguments(call)
            if _default(module, given[-1] if given else None) and _public(module, argument(call, 0)):
                return True
    for literal in module.literals:
        given_fields = (
            module.settings(literal)
            if module.qualified(literal.child_by_field_name("type")) == SERVER
            else None
        )
        if given_fields is not None and (
            "Handler" not in given_fields or _default(module, given_fields["Handler"])
        ):
            return _public(module, given_fields.get("Addr"))
    return False


def _default(module: Module, node: Node | None) -> bool:
    return node is not None and (
        module.plain(node) is None or module.qualified(node) == "net/http.DefaultServeMux"
    )


def _public(module: Module, address: Node | None) -> bool:
    """A literal address of every interface or of another than loopback."""
    value = module.plain(address)
    return isinstance(value, str) and not _LOOPBACK.fullmatch(value)


def _mounted(module: Module, call: Node, name: str) -> Iterator[Feature]:
    """chi's `r.Mount("/debug", middleware.Profiler())`, and gin-contrib's `pprof.Register(router)`."""
    chi = name.startswith("github.com/go-chi/chi")
    above = call.parent.parent if call.parent is not None else None
    outer = above if chi and above is not None and above.type == "call_expression" else call
    if conditional(call) or not (chi or name.startswith("github.com/gin-contrib")):
        return
    owner = outer.child_by_field_name("function") if chi else argument(call, 0)
    held = owner.child_by_field_name("operand") if chi and owner is not None else owner
    made = module.resolved(held)
    if made is None or made.type != "call_expression" or _closed(module, held):
        return
    at = module.value(outer, "pprof")
    yield Feature(at, Switch.CONSOLE, Setting(True, at), "the profiler at `/debug/pprof/`")


def _closed(module: Module, owner: Node | None) -> bool:
    """Whether middleware that may require a login is put in front of a router."""
    uses = f"{module.text(owner)}.Use"
    return any(
        module.text(call.child_by_field_name("function")) == uses
        and re.search("(?i)auth|login|admin", module.text(call))
        for call in module.calls
    )


_SENT = {
    STACK: (Switch.ERROR_DETAILS, "stack traces"),
    "os.Environ": (Switch.CONSOLE, "a handler with the environment of the process"),
}


def _shown(module: Module, call: Node, switch: Switch, what: str) -> Iterator[Feature]:
    """`debug.Stack()` or `os.Environ()` in what a handler writes."""
    above = call.parent
    while above is not None and above.type not in (
        "expression_statement",
        "block",
        "return_statement",
        "func_literal",
    ):
        name = module.text(above.child_by_field_name("function")) if above.type == "call_expression" else ""
        if _SENDERS.search(name) and not _to_the_log(module, above) and not conditional_mode(module, call):
            at = module.value(call, module.text(call.child_by_field_name("function")))
            yield Feature(at, switch, Setting(True, at), what)
            return
        above = above.parent


def _to_the_log(module: Module, call: Node) -> bool:
    """`fmt.Fprintf(os.Stderr, …)`, and writers that are not an answer's."""
    name = module.text(call.child_by_field_name("function"))
    first = module.text(argument(call, 0))
    owner = first if name.startswith("fmt.") else name.rpartition(".")[0]
    if name.startswith("http."):
        return False
    return re.fullmatch(r"w|rw|res|resp|writer|c|ctx|c\.Writer|ctx\.Writer|c\.Response\(\)", owner) is None


_MODES = re.compile(r"(?i)debug|dev|prod|env")


def conditional_mode(module: Module, node: Node) -> bool:
    """Whether a condition on the environment decides."""
    above = node.parent
    while above is not None:
        if above.type == "if_statement" and _MODES.search(
            module.text(above.child_by_field_name("condition"))
        ):
            return True
        above = above.parent
    return False


def _mode(module: Module, call: Node) -> Iterator[Feature]:
    given = argument(call, 0)
    if given is not None and (
        module.qualified(given) == f"{_GIN}.DebugMode" or module.plain(given) == "debug"
    ):
        at = module.value(given, "gin.SetMode")
        yield Feature(at, Switch.DEBUG, Setting(True, at), "Gin's debug mode")


@record(kw_only=True)
class Trusting:
    """What names the proxies of a framework's, and the method that believes every client without it."""

    call: str
    field: str
    method: str


_TRUSTING = {
    f"{_GIN}.Default": Trusting(call="SetTrustedProxies", field="TrustedPlatform", method=".ClientIP()"),
    f"{_GIN}.New": Trusting(call="SetTrustedProxies", field="TrustedPlatform", method=".ClientIP()"),
    _ECHO: Trusting(call="", field="IPExtractor", method=".RealIP()"),
}


def _trusting(module: Module, call: Node, form: Trusting) -> Iterator[Feature]:
    """An application that nothing tells which proxies to trust: any client's X-Forwarded-For is its address."""
    above = call.parent.parent if call.parent is not None else None
    left = above.child_by_field_name("left") if above is not None else None
    name, scope = module.text(left), module.scope_of(call)
    if name not in scope.names or name in scope.passed or form.field in scope.fields.get(name, {}):
        return
    if form.call and any(
        module.text(c.child_by_field_name("function")) == f"{name}.{form.call}" for c in module.calls
    ):
        return
    if form.method in module.script.text and "ForwardedByClientIP" not in scope.fields.get(name, {}):
        what = form.call or form.field
        at = module.block(call, f"{name}/{what}")
        said = f"X-Forwarded-For is trusted from any address (`{what}` is not {'called' if form.call else 'set'})"
        yield Feature(at, Switch.INVALID_HEADERS, Setting(ABSENT, at, True), said)


def _trusted(module: Module, call: Node, framework: str) -> Iterator[Feature]:
    """`router.SetTrustedProxies([]string{"0.0.0.0/0"})`."""
    name = module.text(call.child_by_field_name("function"))
    given = argument(call, 0)
    value = module.plain(given)
    if (
        framework == "Gin"
        and name.endswith(".SetTrustedProxies")
        and isinstance(value, tuple)
        and given is not None
    ) and everybody(map(str, value)):
        at = module.value(given, "SetTrustedProxies")
        what = "X-Forwarded-For is trusted from any address (`SetTrustedProxies`)"
        yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _debugging(module: Module, call: Node) -> Iterator[AppSettings]:
    """`e.Debug = true`: answers to errors hold the messages of the program."""
    above = call.parent.parent if call.parent is not None else None
    left = above.child_by_field_name("left") if above is not None else None
    node = module.scope_of(call).fields.get(module.text(left), {}).get("Debug")
    if node is not None and module.plain(node) is True:
        at = module.value(node, "Debug")
        yield AppSettings(at, framework="Echo", debug=Setting(True, at))


def _listing(module: Module, call: Node) -> Iterator[WebRoot]:
    """`http.FileServer(http.Dir("…"))` lists folders, and serves files whose names begin with a dot."""
    folder = module.resolved(argument(call, 0))
    if folder is None or folder.type not in ("call_expression", "type_conversion_expression"):
        return
    if module.called(folder) != "net/http.Dir":
        return
    at = module.value(call, "http.FileServer")
    unknown: Setting[bool] = Setting(UNKNOWN, at)
    yield WebRoot(at, path=_folder(module, folder, at), listing=Setting(True, at), denies_hidden=unknown)


def _own_folder(module: Module, given: Node | None) -> Iterator[Feature]:
    """`http.Dir(".")`, and Gin's, Echo's and Fiber's `Static("/", ".")`."""
    found = module.resolved(given)
    if found is not None and module.called(found) == "net/http.Dir":
        found = argument(found, 0)
    if found is not None and module.plain(found) in (".", "./"):
        at = module.value(found, "static")
        yield Feature(
            at,
            Switch.PROJECT_ROOT,
            Setting(True, at),
            "everything below its folder (`.`), `.env` and `.git` included",
        )


def _framework(module: Module) -> bool:
    return any(imported(module, spec).startswith(_SERVING) for spec in module.imports)


def _method(module: Module, call: Node) -> str:
    function = call.child_by_field_name("function")
    inside = function is not None and function.type == "selector_expression"
    return module.text(function.child_by_field_name("field")) if inside and function is not None else ""


def _folder(module: Module, call: Node, at: Location) -> Setting[str]:
    value = module.plain(argument(call, 0))
    return Setting(value if isinstance(value, str) else UNKNOWN, at)
