"""Controls on security directives that are sent to clients: one table for headers with one right value."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.controls._registry import control
from batten.facts import Banner, Content, Cookie, Feature, ResponseHeaders
from batten.model import (
    ABSENT,
    UNTOLD,
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
from batten.model.record import record

OWASP = "OWASP API8:2023, OWASP Secure Headers"


@record
class Directive:
    """A header that should be sent, when, and what is good enough."""

    slug: str
    title: str
    severity: Severity
    header: str
    value: str  # what the remedy sends
    good: Callable[[str], bool]
    why: str
    applies: Callable[[ResponseHeaders], bool] = lambda answer: True
    references: str = OWASP
    instead: Callable[[ResponseHeaders], bool] = lambda answer: False  # another header does the same


def _denies_framing(answer: ResponseHeaders) -> bool:
    policy = answer["content-security-policy"].value
    return (
        isinstance(policy, str)
        and "frame-ancestors" in policy
        and "*" not in directive(policy, "frame-ancestors")
    )


def directive(policy: str, name: str) -> str:
    """The sources of one directive of a Content-Security-Policy, "" when it is not there."""
    for part in policy.split(";"):
        words = part.split()
        if words and words[0].lower() == name:
            return " ".join(words[1:]) or "'none'"
    return ""


def _strict_csp(policy: str) -> bool:
    scripts = directive(policy, "script-src") or directive(policy, "default-src")
    loose = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")
    nonce = "'nonce-" in scripts or "'sha" in scripts or "'strict-dynamic'" in scripts
    words = scripts.split()
    return bool(scripts) and not any(w in words and not (nonce and w != "*") for w in loose)


DIRECTIVES = (
    Directive(
        "nosniff-sent",
        "Browsers are told not to guess media types",
        Severity.LOW,
        "X-Content-Type-Options",
        "nosniff",
        lambda value: value.strip().lower() == "nosniff",
        "A browser that guesses may run an uploaded image or a JSON answer as a script.",
    ),
    Directive(
        "framing-denied",
        "Answers cannot be framed",
        Severity.LOW,
        "X-Frame-Options",
        "DENY",
        lambda value: value.strip().upper() in ("DENY", "SAMEORIGIN"),
        "A hostile page that frames an answer can make a user click what he does not see.",
        applies=lambda answer: answer.content is not Content.ASSET,
        references="OWASP API8:2023, CWE-1021",
        instead=_denies_framing,
    ),
    Directive(
        "csp-sent",
        "A content security policy is sent",
        Severity.LOW,
        "Content-Security-Policy",
        "default-src 'none'; frame-ancestors 'none'",
        _strict_csp,
        "An answer that a browser renders after all may then load and run nothing.",
        applies=lambda answer: answer.content is not Content.ASSET,
        references="OWASP API8:2023, CWE-693",
    ),
    Directive(
        "referrer-policy-sent",
        "URLs are not passed on as referrers",
        Severity.LOW,
        "Referrer-Policy",
        "no-referrer",
        lambda value: (
            value.split(",")[-1].strip().lower()
            in ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
        ),
        "Identifiers and tokens in URLs reach every site that an answer links to.",
        applies=lambda answer: answer.content is not Content.ASSET,
    ),
    Directive(
        "permissions-policy-sent",
        "Pages give up browser features that they do not need",
        Severity.INFO,
        "Permissions-Policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        lambda value: bool(value.strip()) and "*" not in value,
        "A script that gets into a page can use camera, microphone and position unless the page waived them.",
        applies=lambda answer: answer.content is Content.PAGE,
    ),
    Directive(
        "cross-origin-isolation-sent",
        "Other sites cannot embed answers",
        Severity.INFO,
        "Cross-Origin-Resource-Policy",
        "same-origin",
        lambda value: value.strip().lower() in ("same-origin", "same-site"),
        "Side channels such as Spectre read what a browser loads into another site's process.",
        applies=lambda answer: answer.content in (Content.API, Content.UNKNOWN),
    ),
)


def _register(row: Directive) -> None:
    def judge(answer: ResponseHeaders) -> Iterator[Violation]:
        yield from missing_or_weak(answer, row)

    judge.__doc__ = row.why
    control(row.title, row.severity, "V5", row.references, row.slug)(judge)


def missing_or_weak(answer: ResponseHeaders, row: Directive) -> Iterator[Violation]:
    """Violations of one row: not sent, sent with a weak value, or not sent with errors."""
    if not row.applies(answer) or row.header.lower() in answer.dropped or row.instead(answer):
        return
    if 300 <= answer.status < 400 and not answer.body:
        return  # nothing is rendered, sniffed or framed
    header = answer[row.header]
    remedy = SetHeader(row.header, row.value)
    if header.value is ABSENT:
        yield Violation(UNTOLD, f"{row.header} is not sent", answer.at, remedy)
    elif isinstance(header.value, str):
        if not row.good(header.value):
            yield Violation(UNTOLD, f"{row.header} is too weak: '{header.value}'", header.at, remedy)
        elif not answer.on_errors(row.header):
            yield Violation(
                UNTOLD,
                f"{row.header} is not sent with error answers",
                header.at,
                SetHeader(row.header, header.value),
            )


for _row in DIRECTIVES:
    _register(_row)


@control("Private answers are not kept by shared caches", Severity.MEDIUM, "V5", "RFC 9111, CWE-524")
def cache_control_sensitive(answer: ResponseHeaders) -> Iterator[Violation]:
    """A shared cache that keeps one user's answer gives it to the next."""
    if not answer.authenticated or answer.status >= 300 or not answer.body:
        return
    policy = answer["cache-control"]
    remedy = SetHeader("Cache-Control", "no-store")
    if policy.value is ABSENT:
        yield Violation(UNTOLD, "an answer to an authenticated request may be cached", answer.at, remedy)
    elif isinstance(policy.value, str) and not _private(policy.value):
        yield Violation(UNTOLD, f"an authenticated answer may be cached: '{policy.value}'", policy.at, remedy)


