"""An answer in facts, from a probe or from a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from batten.facts import (
    Content,
    Cookie,
    CorsObserved,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Fact,
    Listing,
    MethodOverride,
    PlainAnswer,
    ResponseHeaders,
    SentHeader,
    VerbAnswer,
)
from batten.live.banners import told
from batten.live.bodies import told_beside
from batten.live.catalogue import Item, Sort, listable, proved
from batten.live.contacts import contact_facts
from batten.live.documents import listed
from batten.live.evidence import Sight, shown, sight
from batten.live.exchange import Headers, Request, Response, header
from batten.live.handlers import PASSWORD, handler_of
from batten.live.leaks import leaks
from batten.live.proofs import is_login
from batten.live.providers import provider_facts
from batten.live.rebinding import rebinding_facts
from batten.live.sockets import socket_facts
from batten.live.writing.accounts import shows_password
from batten.model import ABSENT, Setting

Some = TypeVar("Some", bound=Fact)

_REQUEST_LINE = re.compile(r"([A-Z][A-Z-]*) (\S+)(?: HTTP/[\d.]+)?\s*$")
_STATUS_LINE = re.compile(r"HTTP/(\d(?:\.\d)?) (\d{3})(?: (.*))?$")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_SESSION = re.compile(
    r"(?i)sess|sid\b|auth|token|jwt|login|remember|user|csrf|xsrf|secret|__host-|__secure-|connect\.sid"
)
_HARMLESS = re.compile(
    r"(?i)^(?:_ga|_gid|_gat|lang|locale|django_language|next_locale|theme|consent|cookie_?consent|tz|timezone|currency|i18n)"
)
# Tokens against forged requests that scripts read and send back in a header, as documented: Angular, Laravel and Spring
# (XSRF-TOKEN), Django and Litestar (csrftoken), Tornado (_xsrf), Flask-JWT-Extended (csrf_access_token …), Symfony and
# Syncthing (csrf-token-…).
_FOR_SCRIPTS = re.compile(
    r"(?:__Host-|__Secure-)?(?:XSRF-TOKEN|csrftoken|_xsrf|csrf_(?:access|refresh)_token|csrf-token(?:[_-].*)?)",
    re.IGNORECASE,
)
_META_CHARSET = re.compile(rb"(?i)<meta\s[^<>]{0,200}\bcharset\s*=")
_PRESCANNED = (
    1024  # bytes in which browsers look for it (HTML, "prescan a byte stream to determine its encoding")
)


class TranscriptError(ValueError):
    """A transcript that is none; the sentence says what is missing."""


def read_transcript(url: str, text: str) -> list[Fact]:
    """The facts of a written exchange: an optional request head, a blank line, and an answer.

    Raises TranscriptError when the answer has no status line.
    """
    return facts_of(parse_transcript(url, text))


def parse_transcript(url: str, text: str) -> Response:
    text = text.replace("\r\n", "\n").lstrip("\n")
    request = Request("GET", url)
    if asked := _REQUEST_LINE.match(text.partition("\n")[0]):
        head, _, text = text.partition("\n\n")
        parts = urlsplit(url)
        there = f"{parts.scheme}://{parts.netloc}{asked[2]}" if asked[2].startswith("/") else asked[2]
        request = Request(asked[1], there, _headers(head))
    head, _, body = text.lstrip("\n").partition("\n\n")
    status = _STATUS_LINE.match(head.partition("\n")[0])
    if status is None:
        raise TranscriptError("an answer starts with a status line such as `HTTP/1.1 200 OK`")
    content = body.removesuffix("\n").encode()
    return Response(int(status[2]), _headers(head), content, request, status[3] or "", status[1])


def _headers(head: str) -> Headers:
    lines = head.split("\n")[1:]
    pairs = (line.partition(":") for line in lines if ":" in line)
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def facts_of(response: Response) -> list[Fact]:
    """Everything an answer shows by itself. What needs the contract or a comparison is the probes' part."""
    request = response.request
    items = tuple(proved(_path(request), response))
    seen = _without_secrets(response, items)
    found: list[Fact] = [headers_fact(seen), *told(seen), *told_beside(seen), *cookies(seen)]
    found += [*socket_facts(seen), *provider_facts(seen), *contact_facts(seen)]
    if (origin := header(request.headers, "origin")) and response.status != 101:
        found.append(cors_fact(seen, origin, trick(origin, request.url)))
    if request.url.startswith("http://"):
        found.append(plain_fact(seen))
    found += override_facts(seen)
    if content_of(response) is Content.API:
        found += rebinding_facts(response)
    if request.method in ("TRACE", "TRACK"):
        found.append(trace_fact(seen))
    return [*found, *error_facts(seen), *_exposure(seen, items)]


