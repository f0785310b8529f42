"""Whether ASP.NET's Identity counts wrong passwords.

Sources: https://github.com/dotnet/aspnetcore/blob/main/src/Identity/Extensions.Core/src/LockoutOptions.cs (new users can be locked out,
after 5 wrong passwords, for 5 minutes), https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.identity.signinmanager-1.passwordsigninasync
and https://learn.microsoft.com/dotnet/api/microsoft.aspnetcore.identity.signinmanager-1.checkpasswordsigninasync (`lockoutOnFailure`).
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Feature
from batten.formats import Workspace
from batten.model import Location, Setting, Switch
from batten.technologies.frameworks.aspnet.code.module import Module, argument, method_of
from batten.technologies.frameworks.aspnet.code.options import given
from batten.technologies.frameworks.aspnet.code.reach import possible, reached

_CHECKS = {"PasswordSignInAsync": 3, "CheckPasswordSignInAsync": 2}  # where `lockoutOnFailure` is
MOST_TRIES = 100


def accounts(module: Module, workspace: Workspace) -> Iterator[Feature]:
    """A fact for each place that ends the count, or makes it no bound."""
    for call in module.calls:
        name = method_of(module, call)
        flag = argument(call, _CHECKS[name], "lockoutOnFailure") if name in _CHECKS else None
        if flag is not None and module.plain(flag) is False and possible(reached(module, call, workspace)):
            at = module.value(flag, f"{name}/lockoutOnFailure")
            yield _uncounted(at, f"`{name}` does not count them (`lockoutOnFailure: false`)")
    for one in given(module, workspace):
        tries = module.plain(one.value)
        if one.subject not in ("IdentityOptions", "LockoutOptions") or not possible(one.reach):
            continue
        at = module.value(one.value, f"IdentityOptions/{one.key}")
        if one.last == "AllowedForNewUsers" and tries is False:
            yield _uncounted(at, "new users are not locked out (`AllowedForNewUsers = false`)")
        elif one.last == "MaxFailedAccessAttempts" and isinstance(tries, int) and tries > MOST_TRIES:
            yield _uncounted(at, f"{tries} are allowed (`MaxFailedAccessAttempts`)")


def _uncounted(at: Location, what: str) -> Feature:
    return Feature(at, Switch.LOCKOUT, Setting(False, at), what)
