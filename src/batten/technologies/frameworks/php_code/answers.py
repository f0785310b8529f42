"""What a program answers with: headers for other origins, cookies, messages of errors, the page of `phpinfo`.

Sources: https://www.php.net/manual/en/function.header.php, https://www.php.net/manual/en/function.setcookie.php,
https://www.php.net/manual/en/function.session-set-cookie-params.php, https://www.php.net/manual/en/errorfunc.configuration.php#ini.display-errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import Cookie, CorsPolicy, Fact, Feature, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.technologies.frameworks.laravel.module import Module, argument, arguments, pairs
from batten.technologies.shared.python.arguments import sensitive

_ORIGIN = re.compile(r"access-control-allow-origin:\s*(.*)", re.IGNORECASE | re.DOTALL)
_CREDENTIALS = re.compile(r"access-control-allow-credentials:\s*true", re.IGNORECASE)
_REQUESTED = re.compile(r"\$_SERVER\[['\"]HTTP_ORIGIN['\"]\](?:\s*\?\?.{0,80})?", re.DOTALL)
# What a condition asks where it asks only whether the request has an Origin.
_PRESENT = re.compile(r"\(\s*(?:isset|!\s*empty)\(\s*\$_SERVER\[['\"]HTTP_ORIGIN['\"]\]\s*\)\s*\)")
_CHOICES = (
    "if_statement",
    "else_clause",
    "else_if_clause",
    "switch_statement",
    "match_expression",
    "conditional_expression",
)
_FUNCTIONS = ("function_definition", "method_declaration", "anonymous_function", "arrow_function")
_SHOWN = ("1", "on", "true", "stdout")
_FLAGS = {"secure": 5, "httponly": 6}


def answers(module: Module) -> Iterator[Fact]:
    """The facts of one file."""
    admitted = _with_credentials(module)
    for call in module.calls:
        if call.type != "function_call_expression":
            continue
        match module.named(call).lstrip("\\"):
            case "header":
                yield from _header(module, call, admitted)
            case "setcookie" | "setrawcookie":
                yield from _cookie(module, call)
            case "session_set_cookie_params":
                yield from _session(module, call)
            case "ini_set":
                yield from _directive(module, call)
            case "phpinfo" if not _decided(module, call):
                at = module.value(call, "phpinfo")
                yield Feature(at, Switch.CONSOLE, Setting(True, at), "phpinfo, which prints the environment,")


def _with_credentials(module: Module) -> Node | None:
    for call in module.calls:
        if module.named(call) == "header" and _CREDENTIALS.search(module.text(argument(module, call, 0))):
            return argument(module, call, 0)
    return None


def _header(module: Module, call: Node, admitted: Node | None) -> Iterator[CorsPolicy]:
    given = argument(module, call, 0)
    if given is None or _decided(module, call):
        return
    here, plain = module.value(given, "header/origin"), module.plain(given)
    credentials: Setting[bool] = Setting(UNKNOWN, here)
    if isinstance(plain, str):
        found = _ORIGIN.fullmatch(plain)
        if found is None:
            return
        kinds = {"*": OriginKind.ANY, "null": OriginKind.NULL}
        rule = OriginRule(kinds.get(found[1].strip(), OriginKind.EXACT), Setting(found[1].strip(), here))
    elif _reflects(module, given):
        rule = OriginRule(OriginKind.REFLECTED, Setting("", here))
        if admitted is not None:
            credentials = Setting(True, module.value(admitted, "header/credentials"))
    else:
        return
    none = Setting[tuple[str, ...]](ABSENT, here)
    origins: Setting[tuple[OriginRule, ...]] = Setting((rule,), here)
    varies: Setting[bool] = Setting(UNKNOWN, here)
    yield CorsPolicy(
        here, origins=origins, credentials=credentials, methods=none, headers=none, varies=varies
    )


def _reflects(module: Module, given: Node) -> bool:
    """`"Access-Control-Allow-Origin: " . $origin`, and the same within the quotes."""
    text = module.text(given)[:400]
    if given.type == "binary_expression":
        head, value = given.child_by_field_name("left"), given.child_by_field_name("right")
        found = _ORIGIN.fullmatch(module.string(head))
        return found is not None and not found[1] and value is not None and _requested(module, value)
    parts = [c for c in given.named_children if c.type not in ("string_content", "escape_sequence")]
    starts = re.match(r"[\"']access-control-allow-origin:\s*\{?\$", text, re.IGNORECASE)
    return (
        given.type == "encapsed_string"
        and len(parts) == 1
        and starts is not None
        and _requested(module, parts[0])
    )


def _requested(module: Module, node: Node) -> bool:
    text = module.text(node).strip("{}() ")
    if _REQUESTED.fullmatch(text):
        return True
    if node.type != "variable_name":
        return False
    values = [
        module.text(one.child_by_field_name("right"))
        for one in module.script.nodes
        if one.type == "assignment_expression" and module.text(one.child_by_field_name("left")) == text
    ]
    return bool(values) and all(_REQUESTED.fullmatch(value[:300]) for value in values)


def _decided(module: Module, call: Node) -> bool:
    """Whether a condition decides, or one before it may have ended the function."""
    node, above = call, call.parent
    while above is not None and above.type not in _FUNCTIONS:
        if above.type in _CHOICES and not _PRESENT.fullmatch(
            module.text(above.child_by_field_name("condition"))[:200]
        ):
            return True
        for before in above.named_children if above.type in ("program", "compound_statement") else ():
            if before.start_byte >= node.start_byte:
                break
            if before.type == "if_statement" and re.search(
                r"\b(?:exit|die|return|throw)\b", module.text(before)
            ):
                return True
        node, above = above, above.parent
    return False


def _cookie(module: Module, call: Node) -> Iterator[Cookie]:
    """`setcookie($name, $value, $expires, $path, $domain, $secure, $httponly)`, or with options in an array."""
    name = module.string(argument(module, call, 0, "name"))
    if not name or not sensitive(name) or argument(module, call, 1, "value") is None:
        return
    at = module.block(call, f"setcookie[{name}]")
    options = argument(module, call, 2, "expires_or_options")
    named = any(word == "expires_or_options" for word, _ in arguments(module, call))
    if options is not None and options.type == "array_creation_expression":
        yield _flagged(module, dict(pairs(module, options)), name, at)
    elif options is None or named or module.plain(options) is not UNKNOWN or options.type != "variable_name":
        given = {
            key: node
            for key, place in _FLAGS.items()
            if (node := argument(module, call, place, key)) is not None
        }
        yield _flagged(module, given, name, at)


def _session(module: Module, call: Node) -> Iterator[Cookie]:
    options = argument(module, call, 0)
    if options is not None and options.type == "array_creation_expression":
        at = module.block(call, "session_set_cookie_params")
        yield _flagged(module, dict(pairs(module, options)), "PHPSESSID", at)


def _flagged(module: Module, given: dict[str, Node], name: str, at: Location) -> Cookie:
    def flag(key: str) -> Setting[bool]:
        if key not in given:
            return Setting(ABSENT, at, False)
        value = module.plain(given[key])
        return Setting(UNKNOWN if isinstance(value, Unknown) else bool(value), at)

    lowered = {key.lower(): node for key, node in given.items()}
    site = module.plain(lowered["samesite"]) if "samesite" in lowered else ""
    given = lowered
    same_site: Setting[str] = Setting(
        site.lower() if isinstance(site, str) and site else ABSENT if site == "" else UNKNOWN, at
    )
    return Cookie(
        at, name=name, secure=flag("secure"), http_only=flag("httponly"), same_site=same_site, sensitive=True
    )


def _directive(module: Module, call: Node) -> Iterator[Feature]:
    """`ini_set("display_errors", "1")`, under no condition."""
    value = module.plain(argument(module, call, 1))
    if module.string(argument(module, call, 0)) != "display_errors" or isinstance(value, Unknown | tuple):
        return
    if str(value).lower() in _SHOWN and not _decided(module, call):
        at = module.value(argument(module, call, 1) or call, "display_errors")
        yield Feature(
            at, Switch.ERROR_DETAILS, Setting(True, at), "PHP's messages of errors (`display_errors`)"
        )
