"""Where an answer leads on its own origin: links of pages, of headers and of JSON, site maps, settings of API viewers."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import urljoin, urlsplit

from batten.live.exchange import Response
from batten.live.proofs import is_page
from batten.model.record import record

READ = 200_000  # characters of an answer that are looked through
MOST = 60  # paths that one answer leads to
DEEP = 6  # levels of JSON
UNPACKED = 1 << 20  # bytes of a packed site map

# RFC 8288 and IANA's registry of link relations: what describes an API.
DESCRIBES = frozenset({"service-desc", "describedby", "service-meta", "openapi", "api-definition"})
_LINK = re.compile(r"<([^<>]{1,500})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]{0,200}\"|[^\s;,\"]{1,200}))*)")
_REL = re.compile(r"(?i)\brel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))")
_TAG = re.compile(r"(?i)<(a|link|area|iframe)\b([^<>]{1,2000})>")
_HREF = re.compile(r"(?i)\b(?:href|src)\s*=\s*[\"']?([^\"'\s>]+)")
_VIEWER = re.compile(
    r"(?i)[\"']?\b(?:url|spec-?url|spec_url|configUrl|data-url|openapiUrl|apiDescriptionUrl|apidescriptionurl)[\"']?\s*[:=]\s*[\"']([^\"'\s<>]{1,300})[\"']"
)
_LOCATION = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_SITEMAP = re.compile(r"(?im)^\s*sitemap:\s*(\S+)\s*$")
_ASSET = re.compile(
    r"(?i)\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|mp[34]|webm|pdf)$"
)


@record
class Link:
    """A path with its query on the answer's own origin, and what the link says that it is ("service-desc", "next" …)."""

    path: str
    rel: str = ""


def leads(response: Response) -> list[Link]:
    """Where an answer leads, each path once; assets are left out."""
    links = (*_of_headers(response), *_of_page(response), *_of_json(response))
    return _own(response, links)


def viewed(response: Response) -> list[str]:
    """The documents that a page or script of an API viewer names (Swagger UI, ReDoc, RapiDoc, Scalar, Elements)."""
    found = (Link(url) for url in _VIEWER.findall(response.text[:READ]))
    return [link.path for link in _own(response, found) if not link.path.endswith("/")]


def sitemaps(response: Response) -> list[str]:
    """The site maps that robots.txt names."""
    return [
        link.path for link in _own(response, (Link(url) for url in _SITEMAP.findall(response.text[:READ])))
    ]


def mapped(response: Response) -> tuple[list[str], list[str]]:
    """The paths of a site map and the further maps that it is an index of (sitemaps.org); it may be packed."""
    if not response.body.startswith(b"\x1f\x8b"):
        text = response.text[:READ] if "<loc>" in response.text else ""
    else:
        try:
            text = (
                zlib.decompressobj(31).decompress(response.body, UNPACKED).decode("utf-8", "replace")[:READ]
            )
        except zlib.error:
            text = ""
    paths = [link.path for link in _own(response, (Link(url) for url in _LOCATION.findall(text)))]
    return ([], paths) if "<sitemapindex" in text else (paths, [])


def _own(response: Response, links: Iterable[Link]) -> list[Link]:
    found: dict[str, Link] = {}
    for link in links:
        try:
            target = urlsplit(urljoin(response.request.url, link.path))
        except ValueError:
            continue
        path = target.path + (f"?{target.query}" if target.query else "")
        same = f"{target.scheme}://{target.netloc}" == response.request.origin
        sent = path.isascii() and path.isprintable() and " " not in path
        if same and sent and len(path) > 1 and "{" not in path and not _ASSET.search(target.path):
            found.setdefault(path, Link(path, link.rel))
            if len(found) == MOST:
                break
    return list(found.values())


def _of_headers(response: Response) -> Iterator[Link]:
    for value in response.all("link"):
        for target, parameters in _LINK.findall(value[:8000]):
            yield Link(target, _rel(parameters))


def _rel(parameters: str) -> str:
    found = _REL.search(parameters)
    return (found[1] or found[2] or "").strip().lower() if found else ""


def _of_page(response: Response) -> Iterator[Link]:
    if not is_page(response):
        return
    for tag, attributes in _TAG.findall(response.text[:READ]):
        rel = _rel(attributes) if tag.lower() == "link" else ""
        if (href := _HREF.search(attributes)) and not any(
            word in rel for word in ("preconnect", "dns-prefetch")
        ):
            yield Link(href[1].replace("&amp;", "&"), rel)


def _of_json(response: Response) -> Iterator[Link]:
    """URLs and paths that are values of a document: HAL, JSON Home, linksets (RFC 9264), manifests, lists of URLs."""
    if response.truncated or response.body.lstrip()[:1] not in (b"{", b"["):
        return
    try:
        document = json.loads(response.text)
    except (ValueError, RecursionError):
        return
    yield from _values(document, "", 0)


def _values(value: object, name: str, depth: int) -> Iterator[Link]:
    if isinstance(value, str):
        if value.startswith(("http://", "https://")) or (
            value.startswith("/") and not value.startswith("//")
        ):
            yield Link(value[:500], name)
    elif depth < DEEP and isinstance(value, dict):
        for key, inner in list(value.items())[:200]:
            yield from _values(inner, name if key == "href" else key.lower(), depth + 1)
    elif depth < DEEP and isinstance(value, list):
        for inner in value[:100]:
            yield from _values(inner, name, depth + 1)