def content_of(response: Response) -> Content:
    kind = response.media_type
    if kind in ("text/html", "application/xhtml+xml"):
        return Content.PAGE
    if kind.startswith(("image/", "font/", "video/", "audio/")) or kind in (
        "text/css",
        "text/javascript",
        "application/javascript",
    ):
        return Content.ASSET
    if kind.endswith(("json", "xml", "yaml")) or kind in ("text/csv", "application/x-ndjson"):
        return Content.API
    return Content.UNKNOWN


def headers_fact(seen: Sight) -> ResponseHeaders:
    sent: dict[str, SentHeader] = {}
    for name in dict.fromkeys(n.lower() for n, _ in seen.response.headers):
        at = seen.at(f"response.headers[{name}]")
        value = ", ".join(shown(name, v, seen.response.secrets) for v in seen.response.all(name))
        sent[name] = SentHeader(Setting(value, at))
    # Whether no browser has to guess: the page names its charset itself, or it is an error's few words in ASCII.
    response = seen.response
    if response.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or _META_CHARSET.search(
        response.body[:_PRESCANNED]
    ):
        charset_unneeded = True
    else:
        charset_unneeded = response.status >= 400 and response.body.isascii() and b"\x1b" not in response.body
    return ResponseHeaders(
        seen.at("response.headers"),
        over_tls=seen.request.url.startswith("https://"),
        sent=sent,
        content=content_of(seen.response),
        status=seen.response.status,
        authenticated=seen.request.authenticated,
        body=bool(seen.response.body)
        or (seen.request.method == "HEAD" and seen.response.header("content-length") not in ("", "0")),
        charset_unneeded=charset_unneeded,
    )


def cookies(seen: Sight) -> Iterator[Cookie]:
    for value in seen.response.all("set-cookie"):
        name, *attributes = (part.strip() for part in value.split(";"))
        name = name.partition("=")[0].strip()
        flags = {a.partition("=")[0].strip().lower(): a.partition("=")[2].strip() for a in attributes}
        at = seen.at(f"response.cookies[{name}]")
        same_site: Setting[str] = Setting(flags.get("samesite", ABSENT), at)
        if (
            flags.get("max-age") == "0"
            or not value.partition(";")[0].partition("=")[2].strip()
            or _harmless(name)
        ):
            continue  # a cookie that is being taken away protects nothing, and a language is no secret
        yield Cookie(
            at,
            name=name,
            secure=Setting("secure" in flags, at),
            http_only=Setting("httponly" in flags, at),
            same_site=same_site,
            domain=Setting(flags.get("domain") or ABSENT, at),
            sensitive=_FOR_SCRIPTS.fullmatch(name) is None,
            plain=seen.request.url.startswith("http://"),
        )


def _harmless(name: str) -> bool:
    return _HARMLESS.match(name) is not None and _SESSION.search(name) is None


def trick(origin: str, url: str) -> str:
    """What kind of foreign origin this is, as seen from the API's own host."""
    host, theirs = urlsplit(url).hostname or "", urlsplit(origin).hostname or ""
    if origin == "null":
        return "null"
    if theirs == "localhost" and host != theirs:
        return "local"
    if theirs == host and origin.startswith("http://") and url.startswith("https://"):
        return "plain"
    if "@" in origin:
        return "userinfo"
    if theirs == host:
        return "port"
    if theirs.endswith("." + host):
        return "subdomain"
    if theirs != host and theirs.endswith(host):
        return "prefix"
    if theirs != host and theirs.startswith(host):
        return "suffix"
    return "foreign"


def cors_fact(seen: Sight, origin: str, how: str) -> CorsObserved:
    varies = {v.strip().lower() for value in seen.response.all("vary") for v in value.split(",")}
    preflight = seen.request.method == "OPTIONS" and bool(
        header(seen.request.headers, "access-control-request-method")
    )
    methods = seen.response.header("access-control-allow-methods")
    return CorsObserved(
        seen.at(f"response.headers[access-control-allow-origin]/origin[{how}]"),
        origin=origin,
        trick=how,
        allowed_origin=seen.response.header("access-control-allow-origin"),
        credentials=seen.response.header("access-control-allow-credentials").lower() == "true",
        varies=bool(varies & {"origin", "*"}),
        preflight=preflight,
        methods=tuple(m.strip().upper() for m in methods.split(",") if m.strip()),
        data=200 <= seen.response.status < 300 and content_of(seen.response) is not Content.PAGE,
        refused=seen.response.status in (401, 403)
        or 300 <= seen.response.status < 400
        or is_login(seen.response),
    )


