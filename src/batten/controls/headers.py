"""Controls on what responses tell clients and caches: media types, cookies, caching, banners, lost and old headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._cycles import unreleased
from batten.controls._registry import control
from batten.controls.directives import DIRECTIVES, data_only
from batten.facts import Banner, Cookie, Feature, ReplacedHeaders, ResponseHeaders
from batten.model import (
    ABSENT,
    Case,
    Location,
    RemoveHeader,
    SetHeader,
    Setting,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)


class CacheControlSensitive(Case):
    ABSENT = "absent", "Send Cache-Control: no-store with every authenticated response."
    CACHEABLE = "cacheable", "Set Cache-Control to no-store, or to private, for authenticated responses."
    SHARED_CACHE = (
        "shared-cache",
        "Key the cache by client, or do not cache responses that depend on the client.",
    )


@control("Shared caches do not store authenticated responses", Severity.MEDIUM, "V5", "RFC 9111, CWE-524")
def cache_control_sensitive(answer: ResponseHeaders) -> Iterator[Violation]:
    """A shared cache that stores one user's response delivers it to the next user who asks."""
    if not answer.authenticated or answer.status >= 300 or not answer.body:
        return
    policy = answer["cache-control"]
    breaks = "" if data_only(answer) else "browsers that keep pages, scripts and images of this place"
    remedy = SetHeader("Cache-Control", "no-store", breaks)
    if policy.value is ABSENT:
        message = "authenticated responses have no `Cache-Control`"
        milder = None if answer.status or data_only(answer) else Severity.INFO
        yield Violation(CacheControlSensitive.ABSENT, message, answer.at, remedy=remedy, severity=milder)
    elif isinstance(policy.value, str) and not _private(policy.value):
        message = f"`Cache-Control: {policy.value}` lets shared caches store authenticated responses"
        yield Violation(CacheControlSensitive.CACHEABLE, message, policy.at, remedy=remedy)


def _private(policy: str) -> bool:
    words = {w.strip().split("=")[0].lower() for w in policy.split(",")}
    return bool(words & {"no-store", "private"}) or (words >= {"no-cache"} and "public" not in words)


