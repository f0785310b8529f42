"""Remedies as edits of Go's source that keep everything around them."""

from __future__ import annotations

import json

from tree_sitter import Node

from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Edit,
    Fix,
    Kind,
    Limit,
    Location,
    MinimumTls,
    Remedy,
    RequireAuth,
    Safety,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.frameworks.go.edits import (
    at_call,
    at_literal,
    at_value,
    fields_edits,
    import_edits,
    line_after,
    listed,
    unimport_edits,
)
from batten.technologies.frameworks.go.frameworks import frameworks_fix
from batten.technologies.frameworks.go.module import Module
from batten.technologies.frameworks.go.origins import origins_fix
from batten.technologies.frameworks.go.sessions import sessions_fix
from batten.technologies.frameworks.go.waiting import limited
from batten.technologies.shared.transport.questions import ask_origins
from batten.technologies.shared.transport.tls import iana_suite

_FLAGS = {"Secure": "true", "HttpOnly": "true", "SameSite": "http.SameSiteLaxMode"}
_PLAIN = "clients over plain HTTP, and pages of other sites that embed the application"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
_BEHIND = "logs and limits behind a proxy, which then see the proxy's address"


def fix_of(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    if at.span is None:
        return None
    match remedy:
        case AllowOrigins(origins=()):
            return ask_origins("list the origins that may read answers")
        case TurnOn(Switch.COOKIE_FLAGS) if at.pointer.startswith("session."):
            return sessions_fix(module, at)
        case _ if at.pointer.startswith(("fiber.", "handlers.", "csrf.")):
            return frameworks_fix(module, remedy, at)
        case AllowOrigins(origins):
            return origins_fix(module, at, origins)
        case AllowMethods(methods):
            return _list(module, at, methods, "methods", "use other methods")
        case AllowHeaders(headers):
            return _list(module, at, headers, "headers", "send other headers")
        case MinimumTls():
            node = at_value(module, at)
            package = module.text(node.child_by_field_name("operand")) if node is not None else ""
            title, breaks = "allow TLS 1.2 and 1.3 only", "clients that support only TLS 1.1 or older"
            return _valued(module, at, f"{package}.VersionTLS12", title, breaks) if package else None
        case UseSuites(suites):
            names = [f"tls.{iana_suite(suite)}" for suite in suites if iana_suite(suite)]
            text = f"[]uint16{{{', '.join(names)}}}"
            return _valued(
                module, at, text, "offer only suites with forward secrecy", "clients without these suites"
            )
        case Limit(quantity):
            return limited(module, quantity, at)
        case RequireAuth():
            return _from_variable(module, at)
        case TurnOn(feature) | TurnOff(feature):
            return _switched(module, feature, at)
        case _:
            return None


def _switched(module: Module, feature: Switch, at: Location) -> Fix | None:
    match feature:
        case Switch.COOKIE_FLAGS:
            title, literal, call = (
                "set Secure, HttpOnly and SameSite",
                at_literal(module, at),
                at_call(module, at),
            )
            if literal is not None:
                wanted = {**_FLAGS}
                same = module.options(literal).get("SameSite")
                if same is not None and not module.text(same).endswith("DefaultMode"):
                    wanted.pop("SameSite")
                edits = fields_edits(module, literal, wanted)
                return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=_PLAIN) if edits else None
            given = call.child_by_field_name("arguments") if call is not None else None
            nodes = [n for n in given.named_children if n.type != "comment"][5:] if given is not None else []
            changes = tuple(
                Edit(module.path, module.script.span(n), "true") for n in nodes if module.text(n) == "false"
            )
            return (
                Fix("set Secure and HttpOnly", changes, safety=Safety.RISKY, breaks=_PLAIN)
                if changes
                else None
            )
        case Switch.VERIFY_TLS:
            return _valued(module, at, "false", "verify the server's certificate", _UNTRUSTED)
        case Switch.ERROR_DETAILS:
            return _without_trace(module, at)
        case Switch.CONSOLE | Switch.METRICS if at.pointer.startswith("import["):
            # An import for its effects alone; what the program uses of a package keeps it.
            spec = next((s for s in module.imports if module.script.span(s) == at.span), None)
            if spec is None or module.text(spec.child_by_field_name("name")) != "_":
                return None
            edits = unimport_edits(module, at.pointer[len("import[") : -1])
            breaks = "people and tools that read profiles there"
            return (
                Fix("do not register the handlers", tuple(edits), safety=Safety.RISKY, breaks=breaks)
                if edits
                else None
            )
        case Switch.DEBUG:
            node = at_value(module, at)
            text = "gin.ReleaseMode" if at.pointer == "gin.SetMode" else "false"
            return (
                Fix("turn the debug mode off", (Edit(module.path, at.span, text),))
                if node and at.span
                else None
            )
        case Switch.INVALID_HEADERS:
            title = "trust no proxy"
            if at.kind is Kind.VALUE:
                return _valued(module, at, "nil", title, _BEHIND)
            call, name = at_call(module, at), at.pointer.partition("/")[0]
            statement = call.parent.parent if call is not None and call.parent is not None else None
            if statement is None or statement.type != "short_var_declaration":
                return None
            function = call.child_by_field_name("function") if call is not None else None
            package = module.text(function.child_by_field_name("operand")) if function is not None else ""
            echo = f"{name}.IPExtractor = {package}.ExtractIPDirect()"
            line = echo if at.pointer.endswith("/IPExtractor") else f"_ = {name}.SetTrustedProxies(nil)"
            edit = line_after(module, statement, line)
            return Fix(title, (edit,), safety=Safety.RISKY, breaks=_BEHIND)
        case _:
            return None


