"""What options are given, however it is written: `AddX(o => o.A.B = …)`, `new XOptions { A = { B = … } }`, `o.A.B = …` of a
variable, and calls on what options hold (`o.A.Clear()`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.module import (
    DEEPEST,
    LAMBDAS,
    MADE,
    Module,
    last_part,
    method_of,
    of_type,
    owner_of,
    root_of,
)
from batten.technologies.frameworks.aspnet.code.reach import Reach, reached

# Calls whose lambda configures options, by the type of those.
_OF_CALLS = {
    "AddJwtBearer": "JwtBearerOptions",
    "AddMicrosoftIdentityWebApi": "JwtBearerOptions",
    "AddOpenIdConnect": "OpenIdConnectOptions",
    "AddCookie": "CookieAuthenticationOptions",
    "ConfigureApplicationCookie": "CookieAuthenticationOptions",
    "ConfigureExternalCookie": "CookieAuthenticationOptions",
    "AddSession": "SessionOptions",
    "UseSession": "SessionOptions",
    "UseCookiePolicy": "CookiePolicyOptions",
    "AddCookiePolicy": "CookiePolicyOptions",
    "AddAntiforgery": "AntiforgeryOptions",
    "ConfigureKestrel": "KestrelServerOptions",
    "UseKestrel": "KestrelServerOptions",
    "ConfigureHttpsDefaults": "HttpsConnectionAdapterOptions",
    "UseHttps": "HttpsConnectionAdapterOptions",
    "AddHsts": "HstsOptions",
    "AddHttpsRedirection": "HttpsRedirectionOptions",
    "AddAuthorization": "AuthorizationOptions",
    "AddAuthorizationCore": "AuthorizationOptions",
    "UseForwardedHeaders": "ForwardedHeadersOptions",
    "AddSignalR": "HubOptions",
    "AddHubOptions": "HubOptions",
    "AddGrpc": "GrpcServiceOptions",
    "AddServerSideBlazor": "CircuitOptions",
    "AddInteractiveServerComponents": "CircuitOptions",
    "AddRateLimiter": "RateLimiterOptions",
    "AddCors": "CorsOptions",
    "AddIdentity": "IdentityOptions",
    "AddDefaultIdentity": "IdentityOptions",
    "AddIdentityCore": "IdentityOptions",
    "UseHangfireDashboard": "DashboardOptions",
    "UseStaticFiles": "StaticFileOptions",
    "UseFileServer": "FileServerOptions",
    "UseIIS": "IISServerOptions",
}
_CONFIGURING = ("Configure", "PostConfigure", "PostConfigureAll", "ConfigureAll", "AddOptions")


@record(kw_only=True)
class Given:
    """`subject` is the type of the options, `key` the path of their members, `group` what holds them all: a lambda, or what
    makes the options. `value` is what is assigned, or the call."""

    subject: str
    key: str
    value: Node
    group: Node
    reach: Reach

    @property
    def last(self) -> str:
        return self.key.rpartition(".")[2]


def given(module: Module, workspace: Workspace) -> list[Given]:
    """All that a file gives to options."""
    return workspace.kept(("csharp options", module.path), lambda: list(_given(module, workspace)))


def _given(module: Module, workspace: Workspace) -> Iterator[Given]:
    for node in module.assigned:
        value = node.child_by_field_name("right")
        rooted = _rooted(module, node)
        if (
            value is None
            or rooted is None
            or value.type == "initializer_expression"
            or not _READ.fullmatch(rooted.subject)
        ):
            continue
        yield Given(
            subject=rooted.subject,
            key=".".join(rooted.path),
            value=value,
            group=rooted.group,
            reach=reached(module, node, workspace),
        )
    for call in module.calls:
        rooted = _called(module, call)
        if rooted is not None and _READ.fullmatch(rooted.subject):
            key = ".".join((*rooted.path, method_of(module, call)))
            yield Given(
                subject=rooted.subject,
                key=key,
                value=call,
                group=rooted.group,
                reach=reached(module, call, workspace),
            )


_READ = re.compile(
    r"\w+Options|TokenValidationParameters|CookieBuilder|KestrelServerLimits|CorsPolicy|\w*Handler"
)


@record
class _Rooted:
    subject: str
    path: tuple[str, ...]
    group: Node


def _rooted(module: Module, assigned: Node) -> _Rooted | None:
    """The options that an assignment is a part of."""
    path: tuple[str, ...] = ()
    for _ in range(DEEPEST):
        left, above = assigned.child_by_field_name("left"), assigned.parent
        if left is None:
            return None
        if left.type == "member_access_expression":
            # `options.A.B`, by what `options` is.
            members, node = list(path), left
            while node.type == "member_access_expression":
                members.insert(0, module.text(node.child_by_field_name("name")))
                inner = owner_of(node)
                if inner is None:
                    return None
                node = inner
            if node.type != "identifier":
                return None
            held = _holder(module, node)
            if held is None:
                return None
            return _Rooted(held[0], tuple(members), held[1])
        if left.type != "identifier" or above is None or above.type != "initializer_expression":
            return None
        path = (module.text(left), *path)
        holder = above.parent
        if holder is not None and holder.type == "assignment_expression":
            assigned = holder  # `Cookie = { … }`
        elif holder is not None and holder.type in MADE:
            outer = holder.parent
            if outer is None or outer.type != "assignment_expression":
                return _made(module, holder, path)
            assigned = outer
        else:
            return None
    return None


def _made(module: Module, holder: Node, path: tuple[str, ...]) -> _Rooted | None:
    subject = module.type_of(holder)
    return _Rooted(subject, path, holder) if subject else None


def _called(module: Module, call: Node) -> _Rooted | None:
    """`options.A.Clear()`, and `options.SetFallbackPolicy(…)`."""
    owner, root = owner_of(call), root_of(call)
    if owner is None or root is None or root.type != "identifier":
        return None
    members: list[str] = []
    node = owner
    while node.type == "member_access_expression":
        members.insert(0, module.text(node.child_by_field_name("name")))
        inner = owner_of(node)
        if inner is None:
            return None
        node = inner
    held = _holder(module, node) if node.type == "identifier" else None
    return _Rooted(held[0], tuple(members), held[1]) if held is not None else None


def _holder(module: Module, name: Node) -> tuple[str, Node] | None:
    """The type of what a name stands for, and what holds it: the lambda that has it as a parameter, or what makes it."""
    word, above = module.text(name), name.parent
    while above is not None:
        scope = module.scopes.get(above.id)
        if scope is not None and word in scope.names:
            if above.type in LAMBDAS and scope.names[word] is None:
                subject = scope.types.get(word) or _configured(module, above)
                return (subject, above) if subject else None
            break
        above = above.parent
    made = module.resolved(name)
    if made is not None and made.type in MADE:
        subject = module.type_of(made)
        return (subject, made) if subject else None
    subject = module.declared(name)
    return (subject, above) if subject and above is not None else None


def _configured(module: Module, function: Node) -> str:
    """The type of the options that a lambda gets, by the call that it is an argument of."""
    listed = function.parent.parent if function.parent is not None else None
    call = listed.parent if listed is not None and listed.type == "argument_list" else None
    if call is None or call.type != "invocation_expression":
        return ""
    name = method_of(module, call)
    if name in _CONFIGURING:
        return of_type(module, call) or _of_builder(module, call)
    return _OF_CALLS.get(name, "")


def _of_builder(module: Module, call: Node) -> str:
    """`services.AddOptions<X>().Configure(o => …)`."""
    owner = owner_of(call)
    made = (
        owner is not None
        and owner.type == "invocation_expression"
        and method_of(module, owner) == "AddOptions"
    )
    return last_part(of_type(module, owner)) if made and owner is not None else ""