@control(
    "Shared caches do not store authenticated responses", Severity.MEDIUM, "V5", slug="cache-control-sensitive"
)  # fmt: skip
def cache_of_the_edge(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.SHARED_CACHE and feature.on.known(False):
        message = f"the cache can deliver one client's response to other clients: {feature.what}"
        yield Violation(
            CacheControlSensitive.SHARED_CACHE, message, feature.on.at, remedy=TurnOff(Switch.SHARED_CACHE)
        )


class ContentTypeDeclared(Case):
    ABSENT = "absent", "Send a Content-Type with every response that has a body."
    NO_CHARSET = "no-charset", "Declare the page's charset: text/html; charset=utf-8."
    WRONG_TYPE = "wrong-type", "Send JSON as application/json or as a +json type."
    TWICE = "sent-twice", "Set the media type instead of adding a second Content-Type."


@control("Every response body declares its media type", Severity.LOW, "V5", "RFC 9110, CWE-436")
def content_type_declared(answer: ResponseHeaders) -> Iterator[Violation]:
    """A browser may render a body without the right media type as a page, and run scripts in it."""
    if answer.status and answer.body and answer["content-type"].value is ABSENT:
        message = "a response body is sent without `Content-Type`"
        yield Violation(ContentTypeDeclared.ABSENT, message, answer.at)
    media = answer["content-type"].value
    if (
        answer.status
        and isinstance(media, str)
        and media.startswith("text/html")
        and "charset" not in media.lower()
        and not answer.charset_unneeded
    ):
        message = "an HTML page is sent without a charset"
        yield Violation(ContentTypeDeclared.NO_CHARSET, message, answer["content-type"].at)


@control("Every response body declares its media type", Severity.LOW, "V5", slug="content-type-declared")
def media_type_of_a_fixed_answer(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.MEDIA_TYPE and feature.on.known(True) is False:
        message = f"JSON is sent as `{feature.what}`"
        yield Violation(
            ContentTypeDeclared.WRONG_TYPE, message, feature.on.at, remedy=TurnOn(Switch.MEDIA_TYPE)
        )


class CookieFlags(Case):
    FLAGS_MISSING = (
        "flags-missing",
        "Set Secure on every cookie, and HttpOnly and SameSite on every session cookie.",
    )
    DOMAIN_WIDE = "domain-wide", "Omit Domain, so that browsers send the cookie to this host only."


@control(
    "Cookies are Secure, HttpOnly and SameSite",
    Severity.MEDIUM,
    "V5",
    "RFC 6265, CWE-614, CWE-1004, CWE-1275",
)
def cookie_flags(cookie: Cookie) -> Iterator[Violation]:
    """A cookie without its flags can be read by injected scripts, is sent over plain HTTP, or accompanies
    requests that other sites make."""
    lacks: list[tuple[str, Location]] = []
    if cookie.secure.known(None) is False:
        lacks.append(("Secure", cookie.secure.at))
    if cookie.sensitive and cookie.http_only.known(None) is False:
        lacks.append(("HttpOnly", cookie.http_only.at))
    if cookie.sensitive:
        setting = cookie.same_site
        if isinstance(setting.effective, str):
            cross_site = setting.effective.lower() == "none" and not cookie.secure.known(True)
        else:
            cross_site = setting.effective is ABSENT
        if cross_site:
            lacks.append(("SameSite", cookie.same_site.at))
    if lacks and not (cookie.plain and [name for name, _ in lacks] == ["Secure"]):
        names = ", ".join(name for name, _ in lacks)
        message = f"the cookie `{cookie.name}` lacks {names}"
        milder = None if cookie.sensitive else Severity.LOW
        remedy = TurnOn(Switch.COOKIE_FLAGS)
        yield Violation(CookieFlags.FLAGS_MISSING, message, lacks[0][1], remedy=remedy, severity=milder)
    domain = cookie.domain.known("") if cookie.domain is not None and cookie.sensitive else ""
    if domain and cookie.domain is not None:
        message = f"the cookie `{cookie.name}` is sent to every host below `{domain.lstrip('.')}`"
        yield Violation(CookieFlags.DOMAIN_WIDE, message, cookie.domain.at, severity=Severity.INFO)


_SHOWN = 400  # characters of a banner
_PRODUCT_VERSION = re.compile(r"([A-Za-z][\w-]*)/(\d+(?:\.\d+)*)")
_PRODUCTS = {"apache": "apache-http-server"}  # by their names in the data on releases


class BannerHidden(Case):
    VERSION = "version", "Remove product versions from response headers and error pages."


@control(
    "Responses do not disclose product versions", Severity.LOW, "V5 V1", "CWE-200", private=Severity.INFO
)
def banner_hidden(banner: Banner) -> Iterator[Violation]:
    """A version shows an attacker which published vulnerabilities to try first."""
    if banner.shows_version.known(False):
        shown = f": `{banner.shown}`" if banner.shown else ""
        what = "a version" if banner.product == banner.header else f"the version of {banner.product}"
        doubt = banner.doubt or _never_released(banner)
        message = (
            f"{banner.header} discloses {what}{shown}{f', which is uncertain: {doubt}' if doubt else ''}"
        )
        milder, remedy = Severity.INFO if doubt else None, TurnOff(Switch.BANNER)
        yield Violation(
            BannerHidden.VERSION, message, banner.shows_version.at, remedy=remedy, severity=milder
        )


def _never_released(banner: Banner) -> str:
    """A version that a product cannot have was made up, by it or by what is before it."""
    found = _PRODUCT_VERSION.search(banner.shown[:_SHOWN])
    known = found is not None and unreleased(_PRODUCTS.get(found[1].lower(), found[1].lower()), found[2])
    return "no such version was released" if known else ""


class HeadersInherited(Case):
    HEADERS_DROPPED = (
        "headers-dropped",
        "Repeat the outer block's security headers in this block, or merge them.",
    )
    REQUEST_HEADERS_DROPPED = (
        "request-headers-dropped",
        "Repeat the outer block's headers for the upstream in this block.",
    )


@control("Nested blocks keep the security headers of the outer block", Severity.MEDIUM, "V5", "CWE-693")
def headers_inherited(answer: ResponseHeaders) -> Iterator[Violation]:
    """One header added in a nested block silently removes all headers of the outer block."""
    lost = {name: setting for name, setting in answer.dropped.items() if name in PROTECTIVE}
    if lost:
        names = ", ".join(sorted(lost))
        related = tuple(setting.at for _, setting in sorted(lost.items()))
        message = f"this block drops headers of the outer block: {names}"
        remedy = TurnOn(Switch.INHERIT_HEADERS)
        yield Violation(HeadersInherited.HEADERS_DROPPED, message, answer.at, remedy=remedy, related=related)


@control(
    "Nested blocks keep the request headers of the outer block",
    Severity.MEDIUM,
    "V1",
    "CWE-348",
    slug="headers-inherited",
)
def request_headers_inherited(sent: ReplacedHeaders) -> Iterator[Violation]:
    """An upstream believes what a client writes into a header that the edge sets everywhere else."""
    if sent.dropped:
        names = ", ".join(sorted(sent.dropped))
        related = tuple(setting.at for _, setting in sorted(sent.dropped.items()))
        message = f"this block forwards headers as clients send them, which the outer block sets: {names}"
        yield Violation(
            HeadersInherited.REQUEST_HEADERS_DROPPED,
            message,
            sent.at,
            remedy=TurnOn(Switch.INHERIT_HEADERS),
            related=related,
        )


PROTECTIVE = frozenset(
    {row.header.lower() for row in DIRECTIVES}
    | {"strict-transport-security", "cache-control", "access-control-allow-origin", "vary"}
    | {"cross-origin-opener-policy", "cross-origin-embedder-policy"}
)

OBSOLETE = {
    "expect-ct": "browsers ignore it since 2022",
    "public-key-pins": "browsers no longer support it, and a mistake in it locks users out",
    "feature-policy": "`Permissions-Policy` replaced it",
}


class ObsoleteHeaderAbsent(Case):
    XSS_FILTER = (
        "xss-filter",
        "Remove X-XSS-Protection, or set it to 0; use a Content-Security-Policy instead.",
    )
    OBSOLETE = "obsolete", "Remove the header."
    FOLDED = "folded", "Write the header's value on one line."


@control("Responses carry no obsolete security headers", Severity.INFO, "V5", "OWASP Secure Headers")
def obsolete_header_absent(answer: ResponseHeaders) -> Iterator[Violation]:
    """Obsolete headers suggest a protection that does not exist, and the XSS filter itself can be abused."""
    filter_header = answer["x-xss-protection"]
    if isinstance(filter_header.value, str) and not filter_header.value.strip().startswith("0"):
        message = "`X-XSS-Protection` enables the browser's XSS filter, which attackers can abuse"
        remedy = RemoveHeader("X-XSS-Protection")
        yield Violation(ObsoleteHeaderAbsent.XSS_FILTER, message, filter_header.at, remedy=remedy)
    for folded in sorted(name for name in answer.sent if "\n" in answer[name].known("")):
        at, value = answer[folded].at, " ".join(answer[folded].known("").split())
        message = f"the value of `{folded}` has line breaks, which HTTP/2 forbids and HTTP/1.1 made obsolete"
        one_line = SetHeader(folded.title(), value)
        yield Violation(ObsoleteHeaderAbsent.FOLDED, message, at, remedy=one_line, severity=Severity.LOW)
    for name, reason in OBSOLETE.items():
        header: Setting[str] = answer[name]
        if header.value is not ABSENT:
            message = f"`{name}` is obsolete: {reason}"
            yield Violation(ObsoleteHeaderAbsent.OBSOLETE, message, header.at, remedy=RemoveHeader(name))


class DebugHeadersAbsent(Case):
    DEBUG_TOOL = "debug-tool", "Turn the development tool off in production; until then, remove the header."
    SOURCE_MAP = "source-map", "Do not publish source maps, and remove the header."
    TIMING = "timing", "Remove the header, or send it to authenticated developers only."


_DEBUG_HEADERS = {
    "X-Debug-Token": (DebugHeadersAbsent.DEBUG_TOOL, "comes from Symfony's profiler", Severity.MEDIUM),
    "X-Debug-Token-Link": (DebugHeadersAbsent.DEBUG_TOOL, "links to Symfony's profiler", Severity.MEDIUM),
    "X-SourceFiles": (
        DebugHeadersAbsent.DEBUG_TOOL,
        "contains paths of ASP.NET source files",
        Severity.MEDIUM,
    ),
    "SourceMap": (DebugHeadersAbsent.SOURCE_MAP, "links to the original source code", Severity.LOW),
    "X-SourceMap": (DebugHeadersAbsent.SOURCE_MAP, "links to the original source code", Severity.LOW),
    "Server-Timing": (DebugHeadersAbsent.TIMING, "discloses how long internal steps take", Severity.INFO),
    "X-Runtime": (DebugHeadersAbsent.TIMING, "discloses how long the application works", Severity.INFO),
}


@control("Responses carry no debug headers", Severity.MEDIUM, "V7 V3", "CWE-200, CWE-489, CWE-208")
def debug_headers_absent(answer: ResponseHeaders) -> Iterator[Violation]:
    """Debug headers lead attackers to development tools, source code and differences in timing."""
    for name, (case, what, severity) in _DEBUG_HEADERS.items():
        header = answer[name]
        if header.value is not ABSENT:
            yield Violation(case, f"`{name}` {what}", header.at, remedy=RemoveHeader(name), severity=severity)
