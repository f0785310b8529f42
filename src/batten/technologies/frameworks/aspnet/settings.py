"""From the settings of an ASP.NET application, and of IIS for it, to what clients see, and what is written out.

Sources: https://learn.microsoft.com/aspnet/core/fundamentals/host/generic-host (DetailedErrors, AllowedHosts),
https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/endpoints (SslProtocols, certificates),
https://learn.microsoft.com/aspnet/core/fundamentals/environments (the environment that web.config sets),
https://learn.microsoft.com/iis/configuration/ and, for `system.web`, https://learn.microsoft.com/previous-versions/dotnet/netframework-4.0/b5ysx397(v=vs.100).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import (
    AppSettings,
    Banner,
    CorsPolicy,
    Fact,
    Limits,
    OriginKind,
    OriginRule,
    Secret,
    WebRoot,
)
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.frameworks.aspnet.connections import connected, filled
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings import rows
from batten.technologies.shared.settings.offers import listener
from batten.technologies.shared.settings.rows import Flags, SwitchSetting
from batten.technologies.shared.settings.settings import Entry, Settings, listed
from batten.technologies.shared.transport.tls import version_named

_DETAILS = "people who read the details of errors from another machine"
ROWS = (
    SwitchSetting(key="DetailedErrors", switch=Switch.ERROR_DETAILS, what="stack traces", breaks=_DETAILS),
    SwitchSetting(key="system.web.customErrors.mode", switch=Switch.ERROR_DETAILS, what="stack traces", bad=("off",), safe="RemoteOnly", breaks=_DETAILS),
    # https://learn.microsoft.com/troubleshoot/developer/webapps/aspnet/performance/debug-mode-applications
    SwitchSetting(key="system.web.compilation.debug", switch=Switch.DEBUG_BUILD, what="ASP.NET", breaks="people who debug the application"),
    SwitchSetting(key="system.webServer.aspNetCore.environmentVariables.ASPNETCORE_ENVIRONMENT", switch=Switch.DEBUG, what="the environment `Development`, with its page for exceptions,", bad=("development",), safe="Production", breaks="people who read the details of errors"),
    SwitchSetting(key="system.webServer.aspNetCore.environmentVariables.ASPNETCORE_DETAILEDERRORS", switch=Switch.ERROR_DETAILS, what="stack traces", bad=("true", "1"), breaks=_DETAILS),
)  # fmt: skip
ERRORS = SwitchSetting(key="system.webServer.httpErrors.errorMode", switch=Switch.ERROR_DETAILS, what="the details of errors", bad=("detailed",), safe="DetailedLocalOnly", breaks=_DETAILS)  # fmt: skip
TRACE = SwitchSetting(key="system.web.trace.enabled", switch=Switch.CONSOLE, what="the trace of requests at /trace.axd", breaks="people who read the trace")  # fmt: skip
COOKIES = (
    Flags(
        name="system.web.sessionState.cookieName",
        secure="system.web.httpCookies.requireSSL",
        default="ASP.NET_SessionId",
    ),
    # The cookies of sessions and of forms authentication are HttpOnly in any case:
    # https://github.com/microsoft/referencesource/blob/master/System.Web/State/SessionIDManager.cs
    Flags(
        name="",
        http_only="system.web.httpCookies.httpOnlyCookies",
        default="(every cookie that the application sets)",
    ),
    Flags(
        name="system.web.authentication.forms.name",
        secure="system.web.authentication.forms.requireSSL",
        default=".ASPXAUTH",
    ),
)
HOSTS, SIZE = (
    "AllowedHosts",
    "system.webServer.security.requestFiltering.requestLimits.maxAllowedContentLength",
)
BROWSE, VERSION = "system.webServer.directoryBrowse.enabled", "system.web.httpRuntime.enableVersionHeader"
ORIGIN = "system.webServer.httpProtocol.customHeaders.Access-Control-Allow-Origin"
_CREDENTIALS = "system.webServer.httpProtocol.customHeaders.Access-Control-Allow-Credentials"
_PROTOCOLS = re.compile(
    r"Kestrel\.(?:EndpointDefaults|Endpoints\.[^.]+(?:\.Sni\.[^.]+)?)\.SslProtocols", re.IGNORECASE
)
_KINDS = {
    "ssl2": "SSLv2",
    "ssl3": "SSLv3",
    "tls": "TLSv1",
    "tls10": "TLSv1",
    "tls11": "TLSv1.1",
    "tls12": "TLSv1.2",
    "tls13": "TLSv1.3",
}
_MACHINE = ("system.web.machineKey.validationKey", "system.web.machineKey.decryptionKey")


def facts(settings: Settings, text: str) -> Iterator[Fact]:
    """What the file says; `text` is all of it."""
    yield from rows.switches(ROWS, settings, "ASP.NET")
    if settings.truth("system.web.trace.localOnly", True).known(True) is False:
        yield from rows.switches((TRACE,), settings, "ASP.NET")
    # What IIS does not touch, it adds no details to: https://learn.microsoft.com/iis/configuration/system.webserver/httperrors/
    if settings.word("system.webServer.httpErrors.existingResponse", "").known("").lower() != "passthrough":
        yield from rows.switches((ERRORS,), settings, "ASP.NET")
    for flags in COOKIES:
        yield from rows.session(flags, settings)
    # Hosts, sizes, listings and versions.
    hosts = settings.word(HOSTS)
    if hosts.written and hosts.is_known:
        served_names = tuple(_host(name.strip()) for name in hosts.known("").split(";") if name.strip()) or (
            "*",
        )
        off = Setting[bool](ABSENT, hosts.at, False)
        yield AppSettings(
            hosts.at, framework="ASP.NET Core", debug=off, hosts=Setting(served_names, hosts.at)
        )
    size = settings.number(SIZE)
    if size.written:
        # Whether ASP.NET's own bound, in KiB, is below that of IIS.
        smaller_size = size.known(0)
        own = settings.number("system.web.httpRuntime.maxRequestLength")
        if not (own.written and own.known(smaller_size) << 10 < smaller_size):
            yield Limits(size.at, body=size)
    browse = settings.truth(BROWSE, False)
    if browse.known(False):
        unknown = Setting[bool](UNKNOWN, browse.at)
        yield WebRoot(browse.at, path=Setting(UNKNOWN, browse.at), listing=browse, denies_hidden=unknown)
    version = settings.truth(VERSION, UNKNOWN)
    if version.known(False):
        yield Banner(version.at, product="ASP.NET", header="X-AspNet-Version", shows_version=version)
    # A header that IIS adds to every answer.
    origin = settings.word(ORIGIN)
    if origin.written and origin.is_known:
        origins_word = origin.known("")
        kind = (
            OriginKind.ANY
            if origins_word == "*"
            else OriginKind.NULL
            if origins_word == "null"
            else OriginKind.EXACT
        )
        yield CorsPolicy(
            origin.at,
            origins=Setting((OriginRule(kind, origin),), origin.at),
            credentials=settings.truth(_CREDENTIALS, UNKNOWN),
            methods=Setting(ABSENT, origin.at),
            headers=Setting(ABSENT, origin.at),
            varies=Setting(True, origin.at),
        )
    for given in settings.found.values():
        if _PROTOCOLS.fullmatch(given.key):
            # `["Tls11", "Tls12"]`; `None` leaves the choice to the operating system.
            names = tuple(_KINDS.get(word.lower(), "") for word in listed(given.value))
            if names and all(names):
                yield from listener(
                    given.at, Setting(tuple(filter(None, map(version_named, names))), given.at), None
                )
        yield from _held(given, text)


def _host(name: str) -> str:
    """Both addresses are wildcards, as `*` is: https://learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/host-filtering."""
    return "*" if name in ("0.0.0.0", "[::]") else name


def _held(given: Entry, text: str) -> Iterator[Fact]:
    if given.key in _MACHINE:
        if not given.value.startswith("AutoGenerate") and not credentials.placeholder(given.value):
            yield credentials.in_config(given.at, given.key, credentials.Found("key", signs=True))
    elif "connectionstring" in given.key.lower():
        yield from connected(given, text)
        inside = credentials.connection_credential(given.value)
        if inside is None or inside.kind != "password":  # which `connected` has at its own place
            yield from _secret(given)
    else:
        yield from _secret(given)


def _secret(given: Entry) -> Iterator[Secret]:
    if given.value.strip() and not given.templated and not filled(given.value):
        held = credentials.found(given.key.replace(":", "."), given.value)
        if held is not None:
            yield credentials.in_config(given.at, given.key, held)
