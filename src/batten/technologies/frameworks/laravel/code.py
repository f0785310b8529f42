"""What an application's code decides beside its settings: checks that are left out, gates that admit everyone, cookies, errors.

Sources: https://laravel.com/docs/12.x/csrf#csrf-excluding-uris, https://laravel.com/docs/12.x/telescope#dashboard-authorization,
https://laravel.com/docs/12.x/horizon#dashboard-authorization, https://laravel.com/docs/12.x/responses#attaching-cookies-to-responses,
https://laravel.com/docs/12.x/http-client (`withoutVerifying`), https://laravel.com/docs/12.x/requests#configuring-trusted-proxies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import AccessRule, Cookie, Fact, Feature
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.frameworks.laravel.module import CALLS, Module, argument, arguments, pairs
from batten.technologies.shared.choices import chosen
from batten.technologies.shared.python.arguments import sensitive
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.secrets.credentials import nowhere
from batten.technologies.shared.secrets.evidence import Place

CHECK = "the check of forged requests (`ValidateCsrfToken`)"
_CHECKS = ("VerifyCsrfToken", "ValidateCsrfToken", "PreventRequestForgery")
_GATES = {
    "viewTelescope": "Telescope, which shows requests, queries and variables,",
    "viewHorizon": "Horizon, which shows and repeats jobs,",
    "viewPulse": "Pulse, which shows users, queries and requests,",
    "viewLogViewer": "the viewer of logs",
    "viewApiDocs": "the documentation that Scramble makes",
}
_CLASSES = {"Telescope": "viewTelescope", "Horizon": "viewHorizon", "LogViewer": "viewLogViewer"}
_TRUE = re.compile(
    r"(?:static\s)?\s{0,9}(?:fn|function)\s{0,9}\([^()]{0,200}\)[^{};=]{0,80}(?:=>\s{0,9}true|\{\s{0,99}return\s{1,9}true;\s{0,99}\})"
)
# Rules of what is given for a field, not the field's value: https://laravel.com/docs/12.x/validation#available-validation-rules.
_RULES = re.compile(
    r"(?:required|nullable|sometimes|string|bail|present|filled|missing|confirmed|current_password|prohibited|exclude|"
    r"same|different|min|max|size|between|regex|hashed|encrypted)(?:[_:|].*)?",
    re.DOTALL,
)
_SENDERS = ("json", "response", "make", "send")
_UNVERIFIED = ("verify", "verify_peer", "CURLOPT_SSL_VERIFYPEER")
_HIGHEST = 40


def code(module: Module) -> Iterator[Fact]:
    """The facts of one file of code or settings."""
    for call in module.calls:
        yield from _called(module, call)
    for node in module.script.nodes:
        if node.type == "array_element_initializer" and len(node.named_children) == 2:
            yield from _verifying(module, node)
        elif node.type == "property_element" and module.path.endswith("TrustProxies.php"):
            if module.text(node.named_children[0]) == "$proxies" and len(node.named_children) > 1:
                yield from _proxies(module, node.named_children[-1])
        elif node.type == "property_element" and any(name in module.path for name in _CHECKS):
            yield from _excepted(module, node)


def _called(module: Module, call: Node) -> Iterator[Fact]:
    match module.named(call):
        case "validateCsrfTokens" | "preventRequestForgery":
            given = argument(module, call, 0, "except")
            yield from _spared(module, given) if given is not None else ()
        case "remove" | "removeFromGroup" if any(name in module.text(call)[-300:] for name in _CHECKS):
            if "middleware" in module.owner(call).lower():
                at = module.value(call.child_by_field_name("name") or call, "forgery")
                yield AccessRule(at, CHECK, "it is taken out of the middleware")
        case "trustProxies":
            yield from _proxies(module, argument(module, call, 0, "at"))
        case "define" if module.owner(call) == "Gate":
            yield from _gate(module, module.string(argument(module, call, 0)), argument(module, call, 1))
        case "auth" if module.owner(call) in _CLASSES:
            yield from _gate(module, _CLASSES[module.owner(call)], argument(module, call, 0))
        case "withoutVerifying" if not chosen(module.script, call):
            at = module.value(call.child_by_field_name("name") or call, "withoutVerifying")
            yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), "withoutVerifying")
        case "phpinfo" if call.type == "function_call_expression":
            at = module.value(call, "phpinfo")
            yield Feature(at, Switch.CONSOLE, Setting(True, at), "phpinfo, which prints the environment,")
        case "getTraceAsString" | "getTrace":
            yield from _trace(module, call)
        case "cookie" | "make" | "queue" | "forever" | "withCookie":
            yield from _cookie(module, call)


def _spared(module: Module, given: Node) -> Iterator[AccessRule]:
    words = module.words(given)
    if isinstance(words, tuple) and "*" in words:
        at = module.value(given, "except")
        yield AccessRule(at, CHECK, "every path is excepted (`*`)")


def _proxies(module: Module, given: Node | None) -> Iterator[Feature]:
    """Whoever connects is taken for a proxy, and says which address, host and scheme a request has."""
    words = module.words(given)
    if given is not None and isinstance(words, tuple) and {"*", "**"}.intersection(words):
        at = module.value(given, "proxies")
        what = "X-Forwarded headers are trusted from any address (`trustProxies`)"
        yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), what)


def _excepted(module: Module, node: Node) -> Iterator[AccessRule]:
    """`protected $except = ["*"]` of the middleware's own class."""
    if module.text(node.named_children[0]) == "$except" and len(node.named_children) > 1:
        yield from _spared(module, node.named_children[-1])


