"""Remedies as edits of literals in JavaScript and TypeScript."""

from __future__ import annotations

import json

from tree_sitter import Node

from batten.formats import Workspace
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    DenyPaths,
    Edit,
    Fix,
    Kind,
    Limit,
    Location,
    MinimumTls,
    Quantity,
    Remedy,
    RequireAuth,
    Safety,
    Span,
    Switch,
    TurnOff,
    TurnOn,
    UseSuites,
)
from batten.technologies.frameworks.express.environment import by_default
from batten.technologies.frameworks.express.module import Module, argument, load
from batten.technologies.shared.transport.questions import ask_origins

_FLAGS = (("secure", "true"), ("httpOnly", "true"), ("sameSite", "'lax'"))
_VERIFIED = {"rejectUnauthorized": "true", "secure": "true", "tlsAllowInvalidCertificates": "false"}
_PLAIN = "clients over plain HTTP, and pages of other sites that embed the application"
_PROXIES = "proxies with public addresses, of which the application then sees the proxy as its client"
_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"


def fix_of(remedy: Remedy, at: Location, workspace: Workspace) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    module = load(at.source, workspace)
    match remedy:
        case AllowOrigins() | TurnOn(feature=Switch.VERIFY_TLS) | TurnOff(feature=Switch.INVALID_HEADERS) if (
            by_default(module, module.node_at(at))
        ):
            return None  # what is set where it runs is not written over
        case AllowOrigins() if at.pointer in ("header/test", "cors/item"):
            return None  # what the condition means is for its author to say
        case TurnOn(feature=Switch.VERIFY_TLS) if at.pointer == "checkServerIdentity":
            return None
        case AllowOrigins(origins=()):
            return ask_origins("list the origins that may read answers")
        case AllowOrigins(origins):
            title, breaks = "list the origins that may read answers", "web pages on other origins"
            if at.pointer == "header/origin":
                return _valued(at, json.dumps(origins[0]), title, breaks)
            if at.pointer == "cors/origin":
                return _valued(at, _list(origins), title, breaks)
            call = _at(module, at)
            place = 1 if call is not None and module.called(call).endswith(".register") else 0
            edit = _added(module, call, place, f"origin: {_list(origins)}") if call is not None else None
            return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks) if edit is not None else None
        case AllowMethods(methods) if at.pointer == "cors/list":
            return _valued(
                at,
                _list(methods),
                "list the methods that pages of other origins may use",
                "web pages that use other methods",
            )
        case AllowHeaders(headers):
            return _valued(
                at,
                _list(headers),
                "list the headers that pages of other origins may send",
                "web pages that send other headers",
            )
        case TurnOn(feature=Switch.COOKIE_FLAGS):
            return _flags(module, at)
        case TurnOn(feature=Switch.VERIFY_TLS):
            return _valued(at, _VERIFIED.get(at.pointer, "'1'"), "verify certificates", _UNTRUSTED)
        case MinimumTls() if at.pointer == "minVersion":
            breaks = "clients that support only TLS 1.1 or older"
            return _valued(at, "'TLSv1.2'", "allow TLS 1.2 and 1.3 only", breaks)
        case UseSuites(suites):
            title = "offer only suites with forward secrecy"
            return _valued(at, json.dumps(":".join(suites)), title, "clients without these suites")
        case TurnOff(feature=Switch.ERROR_DETAILS) if at.pointer == "stack":
            return _valued(
                at, "'Internal Server Error'", "leave the stack trace out", "clients that read stack traces"
            )
        case TurnOff(feature=Switch.INVALID_HEADERS):
            return _valued(
                at, "'loopback, uniquelocal'", "trust proxies with private addresses only", _PROXIES
            )
        case RequireAuth():
            return _from_variable(module, at)
        case _:
            return _bounded(module, remedy, at)


