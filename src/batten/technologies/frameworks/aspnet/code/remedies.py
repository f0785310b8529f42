"""Remedies as edits of C# that keep everything around them."""

from __future__ import annotations

import json

from tree_sitter import Node

from batten.formats import Workspace
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
    Quantity,
    Remedy,
    RequireAuth,
    Safety,
    SetHeader,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies.frameworks.aspnet.code.edits import call_at, node_at, removed, without
from batten.technologies.frameworks.aspnet.code.flags import flagged
from batten.technologies.frameworks.aspnet.code.module import Module, load, owner_of
from batten.technologies.frameworks.aspnet.code.options import given
from batten.technologies.frameworks.aspnet.code.settings import CHECKS, METADATA, TOKENS
from batten.technologies.frameworks.aspnet.code.stages import (
    behind_tls,
    in_development,
    in_order,
    limited,
)
from batten.technologies.shared.choices import names_choice
from batten.technologies.shared.code import enclosing
from batten.technologies.shared.transport.questions import ask_origins
from batten.technologies.shared.transport.tls import OLD_VERSIONS

_UNTRUSTED = "servers whose certificate is not signed by a trusted authority, or has another name"
_BEHIND = "logs and limits behind a proxy on another host, which then see the proxy's address"
_LOCAL = "new[] { new Hangfire.Dashboard.LocalRequestsOnlyAuthorizationFilter() }"
_BOUNDS = {
    "MaximumReceiveMessageSize": (
        "32_768",
        "bound the size of messages",
        "clients that send larger messages",
    ),
    "MaxReceiveMessageSize": ("4_194_304", "bound the size of messages", "clients that send larger messages"),
    "MaxRequestBodySize": ("30_000_000", "bound the size of requests", "clients that send larger requests"),
    "MultipartBodyLengthLimit": ("134_217_728", "bound the size of forms", "clients that send larger forms"),
    "RequestHeadersTimeout": (
        "TimeSpan.FromSeconds(30)",
        "bound the time of headers",
        "clients that are slower",
    ),
    "MinRequestBodyDataRate": (
        "new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5))",
        "require a rate of bodies",
        "clients that are slower",
    ),
    "MinResponseDataRate": (
        "new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5))",
        "require a rate of reading",
        "clients that are slower",
    ),
    "RequestSizeLimit": ("30_000_000", "bound the size of requests", "clients that send larger requests"),
}