def _gate(module: Module, name: str, decides: Node | None) -> Iterator[Feature]:
    """A gate of a dashboard whose function admits everyone."""
    what = _GATES.get(name)
    if what is not None and decides is not None and _TRUE.fullmatch(module.text(decides).strip()):
        at = module.value(decides, f"gate[{name}]")
        yield Feature(at, Switch.CONSOLE, Setting(True, at), what)


def _trace(module: Module, call: Node) -> Iterator[Feature]:
    """A trace among what is sent, where no condition asks for the debug mode."""
    above, steps, sent = call.parent, 0, False
    while above is not None and steps < _HIGHEST:
        if above.type in ("if_statement", "conditional_expression"):
            condition = above.child_by_field_name("condition")
            if condition is not None and re.search(r"debug|env", module.text(condition)[:300], re.IGNORECASE):
                return
        if above.type in ("member_call_expression", "function_call_expression", "scoped_call_expression"):
            name, owner = module.named(above), module.owner(above)
            if owner.split("::")[0] in ("Log", "$logger", "logger") or name in (
                "report",
                "logger",
                "info",
                "error",
            ):
                return
            sent = sent or (
                name in _SENDERS and ("response" in owner.lower() or name in ("json", "response"))
            )
        above, steps = above.parent, steps + 1
    if sent:
        at = module.value(call, "trace")
        yield Feature(at, Switch.ERROR_DETAILS, Setting(True, at), "stack traces")


def _cookie(module: Module, call: Node) -> Iterator[Cookie]:
    """`cookie(name, value, minutes, path, domain, secure, httpOnly)`: a flag is off where it is written as off."""
    jar = module.named(call) == "cookie" or module.owner(call) == "Cookie"
    given = list(arguments(module, call))
    if not jar or len(given) < 2:
        return
    name = module.string(given[0][1])
    secure, hidden = argument(module, call, 5, "secure"), argument(module, call, 6, "httpOnly")
    at = module.block(call, f"cookie[{name or '(named by a variable)'}]")
    yield Cookie(
        at,
        name=name or "(named by a variable)",
        secure=_flag(module, secure, at.pointer),
        http_only=_flag(module, hidden, at.pointer),
        same_site=Setting(UNKNOWN, at),
        sensitive=not name or sensitive(name),
    )


def _flag(module: Module, node: Node | None, pointer: str) -> Setting[bool]:
    value = module.plain(node)
    at = module.value(node, pointer) if node is not None else module.block(module.calls[0], pointer)
    return Setting(value if isinstance(value, bool) else UNKNOWN, at)


def _verifying(module: Module, node: Node) -> Iterator[Feature]:
    key, value = node.named_children
    name = module.string(key) or module.text(key)
    off = name in _UNVERIFIED and module.text(value).lower() in ("false", "0")
    if off and (name != "verify" or _of_client(module, node)) and not chosen(module.script, node):
        at = module.value(value, name)
        yield Feature(at, Switch.VERIFY_TLS, Setting(False, at), name)


def _of_client(module: Module, node: Node) -> bool:
    """Whether options are those of an HTTP client: `verify` is also a word of others, as of `Auth::routes`."""
    above, steps = node.parent, 0
    while above is not None and steps < 8:
        if above.type in CALLS:
            return module.named(above) in ("withOptions", "request") or module.owner(above) == "Http"
        if above.type == "object_creation_expression":
            return "Client" in module.text(above)[:80]
        above, steps = above.parent, steps + 1
    return False


_CONFIGURED = re.compile(r"(?:^|/)config/")
_LOGIN = frozenset(
    ("host", "hostname", "server", "driver", "dsn", "user", "username", "url", "endpoint", "region")
)


def held(module: Module) -> Iterator[Fact]:
    """Credentials by the names that they have in arrays, and keys that sign where their variable is not set."""
    for node in module.script.nodes:
        if node.type == "array_creation_expression":
            entries = [(key, value, _literal(module, value)) for key, value in pairs(module, node)]
            if not any(key == "host" and nowhere(text) for key, _, text in entries):
                names = {key.lower() for key, _, _ in entries}
                read = _CONFIGURED.search(module.path) or not names.isdisjoint(_LOGIN)
                place = Place.SETTING if read else Place.CODE
                for key, value, text in entries:
                    yield from _entry(module, key, value, text, place)
        elif node.type == "function_call_expression" and module.named(node) == "env":
            name, default = module.string(argument(module, node, 0)), argument(module, node, 1, "default")
            default_text = module.string(default) if default is not None and default.type == "string" else ""
            found = (
                credentials.found(name, default_text)
                if default_text and credentials.signing_name(name)
                else None
            )
            if default is not None and found is not None and found.signs:
                yield credentials.secret(module.value(default, name), name, found, "code")


def _literal(module: Module, value: Node | None) -> str:
    written = value is not None and value.type in ("string", "encapsed_string")
    return module.string(value) if written else ""


def _entry(module: Module, key: str, value: Node, text: str, place: Place) -> Iterator[Fact]:
    """The credential, or the connection, that an entry of an array is."""
    if key == "key" and module.path.endswith("config/app.php"):
        key = "APP_KEY"
    found = credentials.found(key, text, place) if text and not _RULES.fullmatch(text) else None
    if found is not None:
        yield credentials.secret(module.value(value, key), key, found, "code")
    connection = urls.connection(key, text, module.value(value, key)) if "://" in text else None
    if connection is not None and connection.scheme not in ("http", "https"):
        yield connection