def _private(policy: str) -> bool:
    words = {w.strip().split("=")[0].lower() for w in policy.split(",")}
    return bool(words & {"no-store", "private"}) or (words >= {"no-cache"} and "public" not in words)


@control(
    "Private answers are not kept by shared caches", Severity.MEDIUM, "V5", slug="cache-control-sensitive"
)
def cache_of_the_edge(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.SHARED_CACHE and feature.on.known(False):
        message = f"the cache gives one client's answer to others: {feature.what}"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.SHARED_CACHE))


@control("Each body has the right media type", Severity.LOW, "V5", "RFC 9110, CWE-436")
def content_type_declared(answer: ResponseHeaders) -> Iterator[Violation]:
    """A body without a media type is whatever the reader takes it for."""
    if answer.status and answer.body and answer["content-type"].value is ABSENT:
        yield Violation(UNTOLD, "a body was sent without Content-Type", answer.at)
    media = answer["content-type"].value
    if (
        answer.status
        and isinstance(media, str)
        and media.startswith("text/html")
        and "charset" not in media.lower()
    ):
        yield Violation(UNTOLD, "an HTML page was sent without a charset", answer["content-type"].at)


@control("Each body has the right media type", Severity.LOW, "V5", slug="content-type-declared")
def media_type_of_a_fixed_answer(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.MEDIA_TYPE and feature.on.known(True) is False:
        yield Violation(
            UNTOLD, f"JSON is sent as another type: {feature.what}", feature.on.at, TurnOn(Switch.MEDIA_TYPE)
        )


@control(
    "Cookies are Secure, HttpOnly and SameSite",
    Severity.MEDIUM,
    "V5",
    "RFC 6265, CWE-614, CWE-1004, CWE-1275",
)
def cookie_flags(cookie: Cookie) -> Iterator[Violation]:
    """A session cookie without its flags is read by scripts, sent in clear text, or sent along with
    requests that another site makes."""
    lacks: list[tuple[str, Location]] = []
    if cookie.secure.known(None) is False:
        lacks.append(("Secure", cookie.secure.at))
    if cookie.sensitive and cookie.http_only.known(None) is False:
        lacks.append(("HttpOnly", cookie.http_only.at))
    if cookie.sensitive and _cross_site(cookie):
        lacks.append(("SameSite", cookie.same_site.at))
    if lacks:
        names = ", ".join(name for name, _ in lacks)
        yield Violation(
            UNTOLD, f"cookie '{cookie.name}' lacks {names}", lacks[0][1], TurnOn(Switch.COOKIE_FLAGS)
        )


def _cross_site(cookie: Cookie) -> bool:
    setting = cookie.same_site
    if isinstance(setting.effective, str):
        return setting.effective.lower() == "none" and not cookie.secure.known(True)
    return setting.effective is ABSENT


@control("No product version is told to clients", Severity.LOW, "V5 V1", "CWE-200")
def banner_hidden(banner: Banner) -> Iterator[Violation]:
    """A version in a banner tells an attacker which published holes to try first."""
    if banner.shows_version.known(False):
        shown = f": {banner.shown}" if banner.shown else ""
        yield Violation(
            UNTOLD,
            f"{banner.header} shows the version of {banner.product}{shown}",
            banner.shows_version.at,
            TurnOff(Switch.BANNER),
        )


@control("A nested block keeps its parent's headers", Severity.MEDIUM, "V5", "CWE-693")
def headers_inherited(answer: ResponseHeaders) -> Iterator[Violation]:
    """One header added in a nested block silently drops all that the outer block sends."""
    lost = {name: setting for name, setting in answer.dropped.items() if name in PROTECTIVE}
    if lost:
        names = ", ".join(sorted(lost))
        related = tuple(setting.at for _, setting in sorted(lost.items()))
        yield Violation(
            UNTOLD,
            f"this block drops headers of the block around it: {names}",
            answer.at,
            TurnOn(Switch.INHERIT_HEADERS),
            related=related,
        )


PROTECTIVE = frozenset(
    {row.header.lower() for row in DIRECTIVES}
    | {"strict-transport-security", "cache-control", "access-control-allow-origin", "vary"}
    | {"cross-origin-opener-policy", "cross-origin-embedder-policy"}
)

OBSOLETE = {
    "expect-ct": "browsers ignore it since 2022",
    "public-key-pins": "a mistake in it locks users out, and browsers dropped it",
    "feature-policy": "Permissions-Policy replaced it",
}


@control("No obsolete security header is sent", Severity.INFO, "V5", "OWASP Secure Headers")
def obsolete_header_absent(answer: ResponseHeaders) -> Iterator[Violation]:
    """Some old headers do nothing, and one of them made holes of its own."""
    filter_header = answer["x-xss-protection"]
    if isinstance(filter_header.value, str) and not filter_header.value.strip().startswith("0"):
        message = "X-XSS-Protection turns on a filter that made holes of its own"
        yield Violation(UNTOLD, message, filter_header.at, RemoveHeader("X-XSS-Protection"))
    for name, reason in OBSOLETE.items():
        header: Setting[str] = answer[name]
        if header.value is not ABSENT:
            yield Violation(UNTOLD, f"{name} is obsolete: {reason}", header.at, RemoveHeader(name))
