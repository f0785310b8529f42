"""Headers that an edge puts into answers: changes folded in order, and the facts made of the result."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from batten.facts import Cookie, CorsPolicy, OriginRule, SentHeader
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.model.record import record

# What an include, a plug-in or a section that is not here is most likely to send: absence is then not known.
PROTECTIVE = (
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-resource-policy",
    "cross-origin-opener-policy",
    "cross-origin-embedder-policy",
    "cache-control",
)
# Headers that name a product; with digits in their value they name its version.
PRODUCTS = ("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-server")
_SESSION = re.compile(r"[^=]*(?:sess|sid|auth|token|jwt|login)", re.IGNORECASE)


@record
class HeaderChange:
    """One rule that changes a header of answers. `action` is set, add, remove or default (only when the
    answer has none). `conditional`: it does not hold for all answers."""

    action: str
    name: str
    value: Setting[str]
    on_errors: bool = True
    conditional: bool = False


def fold(
    changes: Iterable[HeaderChange], before: Mapping[str, SentHeader] | None = None
) -> dict[str, SentHeader]:
    """What is sent after all changes, in their order, by lower-case name."""
    sent = dict(before or {})
    for change in changes:
        name = change.name.lower()
        earlier = sent.get(name)
        if change.action == "remove":
            if not change.conditional:
                sent.pop(name, None)
        elif change.conditional:
            sent[name] = SentHeader(Setting(UNKNOWN, change.value.at), change.on_errors)
        elif earlier is None or change.action == "set":
            sent[name] = SentHeader(change.value, change.on_errors)
        elif change.action == "add":
            sent[name] = joined(earlier, SentHeader(change.value, change.on_errors))
    return sent


def joined(first: SentHeader, second: SentHeader) -> SentHeader:
    """Two fields of one name: a browser reads them as one list (RFC 9110, 5.3)."""
    errors = first.on_errors and second.on_errors
    if isinstance(first.value.value, str) and isinstance(second.value.value, str):
        return SentHeader(Setting(f"{first.value.value}, {second.value.value}", first.value.at), errors)
    return SentHeader(Setting(UNKNOWN, second.value.at), errors)


def unknown_headers(at: Location) -> dict[str, SentHeader]:
    """The protective headers, each of which something unread may send."""
    return {name: SentHeader(Setting(UNKNOWN, at)) for name in PROTECTIVE}


# Who may notice a header that is added to a list of headers which others share.
SHARED = "the other sites and paths that share these headers"


def listed(value: str) -> tuple[str, ...]:
    """The members of a list header."""
    return tuple(v.strip() for v in value.split(",") if v.strip())


def cors_of(
    at: Location,
    sent: Mapping[str, SentHeader],
    rules: tuple[OriginRule, ...] | None,
    public: bool = False,
) -> CorsPolicy:
    """The cross-origin policy that headers make. `rules` are the origins let in, None: not known, ():
    none at all. For an edge without a CORS feature of its own."""
    origin = sent.get("access-control-allow-origin")
    value = UNKNOWN if rules is None else rules or ABSENT
    credentials = _of(sent, "access-control-allow-credentials", at)
    vary = _of(sent, "vary", at)
    varies = {v.lower() for v in listed(vary.known(""))} & {"origin", "*"}
    return CorsPolicy(
        at,
        origins=Setting(value, origin.value.at if origin else at),
        credentials=_flag(credentials, credentials.known("").strip().lower() == "true"),
        methods=_list(_of(sent, "access-control-allow-methods", at)),
        headers=_list(_of(sent, "access-control-allow-headers", at)),
        varies=_flag(vary, bool(varies)),
        public=public,
    )


def _of(sent: Mapping[str, SentHeader], name: str, at: Location) -> Setting[str]:
    return sent[name].value if name in sent else Setting(ABSENT, at)


def _flag(header: Setting[str], value: bool) -> Setting[bool]:
    if header.value is ABSENT:
        return Setting(ABSENT, header.at, False)
    return Setting(UNKNOWN if header.value is UNKNOWN else value, header.at)


def _list(header: Setting[str]) -> Setting[tuple[str, ...]]:
    return Setting(listed(header.value) if isinstance(header.value, str) else header.value, header.at)


def cookie_of(text: str, at: Location, unsure: bool = False) -> Cookie:
    """The cookie that a Set-Cookie header's text sets. `unsure`: a variable may hold its flags."""
    parts = [p.strip().lower() for p in text.split(";")]
    values = {name.strip(): value.strip() for name, _, value in (p.partition("=") for p in parts[1:])}

    def of(name: str) -> Setting[bool]:
        return Setting(UNKNOWN if unsure else name in parts, at)

    def said(name: str) -> Setting[str]:
        return Setting(UNKNOWN if unsure else values.get(name) or ABSENT, at)

    return Cookie(
        at,
        name=text.partition("=")[0],
        secure=of("secure"),
        http_only=of("httponly"),
        same_site=said("samesite"),
        domain=said("domain"),
        sensitive=session_name(text),
    )


def session_name(text: str) -> bool:
    """Whether a cookie's name tells that it is a session's or a credential."""
    return bool(_SESSION.match(text))


def flagged(text: str) -> str:
    """A Set-Cookie text with the flags that it lacks."""
    has = {p.strip().lower().partition("=")[0] for p in text.split(";")}
    missing = (f for f in ("Secure", "HttpOnly", "SameSite=Lax") if f.lower().partition("=")[0] not in has)
    return "; ".join([text, *missing])