def _bounded(module: Module, remedy: Remedy, at: Location) -> Fix | None:
    """What is served, and how much is taken."""
    match remedy:
        case DenyPaths():
            return _valued(
                at, "'ignore'", "serve no hidden files", "clients of files whose names begin with a dot"
            )
        case Limit(Quantity.BODY):
            return _valued(
                at,
                "'1mb'" if _text(module, at).startswith(("'", '"')) else str(1 << 20),
                "bound the size of bodies",
                "clients that send larger bodies",
            )
        case Limit(Quantity.HEADER_TIMEOUT):
            return _valued(at, "60000", "bound the time of headers", "clients that are slower")
        case Limit(Quantity.BODY_TIMEOUT):
            return _valued(at, "300000", "bound the time of requests", "clients that are slower")
        case _:
            return None


def _text(module: Module, at: Location) -> str:
    return module.script.text[at.span.start : at.span.end] if at.span is not None else ""


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def _valued(at: Location, value: str, title: str, breaks: str) -> Fix | None:
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    return Fix(title, (Edit(at.source, at.span, value),), safety=Safety.RISKY, breaks=breaks)


def _at(module: Module, at: Location) -> Node | None:
    return next((c for c in module.calls if module.script.span(c) == at.span), None)


def _added(module: Module, call: Node, index: int, entry: str) -> Edit | None:
    """An entry at the end of the object literal that is the argument; an argument of its own where the call has no such literal."""
    given, listed = argument(call, index), call.child_by_field_name("arguments")
    if given is not None and given.type == "object":
        return _entered(module, given, entry)
    if given is not None or listed is None or len(listed.named_children) != index:
        return None
    end = module.script.span(listed).end - 1
    separator = ", " if index else ""
    return Edit(module.path, Span(end, end), f"{separator}{{ {entry} }}")


def _entered(module: Module, given: Node, entry: str) -> Edit:
    children = [c for c in given.named_children if c.type != "comment"]
    if not children:
        return Edit(module.path, module.script.span(given), f"{{ {entry} }}")
    end = module.script.span(children[-1]).end
    return Edit(module.path, Span(end, end), f", {entry}")


def _flags(module: Module, at: Location) -> Fix | None:
    """The flags that are off or missing, in the options of the cookie or of the session's."""
    call = _at(module, at)
    if call is None:
        return None
    session = at.pointer.startswith("session[")
    given = module.option(argument(call, 0), "cookie") if session else argument(call, 2)
    if given is not None and given.type != "object":
        return None
    edits = _changed(module, given, () if given is None else _FLAGS)
    missing = ", ".join(f"{k}: {v}" for k, v in _FLAGS if k not in module.options(given))
    if missing:
        edit = (
            _entered(module, given, missing)
            if given is not None
            else _added(module, call, 0 if session else 2, f"cookie: {{ {missing} }}" if session else missing)
        )
        edits += [edit] if edit is not None else []
    return (
        Fix("set Secure, HttpOnly and SameSite", tuple(edits), safety=Safety.RISKY, breaks=_PLAIN)
        if edits
        else None
    )


def _changed(module: Module, given: Node | None, flags: tuple[tuple[str, str], ...]) -> list[Edit]:
    """The flags that are written as off."""
    written = module.options(given)
    off = [(written[k], v) for k, v in flags if k in written and module.plain(written[k]) is False]
    return [Edit(module.path, module.script.span(node), value) for node, value in off]


def _from_variable(module: Module, at: Location) -> Fix | None:
    """`process.env.NAME` for a literal; a variable that has a default loses it."""
    if at.span is None:
        return None
    for node in module.script.nodes:
        right = node.child_by_field_name("right") if node.type == "binary_expression" else None
        left = node.child_by_field_name("left")
        if right is not None and left is not None and module.script.span(right) == at.span:
            edit = Edit(at.source, module.script.span(node), module.text(left))
            name = module.text(left).removeprefix("process.env.")
            return Fix(
                f"require the variable {name}",
                (edit,),
                safety=Safety.RISKY,
                breaks=f"starts without the variable {name}",
            )
    name = "JWT_SECRET" if at.pointer.startswith("jsonwebtoken") else "SESSION_SECRET"
    return _valued(
        at, f"process.env.{name}", f"read the key from {name}", f"starts without the variable {name}"
    )
