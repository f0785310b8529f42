"""The middleware of an application: pages for developers outside of development, consoles, order, HSTS and limits of rates.

Sources: https://learn.microsoft.com/aspnet/core/fundamentals/middleware/ (order), https://learn.microsoft.com/aspnet/core/fundamentals/error-handling,
https://github.com/dotnet/aspnetcore/blob/main/src/Middleware/HttpsPolicy/src/HstsOptions.cs (30 days without subdomains unless it is
told otherwise, never for localhost), https://learn.microsoft.com/aspnet/core/security/enforcing-ssl,
https://learn.microsoft.com/aspnet/core/performance/rate-limit, https://learn.microsoft.com/aspnet/core/performance/caching/output
(answers to callers that are known are not kept: so the cache must come after authentication),
https://docs.hangfire.io/en/latest/configuration/using-dashboard.html (local requests only, unless filters are given: every filter of
`Authorization` and of `AsyncAuthorization` must admit a request, and giving the second replaces the default of the first).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from batten.facts import (
    AccessRule,
    AppSettings,
    Fact,
    Feature,
    Limits,
    ResponseHeaders,
    WebRoot,
)
from batten.formats import Workspace
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Switch
from batten.technologies.frameworks.aspnet.code.logins import FALLBACK
from batten.technologies.frameworks.aspnet.code.module import LARGEST, Module, argument, method_of, owner_of
from batten.technologies.frameworks.aspnet.code.options import given
from batten.technologies.frameworks.aspnet.code.owners import Guard, Owners
from batten.technologies.frameworks.aspnet.code.policies import segment
from batten.technologies.frameworks.aspnet.code.project import Project, method_around, project_of
from batten.technologies.frameworks.aspnet.code.reach import possible, reached, served
from batten.technologies.shared.settings.offers import only

HSTS = "strict-transport-security"
_THIRTY_DAYS = 2_592_000
_DOCS = {
    "UseSwagger": "the OpenAPI document at /swagger",
    "MapSwagger": "the OpenAPI document at /swagger",
    "UseSwaggerUI": "Swagger UI at /swagger",
    "UseSwaggerUi": "Swagger UI at /swagger",
    "UseSwaggerUi3": "Swagger UI at /swagger",
    "UseOpenApi": "the OpenAPI document at /swagger",
    "MapOpenApi": "the OpenAPI document at /openapi",
    "MapScalarApiReference": "Scalar at /scalar",
    "UseReDoc": "ReDoc at /api-docs",
}
_METRICS = {
    "MapPrometheusScrapingEndpoint": "/metrics",
    "UseOpenTelemetryPrometheusScrapingEndpoint": "/metrics",
    "MapMetrics": "/metrics",
    "UseMetricServer": "/metrics",
}
_TRACES = {
    "UseDeveloperExceptionPage": "stack traces, cookies and headers of requests (`UseDeveloperExceptionPage`)",
    "UseDatabaseErrorPage": "errors of the database (`UseDatabaseErrorPage`)",
}
_EMPTY = re.compile(
    r"\[\s*\]|(?:System\.)?Array\.Empty<[\w.]+>\(\)|Enumerable\.Empty<[\w.]+>\(\)|new\s+[\w.<>]+\s*(?:\[\s*0?\s*\]|\(\s*\))?\s*(?:\{\s*\})?"
)
_FILTER = re.compile(r"\bnew\s+(\w+)\s*\(")
_LIMITED = re.compile(r"\b(?:UseRateLimiter)\b")
_RATED = re.compile(
    r"\b(?:RequireRateLimiting)\b|\[EnableRateLimiting\b|\bEnableRateLimitingAttribute\b|\b(?:GlobalLimiter)\s{0,9}="
)
_SENDING = re.compile(r"\bUseHsts\b|(?i:strict-transport-security)")
_LENGTHS = re.compile(r"\bAddHsts\b|\bHstsOptions\b")


def pipeline(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """What each call of middleware brings, then what their order and what is missing make of it."""
    project = project_of(module.path, workspace)
    docs: list[Feature] = []
    for call in module.calls:
        name = method_of(module, call)
        if name in _DOCS and _shown(module, call, project, workspace):
            docs.append(_feature(segment(module, call, name), Switch.DOCS, _DOCS[name]))
        elif (
            name in _METRICS
            and _shown(module, call, project, workspace)
            and argument(call, 0, "port") is None
        ):
            what = f"the metrics endpoint `{_METRICS[name]}`"
            yield _feature(segment(module, call, name), Switch.METRICS, what)
        elif name in _SIMPLE and served(reached(module, call, workspace)):
            yield from _SIMPLE[name](module, call)
    if docs:
        off = Setting[bool](ABSENT, docs[0].at, False)
        yield AppSettings(docs[0].at, framework="ASP.NET Core", debug=off, docs=tuple(docs))
    # Hangfire's dashboard, where its filters are none, or let everyone in.
    for one in given(module, workspace):
        if one.subject != "DashboardOptions" or one.key not in _FILTERS or not served(one.reach):
            continue
        if any(other.key in _FILTERS and other.key != one.key and other.group == one.group for other in given(module, workspace)):  # fmt: skip
            continue  # the other list may refuse
        written = module.text(one.value)[:500]
        if _EMPTY.fullmatch(written.strip()) or _admits(written, project_of(module.path, workspace), module):
            jobs_at = module.value(one.value, f"DashboardOptions/{one.key}")
            yield _feature(jobs_at, Switch.CONSOLE, "the Hangfire dashboard")
    yield from _order(module, workspace)
    yield from _transport(module, project, workspace)
    # A limiter that is set up and not used, or used and asked by no endpoint.
    for call in module.calls:
        name = method_of(module, call)
        if name not in ("AddRateLimiter", "UseRateLimiter") or not possible(reached(module, call, workspace)):
            continue
        unused = not project.says(_LIMITED) if name == "AddRateLimiter" else not project.says(_RATED)
        if unused:
            at = segment(module, call, name)
            yield Limits(at, rate=Setting(ABSENT, at))


def _feature(at: Location, switch: Switch, what: str) -> Feature:
    return Feature(at, switch, Setting(True, at), what)


def _traced(module: Module, call: Node) -> Iterator[Fact]:
    name = method_of(module, call)
    yield _feature(segment(module, call, name), Switch.ERROR_DETAILS, _TRACES[name])


def _migrated(module: Module, call: Node) -> Iterator[Fact]:
    what = "the endpoint that migrates the database"
    yield _feature(segment(module, call, "UseMigrationsEndPoint"), Switch.CONSOLE, what)


def _overridden(module: Module, call: Node) -> Iterator[Fact]:
    yield _feature(
        segment(module, call, "UseHttpMethodOverride"), Switch.METHOD_OVERRIDE, "`UseHttpMethodOverride`"
    )


def _listed(module: Module, call: Node) -> Iterator[Fact]:
    """`UseDirectoryBrowser()`, and `UseFileServer(enableDirectoryBrowsing: true)`."""
    value = (
        argument(call, 0, "enableDirectoryBrowsing") if method_of(module, call) == "UseFileServer" else None
    )
    if method_of(module, call) == "UseFileServer" and (value is None or module.plain(value) is not True):
        return
    at = (
        segment(module, call, "UseDirectoryBrowser")
        if value is None
        else module.value(value, "enableDirectoryBrowsing")
    )
    unknown = Setting[bool](UNKNOWN, at)
    yield WebRoot(at, path=Setting(UNKNOWN, at), listing=Setting(True, at), denies_hidden=unknown)


_SIMPLE = {
    **dict.fromkeys(_TRACES, _traced),
    "UseMigrationsEndPoint": _migrated,
    "UseHttpMethodOverride": _overridden,
    "UseDirectoryBrowser": _listed,
    "UseFileServer": _listed,
}


def _shown(module: Module, call: Node, project: Project, workspace: Workspace) -> bool:
    """Whether users reach it without a login. A fallback policy covers endpoints, and what comes after `UseAuthorization`."""
    if (
        not served(reached(module, call, workspace))
        or Owners(module, workspace).guard(call) is not Guard.NOTHING
    ):
        return False
    if not project.says(FALLBACK):
        return True
    before = _beside(module, call, "UseAuthorization")
    late = before is not None and before.start_byte < call.start_byte
    return method_of(module, call).startswith("Use") and not late


_FILTERS = ("Authorization", "AsyncAuthorization")
_MOST = 20  # calls of one middleware that are looked at


def _beside(module: Module, call: Node, name: str) -> Node | None:
    """The call of another middleware on the same name in the same function."""
    around = method_around(call)
    others = module.on.get(module.text(owner_of(call)), {}).get(name, [])[:_MOST]
    return next((one for one in others if method_around(one) == around), None)


def _admits(written: str, project: Project, module: Module) -> bool:
    """Whether all of the filters are classes of the project that admit everyone."""
    names = _FILTER.findall(written)
    texts = (module.source.text, *project.texts.values())
    return bool(names) and all(any(_opens(text, name) for text in texts) for name in names)


def _opens(text: str, name: str) -> bool:
    start = text.find(f"class {name}")
    if start < 0:
        return False
    found = _ADMITTING.search(text, start, start + 2_000)
    return found is not None


_ADMITTING = re.compile(
    r"\bbool\s{1,9}Authorize\s{0,9}\([^()]{0,200}\)\s{0,99}(?:=>\s{0,99}true\s{0,9};|\{\s{0,99}return\s{1,9}true\s{0,9};)"
)


def _order(module: Module, workspace: Workspace) -> Iterator[Fact]:
    """Middleware that runs too early for what it needs."""
    for call in module.calls:
        name = method_of(module, call)
        if name not in ("UseAuthentication", "UseOutputCache") or not possible(
            reached(module, call, workspace)
        ):
            continue
        other = _beside(
            module, call, "UseAuthorization" if name == "UseAuthentication" else "UseAuthentication"
        )
        if other is None:
            continue
        if name == "UseAuthentication" and other.start_byte < call.start_byte:
            at = segment(module, call, name)
            why = "`UseAuthorization` runs before it and takes every caller for anonymous"
            yield AccessRule(at, "`UseAuthentication`", why)
        elif name == "UseOutputCache" and call.start_byte < other.start_byte:
            at = segment(module, call, name)
            yield _feature(
                at,
                Switch.SHARED_CACHE,
                "`UseOutputCache` runs before `UseAuthentication`, so it takes every caller for anonymous",
            )


def _transport(module: Module, project: Project, workspace: Workspace) -> Iterator[ResponseHeaders]:
    """HSTS, where the middleware sends it, and where an application redirects to TLS without it."""
    for call in module.calls:
        name = method_of(module, call)
        if name == "UseHsts" and served(reached(module, call, workspace)):
            yield _sent(module, call, _hsts(module, call, project, workspace))
        elif (
            name == "UseHttpsRedirection"
            and served(reached(module, call, workspace))
            and not project.says(_SENDING)
        ):
            yield _sent(module, call, Setting(ABSENT, segment(module, call, name, Kind.BLOCK)))


def _sent(module: Module, call: Node, value: Setting[str]) -> ResponseHeaders:
    at = segment(module, call, method_of(module, call), Kind.BLOCK)
    return ResponseHeaders(at, over_tls=True, sent=only(HSTS, value))


def _hsts(module: Module, call: Node, project: Project, workspace: Workspace) -> Setting[str]:
    at = segment(module, call, "UseHsts")
    held = {one.key: one for one in given(module, workspace) if one.subject == "HstsOptions"}
    if any(not served(one.reach) for one in held.values()):
        return Setting(UNKNOWN, at)
    if not held:
        known = not project.says(_LENGTHS)
        return Setting(f"max-age={_THIRTY_DAYS}" if known else UNKNOWN, at)
    seconds, here = _THIRTY_DAYS, at
    if (length := held.get("MaxAge")) is not None:
        value, here = module.plain(length.value), module.value(length.value, "HstsOptions/MaxAge")
        if not isinstance(value, int):
            return Setting(UNKNOWN, here)
        seconds = value
    subdomains = held.get("IncludeSubDomains")
    below = "; includeSubDomains" if subdomains is not None and module.plain(subdomains.value) is True else ""
    return Setting(f"max-age={min(seconds, LARGEST)}{below}", here)
