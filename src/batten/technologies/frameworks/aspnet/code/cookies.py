"""Cookies that handlers append, and those of sessions, logins and antiforgery tokens.

Sources: https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.http.cookieoptions (no flag by default),
https://github.com/dotnet/aspnetcore/blob/main/src/Middleware/Session/src/SessionOptions.cs (a session's: HttpOnly and Lax, `SecurePolicy`
None), https://learn.microsoft.com/aspnet/core/security/anti-request-forgery (a form's token: HttpOnly and Strict),
https://learn.microsoft.com/aspnet/core/security/authentication/cookie (a login's: HttpOnly and Lax, Secure where its request is),
https://learn.microsoft.com/aspnet/core/security/samesite; the middleware `UseCookiePolicy` raises the flags of all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tree_sitter import Node

from batten.facts import Cookie
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.module import (
    LAMBDAS,
    MADE,
    Module,
    argument,
    arguments,
    method_of,
    owner_of,
)
from batten.technologies.frameworks.aspnet.code.options import Given, given
from batten.technologies.frameworks.aspnet.code.policies import segment
from batten.technologies.frameworks.aspnet.code.project import project_of
from batten.technologies.frameworks.aspnet.code.reach import Reach, possible, reached
from batten.technologies.shared.python.arguments import sensitive

NAMELESS = "(named by a variable)"
_SITES = {"Lax": "lax", "Strict": "strict", "None": "none", "Unspecified": ""}


@record(kw_only=True)
class Form:
    """A kind of cookie that a call sets up: its default name and flags."""

    subject: str
    name: str
    secure: bool | Unknown
    site: str
    sensitive: bool = True


FORMS = {
    "AddSession": Form(subject="SessionOptions", name=".AspNetCore.Session", secure=False, site="lax"),
    "AddCookie": Form(
        subject="CookieAuthenticationOptions", name=".AspNetCore.Cookies", secure=UNKNOWN, site="lax"
    ),
    "ConfigureApplicationCookie": Form(
        subject="CookieAuthenticationOptions",
        name=".AspNetCore.Identity.Application",
        secure=UNKNOWN,
        site="lax",
    ),
    "AddAntiforgery": Form(
        subject="AntiforgeryOptions",
        name=".AspNetCore.Antiforgery",
        secure=False,
        site="strict",
        sensitive=False,
    ),
}


@record(kw_only=True)
class Raised:
    """The flags that `UseCookiePolicy` sets for every cookie of the application."""

    secure: bool
    http_only: bool
    same_site: bool


_USED = re.compile(r"\b(?:UseCookiePolicy)\b")
_SECURE = re.compile(r"\b(?:Secure)\s{0,9}=\s{0,9}CookieSecurePolicy\.Always\b")
_HIDDEN = re.compile(r"\b(?:HttpOnly)\s{0,9}=\s{0,9}(?:[\w.]{0,200}\.)?HttpOnlyPolicy\.Always\b")
_SITE = re.compile(
    r"\b(?:MinimumSameSitePolicy)\s{0,9}=\s{0,9}(?:[\w.]{0,200}\.)?SameSiteMode\.(?:Lax|Strict)\b"
)


def cookies(module: Module, workspace: Workspace) -> Iterator[Cookie]:
    """A fact for each cookie that is appended or set up."""
    groups: dict[int, dict[str, Given]] = {}
    for one in (o for o in given(module, workspace) if o.reach is not Reach.DEVELOPMENT):
        groups.setdefault(one.group.id, {})[one.key] = one
    project = project_of(module.path, workspace)
    used = project.says(_USED)
    raised = Raised(
        secure=used and project.says(_SECURE),
        http_only=used and project.says(_HIDDEN),
        same_site=used and project.says(_SITE),
    )
    for call in module.calls:
        name = method_of(module, call)
        if name == "Append" and _of_cookies(module, call):
            # `Response.Cookies.Append("name", value, options)`.
            written = argument(call, 2, "options")
            made = module.resolved(written) if written is not None else None
            if not (written is not None and (made is None or made.type not in MADE)):
                held = groups.get(made.id, {}) if made is not None else {}
                appended_name = module.string(argument(call, 0, "key"))
                if not (
                    module.plain(argument(call, 1, "value")) == ""
                    or any(one.reach is Reach.SOMETIMES for one in held.values())
                ):
                    at = segment(module, call, f"cookie[{appended_name or NAMELESS}]")
                    yield Cookie(
                        at,
                        name=appended_name or NAMELESS,
                        secure=_flag(module, held.get("Secure"), at, raised=raised.secure, default=False),
                        http_only=_flag(
                            module, held.get("HttpOnly"), at, raised=raised.http_only, default=False
                        ),
                        same_site=_same_site(
                            module, held.get("SameSite"), at, raised=raised.same_site, default=""
                        ),
                        sensitive=not appended_name or sensitive(appended_name),
                    )
        elif name in FORMS and possible(reached(module, call, workspace)):
            yield from _set_up(module, call, FORMS[name], groups, raised)


def _of_cookies(module: Module, call: Node) -> bool:
    owner = owner_of(call)
    return (
        owner is not None
        and module.text(owner).rpartition(".")[2] == "Cookies"
        and len(arguments(call)) in (2, 3)
    )


def _flag(
    module: Module, one: Given | None, at: Location, *, raised: bool, default: bool | Unknown
) -> Setting[bool]:
    if raised:
        return Setting(True, at)
    if one is None:
        return Setting(ABSENT, at, default)
    value = module.plain(one.value)
    if isinstance(value, bool):
        return Setting(value, at)
    word = method_of(module, one.value) if one.value.type == "member_access_expression" else ""
    return Setting({"Always": True, "None": False}.get(word, UNKNOWN), at)


def _same_site(
    module: Module, one: Given | None, at: Location, *, raised: bool, default: str
) -> Setting[str]:
    word = default if one is None else _SITES.get(method_of(module, one.value))
    if word is None:
        return Setting(UNKNOWN, at)
    if raised and word in ("", "none"):
        return Setting("lax", at)
    return Setting(word, at) if word else Setting(ABSENT, at)


def _set_up(module: Module, call: Node, form: Form, groups: Mapping[int, dict[str, Given]], raised: Raised) -> Iterator[Cookie]:  # fmt: skip
    """`AddSession(options => options.Cookie.SecurePolicy = …)`, and the defaults of what is not given."""
    functions = [a for a in arguments(call) if a.type in LAMBDAS]
    if (
        len(arguments(call)) > len(functions)
        and not functions
        and form.subject != "CookieAuthenticationOptions"
    ):
        return  # a method sets it up
    held = groups.get(functions[0].id, {}) if functions else {}
    if "Cookie" in held or any(not possible(one.reach) for one in held.values()):
        return
    name = module.string(held["Cookie.Name"].value) if "Cookie.Name" in held else form.name
    at = segment(module, call, f"cookie[{name or NAMELESS}]")
    yield Cookie(
        at,
        name=name or NAMELESS,
        secure=_flag(module, held.get("Cookie.SecurePolicy"), at, raised=raised.secure, default=form.secure),
        http_only=_flag(module, held.get("Cookie.HttpOnly"), at, raised=raised.http_only, default=True),
        same_site=_same_site(
            module, held.get("Cookie.SameSite"), at, raised=raised.same_site, default=form.site
        ),
        sensitive=form.sensitive,
    )