def write(workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """The edits that make a remedy true where the finding is."""
    if at.span is None:
        return None
    module = load(at.source, workspace)
    match remedy:
        case AllowOrigins(origins=()):
            return ask_origins("list the origins that may read answers")
        case AllowOrigins(origins):
            return _valued(at, _called("WithOrigins", origins), "list the origins that may read answers", "web pages on other origins")  # fmt: skip
        case AllowMethods(methods) if at.pointer.startswith("cors/"):
            return _valued(at, _called("WithMethods", methods), "list the methods that pages of other origins may use", "web pages that use other methods")  # fmt: skip
        case AllowHeaders(headers):
            return _valued(at, _called("WithHeaders", headers), "list the headers that pages of other origins may send", "web pages that send other headers")  # fmt: skip
        case SetHeader(name, value, breaks) if name.lower() == "strict-transport-security":
            return behind_tls(module, at, value, breaks)
        case SetHeader(name, _, breaks) if at.pointer.endswith("/SuppressXFrameOptionsHeader"):
            return _valued(
                at, "false", f"send {name} with forms", breaks or "pages of other sites that embed the forms"
            )
        case MinimumTls():
            return _valued(at, "SslProtocols.Tls12 | SslProtocols.Tls13", "require TLS 1.2", OLD_VERSIONS)
        case Limit(quantity):
            return _bounded(module, at, quantity)
        case RequireAuth():
            # The variable instead of the literal, and no default for a setting; a constant can be neither.
            node, name = node_at(module, at), at.pointer
            if node is None or _constant(module, node):
                return None
            above = node.parent
            if above is not None and module.text(above.child_by_field_name("operator")) == "??":
                text = f"throw new InvalidOperationException({json.dumps(f'{name} is not set')})"
                return _valued(at, text, "require the setting", "starts without the setting")
            text = f"Environment.GetEnvironmentVariable({json.dumps(name)})!"
            return _valued(at, text, f"read the key from {name}", f"starts without the variable {name}")
        case TurnOn(feature):
            return _turned_on(module, workspace, feature, at)
        case TurnOff(feature):
            return _turned_off(module, feature, at)
        case _:
            return None


def _valued(at: Location, text: str, title: str, breaks: str) -> Fix | None:
    """A text in the place of what is written."""
    if at.span is None or at.kind is not Kind.VALUE:
        return None
    return Fix(title, (Edit(at.source, at.span, text),), safety=Safety.RISKY, breaks=breaks)


def _called(name: str, words: tuple[str, ...]) -> str:
    return f"{name}({', '.join(json.dumps(word, ensure_ascii=False) for word in words)})"


def _bounded(module: Module, at: Location, quantity: Quantity) -> Fix | None:
    if quantity is Quantity.RATE:
        return limited(module, at)
    name = at.pointer.rpartition("/")[2].rpartition(".")[2]
    if name == "DisableRequestSizeLimit":
        return _valued(at, "RequestSizeLimit(30_000_000)", "bound the size of requests", "clients that send larger requests")  # fmt: skip
    if name not in _BOUNDS:
        return None
    text, title, breaks = _BOUNDS[name]
    return _valued(at, text, title, breaks)


def _turned_on(module: Module, workspace: Workspace, feature: Switch, at: Location) -> Fix | None:
    match feature:
        case Switch.COOKIE_FLAGS:
            return flagged(module, at)
        case Switch.VERIFY_TLS:
            # Without the function, the certificate is verified. A method that is there to turn this off is asked
            # about.
            title, node = "verify the server's certificate", node_at(module, at)
            assigned = enclosing(node, ("assignment_expression",)) if node is not None else None
            if assigned is None or assigned.parent is None:
                return None
            method = enclosing(assigned, ("method_declaration", "local_function_statement"))
            named = module.text(method.child_by_field_name("name")) if method is not None else ""
            if named and names_choice(named):
                question = (
                    f"who calls `{named}`? It turns the check off on purpose: remove its calls, or the method"
                )
                return Fix(title, (), safety=Safety.VALUE, question=question)
            edit = without(module, assigned)
            return Fix(title, (edit,), safety=Safety.RISKY, breaks=_UNTRUSTED) if edit is not None else None
        case Switch.LOCKOUT:
            text = "5" if at.pointer.endswith("Attempts") else "true"
            return _valued(at, text, "count wrong passwords", "users who mistype theirs several times")
        case Switch.LOGIN if at.pointer == "AllowAnonymous":
            # Without the exception, the rule of the neighbours holds.
            title, breaks = "require a login", "clients that call it without one"
            call = call_at(module, at)
            if call is not None:
                edit = removed(module, call)
                return Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks) if edit is not None else None
            return _valued(at, "Authorize", title, breaks)
        case Switch.ACCESS_RULE if at.pointer == "UseAuthentication":
            return in_order(module, at)
        case Switch.ACCESS_RULE if at.pointer == METADATA or (
            at.pointer.startswith(f"{TOKENS}/") and at.pointer.partition("/")[2] in CHECKS
        ):
            return _compared(module, workspace, at)
        case _:
            return None


# What a check compares with; without one of these the library refuses every token.
_COMPARED = {
    "ValidateIssuer": ("ValidIssuer", "ValidIssuers", "IssuerValidator", "ConfigurationManager"),
    "ValidateAudience": ("ValidAudience", "ValidAudiences", "AudienceValidator"),
}
_OF_OPTIONS = {
    "ValidateIssuer": ("Authority", "MetadataAddress", "ConfigurationManager", "Configuration"),
    "ValidateAudience": ("Audience", "ClientId"),
}


def _compared(module: Module, workspace: Workspace, at: Location) -> Fix | None:
    """The check turned on where it is known what it compares with; else a question."""
    title, name = "turn the check on", at.pointer.partition("/")[2]
    if name in _COMPARED:
        held = given(module, workspace)
        one = next((one for one in held if module.script.span(one.value) == at.span), None)
        if one is None:
            known = False
        else:
            prefix = one.key.rpartition(".")[0]
            wanted = {f"{prefix}.{other}" if prefix else other for other in _COMPARED[name]}
            if prefix:
                wanted |= set(_OF_OPTIONS[name])
            known = any(
                other.key in wanted and module.plain(other.value) not in (None, "")
                for other in held
                if other.group.id == one.group.id
            )
        if not known:
            what = "issuers" if name == "ValidateIssuer" else "audiences"
            question = f"which {what} may tokens name? `{name} = true` alone refuses every token: name them in `Valid{what.capitalize()}`"
            return Fix(title, (), safety=Safety.VALUE, question=question)
    return _valued(at, "true", title, "clients whose tokens fail the check")