def _valued(module: Module, at: Location, text: str, title: str, breaks: str) -> Fix | None:
    """A literal in the place of another; a name is decided where it gets its value."""
    node = at_value(module, at)
    if node is None or node.type == "identifier" or at.span is None or at.kind is not Kind.VALUE:
        return None
    return Fix(title, (Edit(module.path, at.span, text),), safety=Safety.RISKY, breaks=breaks)


def _list(module: Module, at: Location, words: tuple[str, ...], what: str, others: str) -> Fix | None:
    if not at.pointer.startswith("cors/"):
        return None
    title = f"list the {what} that pages of other origins may {others.split()[0]}"
    node = at_value(module, at)
    if node is not None and node.type.endswith("string_literal"):  # Fiber 2
        return _valued(module, at, json.dumps(",".join(words)), title, f"web pages that {others}")
    return _valued(module, at, listed(words), title, f"web pages that {others}")


def _without_trace(module: Module, at: Location) -> Fix | None:
    """A fixed text; the package is imported no longer where nothing else uses it."""
    call = at_call(module, at)
    outer = call.parent.parent if call is not None and call.parent is not None else None
    if call is None or at.span is None:
        return None
    text, where = '"internal error"', at.span
    if outer is not None and outer.type in ("call_expression", "type_conversion_expression"):
        name = module.text(outer.child_by_field_name("function"))
        if name == "string":
            where = module.script.span(outer)
        elif not name.startswith("fmt."):
            text = '[]byte("internal error")'
    edits = [Edit(module.path, where, text), *unimport_edits(module, "runtime/debug")]
    breaks = "clients that read stack traces"
    return Fix("answer with a fixed text", tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _from_variable(module: Module, at: Location) -> Fix | None:
    """`os.Getenv("NAME")` for a literal; a constant can be none."""
    node = at_value(module, at)
    above: Node | None = node
    while above is not None:
        if above.type == "const_spec":
            return None
        above = above.parent
    if node is None or at.span is None:
        return None
    name = at.pointer
    edits = [Edit(module.path, at.span, f"os.Getenv({json.dumps(name)})"), *import_edits(module, "os")]
    breaks = f"starts without the variable {name}"
    return Fix(f"read the key from {name}", tuple(edits), safety=Safety.RISKY, breaks=breaks)