def plain_fact(seen: Sight) -> PlainAnswer:
    to_tls = 300 <= seen.response.status < 400 and seen.response.header("location").lower().startswith(
        "https://"
    )
    served = 200 <= seen.response.status < 300 or seen.response.status in (304, 401)
    asset = content_of(seen.response) is Content.ASSET
    at = seen.at("response over plain HTTP")
    return PlainAnswer(
        at,
        url=seen.request.url,
        status=seen.response.status,
        redirects_to_tls=to_tls,
        content=served,
        asset=asset,
        address=seen.response.address,
    )


def trace_fact(seen: Sight) -> VerbAnswer:
    """TRACE is handled when the answer says so and echoes the request (RFC 9110, 9.3.8)."""
    echoed = seen.response.media_type == "message/http" or seen.response.text.lstrip().startswith(
        f"{seen.request.method} "
    )
    path = urlsplit(seen.request.url).path or "/"
    at = seen.at("response")
    return VerbAnswer(
        at,
        method=seen.request.method,
        path=path,
        template=path,
        specified=False,
        handled=seen.response.status == 200 and echoed,
        status=seen.response.status,
        allow=seen.response.header("allow"),
    )


def override_facts(seen: Sight) -> Iterator[MethodOverride]:
    """A verb that is not allowed although Allow names it was not the verb that the server took it for."""
    asked = seen.request
    allowed = {m.strip().upper() for m in seen.response.header("allow").split(",")}
    honoured = seen.response.status == 405 and asked.method in allowed
    for name in OVERRIDES:
        meant = header(asked.headers, name)
        if meant and meant.upper() != asked.method:
            at = seen.at(f"response/override[{name}]")
            yield MethodOverride(
                at, by=name, method=asked.method, meant=meant.upper(), path=_path(asked), honoured=honoured
            )


def error_facts(seen: Sight) -> Iterator[ErrorBody]:
    found = leaks(seen.response)
    names = tuple(k.name for k in found)
    names += (PASSWORD,) if shows_password(seen.response) else ()
    if seen.response.status >= 400 or names:
        made = handler_of(seen.response, found, PASSWORD in names) if names else None
        at = seen.at("response.body")
        line = f"{seen.request.method} {at.pointer.split(' ')[1]}"
        yield ErrorBody(
            at,
            request=line,
            status=seen.response.status,
            leaks=names,
            debugger=any(k.debugger for k in found),
            cause=made.words if made is not None else "",
            handler=made.kind if made is not None else "",
            beside=made.beside if made is not None else (),
        )


def labelled(facts: Iterable[Some], label: str) -> Iterator[Some]:
    """Errors named by the operation that they are of, so that each value that was tried does not make its own."""
    for fact in facts:
        yield replace(fact, request=label) if isinstance(fact, ErrorBody) else fact


def exposure_of(response: Response, items: tuple[Item, ...]) -> Iterator[ExposedFile | Endpoint | Listing]:
    """Files, consoles and listings that the content was proved to be."""
    if not items:
        return iter(())  # most answers of a whole assessment: no evidence is made of them
    return _exposure(_without_secrets(response, items), items)


def _exposure(seen: Sight, items: tuple[Item, ...]) -> Iterator[ExposedFile | Endpoint | Listing]:
    at, path = seen.at("response.body"), _path(seen.request)
    for item in items:
        if item.sort is Sort.FILE:
            yield ExposedFile(at, path, item.what, item.grave)
        elif item.sort is Sort.LISTING:
            # Files of the catalogue that a listing names.
            yield Listing(
                at,
                path=path.partition("?")[0],
                on=Setting(True, at),
                names=tuple(path[:80] for path in listed(seen.response) if listable(path)),
            )
        else:
            login = item.sort is Sort.CONSOLE and is_login(seen.response)
            kind = "login" if login else item.sort.value
            yield Endpoint(at, method=seen.request.method, path=path, kind=kind, what=item.what)


def _without_secrets(response: Response, items: tuple[Item, ...]) -> Sight:
    """The content of what nobody should see is no evidence to keep, of this or of anything else."""
    if any(item.sort in (Sort.FILE, Sort.CONSOLE) for item in items):
        return sight(response, f"({len(response.body)} bytes, omitted: confidential)")
    return sight(response)


def _path(request: Request) -> str:
    return request.target or urlsplit(request.url).path or "/"