def _turned_off(module: Module, feature: Switch, at: Location) -> Fix | None:
    match feature:
        case Switch.DOCS:
            return in_development(module, at, "show the documentation in development only", "people who read it elsewhere")  # fmt: skip
        case Switch.ERROR_DETAILS if at.pointer == "exception":
            return _valued(at, '"Internal Server Error"', "leave the stack trace out", "clients that read stack traces")  # fmt: skip
        case Switch.ERROR_DETAILS if call_at(module, at) is not None:
            return in_development(
                module, at, "show the page in development only", "people who read it elsewhere"
            )
        case Switch.ERROR_DETAILS | Switch.LISTING if at.kind is Kind.VALUE and node_at(module, at) is not None and call_at(module, at) is None:  # fmt: skip
            return _valued(at, "false", "turn it off", "people who rely on it")
        case Switch.CONSOLE if at.pointer == "DashboardOptions/Authorization":
            return _valued(at, _LOCAL, "admit this machine only", "people who open it from other machines")
        case Switch.CONSOLE if at.pointer == "DashboardOptions/AsyncAuthorization":
            # The other list of filters, since there is no such filter for this one.
            node = node_at(module, at)
            above = node.parent if node is not None else None
            left = above.child_by_field_name("left") if above is not None else None
            name = module.text(left)
            fix = _valued(at, _LOCAL, "admit this machine only", "people who open it from other machines")
            if left is None or fix is None or not name.endswith("AsyncAuthorization"):
                return None
            renamed = Edit(
                at.source, module.script.span(left), f"{name.removesuffix('AsyncAuthorization')}Authorization"
            )
            return Fix(fix.title, (renamed, *fix.edits), safety=fix.safety, breaks=fix.breaks)
        case Switch.CONSOLE if call_at(module, at) is not None:
            return in_development(module, at, "offer it in development only", "people who use it elsewhere")
        case Switch.METHOD_OVERRIDE | Switch.LISTING:
            call = call_at(module, at)
            edit = removed(module, call) if call is not None else None
            if edit is None:
                return None
            return Fix("leave it out", (edit,), safety=Safety.RISKY, breaks="clients that rely on it")
        case Switch.METRICS | Switch.OPEN_BY_DEFAULT:
            # `.RequireAuthorization()` after what maps endpoints.
            if at.span is None or not at.pointer.startswith("Map"):
                return None
            edit = Edit(at.source, type(at.span)(at.span.end, at.span.end), ".RequireAuthorization()")
            breaks = "clients that call these endpoints without a login"
            return Fix("require a login", (edit,), safety=Safety.RISKY, breaks=breaks)
        case Switch.SHARED_CACHE:
            return in_order(module, at)
        case Switch.INVALID_HEADERS:
            return _trusting_fewer(module, at)
        case _:
            return None


def _trusting_fewer(module: Module, at: Location) -> Fix | None:
    """Without the calls that clear them, loopback alone is trusted."""
    call = call_at(module, at)
    owner = owner_of(call) if call is not None else None
    base = module.text(owner).rpartition(".")[0]
    edits: list[Edit] = []
    for one in module.calls:
        name = module.text(one.child_by_field_name("function"))
        if base and name in (
            f"{base}.{kind}.Clear" for kind in ("KnownNetworks", "KnownIPNetworks", "KnownProxies")
        ):
            edit = removed(module, one)
            edits += [edit] if edit is not None else []
    return (
        Fix("trust proxies on this host only", tuple(edits), safety=Safety.RISKY, breaks=_BEHIND)
        if edits
        else None
    )


_DECLARED = ("field_declaration", "local_declaration_statement", "parameter", "attribute")


def _constant(module: Module, node: Node) -> bool:
    """Whether only a literal may stand here."""
    above = enclosing(node, _DECLARED)
    if above is None or above.type in ("parameter", "attribute"):
        return above is not None
    return any(c.type == "modifier" and module.text(c) == "const" for c in above.named_children)
