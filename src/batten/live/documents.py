"""Paths that an API's own documents name: schemas, site maps, robots.txt, scripts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from batten.contract import Contract, load
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.live.exchange import Response
from batten.live.proofs import is_page

SCRIPTS = 8  # scripts of a page that are read
LISTING = 200_000  # characters of a listing that are looked through
PATHS = 40  # paths of one document that are asked for

_NOTHING = Path("/nonexistent")  # references of a served schema lead to no file of ours
_ROBOTS = re.compile(r"(?im)^\s*(?:dis)?allow:\s*(/[^\s#*$]*)\s*$")
_LOCATION = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
_SCRIPT = re.compile(r"(?i)<script\b[^>]*\bsrc\s*=\s*[\"']?([^\"'\s>]+)")
_HREF = re.compile(r"(?i)<a\b[^>]*\bhref\s*=\s*[\"']?([^\"'\s>]+)")
_QUOTED = re.compile(
    r"[\"'`](?:https?://[\w.:-]+)?(/(?:[\w.~-]|\$\{[^{}\"'`]{1,60}\}|/)+)(?:\?[^\"'`\s]*)?[\"'`]"
)
_LIKE_AN_API = re.compile(r"^/(?:api|apis|rest|v\d+|internal|admin|private|graphql|rpc|services?)(?:/|$)")
_FILE = re.compile(
    r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|html?|txt|xml|pdf|webmanifest)$"
)


def served_contract(response: Response, name: str) -> Contract | None:
    """The contract that an API serves of itself, if it is one."""
    if response.status != 200 or is_page(response) or response.truncated:
        return None
    try:
        return load(Workspace(_NOTHING, {name: response.text}), name)[0]
    except (SyntaxProblem, Unreadable):
        return None


def robots_paths(response: Response) -> list[str]:
    if response.status != 200 or is_page(response):
        return []
    return _first(_ROBOTS.findall(response.text[:100_000]))


def sitemap_paths(response: Response) -> list[str]:
    """Paths on the same host; what leads elsewhere is no concern of ours."""
    if response.status != 200 or "<loc>" not in response.text:
        return []
    host = urlsplit(response.request.url).hostname
    places = [urlsplit(url) for url in _LOCATION.findall(response.text)]
    return _first(p.path for p in places if p.hostname == host)


def scripts(response: Response) -> list[str]:
    """Paths of the scripts on the page's own origin."""
    if not is_page(response):
        return []
    here = response.request.origin
    places = (urljoin(response.request.url, src) for src in _SCRIPT.findall(response.text))
    own = [urlsplit(url).path for url in places if url.startswith(here + "/")]
    return list(dict.fromkeys(own))[:SCRIPTS]


def script_paths(response: Response, below: Iterable[str]) -> list[str]:
    """Paths in quotes that look like an API's, or that are below a folder of it; a variable becomes 1."""
    if response.status != 200 or is_page(response):
        return []
    return _first(_api_paths(response.text, tuple(f"{folder}/" for folder in below if folder)))


def _api_paths(text: str, below: tuple[str, ...]) -> Iterator[str]:
    for quoted in _QUOTED.findall(text):
        path = re.sub(r"\$\{[^{}]*\}", "1", quoted)
        mine = _LIKE_AN_API.match(path) or (below and path.startswith(below))
        if mine and "//" not in path and not _FILE.search(path):
            yield path


def listed(response: Response) -> list[str]:
    """Paths of the files that a listing of a directory links, below the folder that it is of."""
    folder = urlsplit(response.request.url).path.rpartition("/")[0] + "/"
    links = (urlsplit(urljoin(response.request.url, href)) for href in _HREF.findall(response.text[:LISTING]))
    own = (p.path for p in links if f"{p.scheme}://{p.netloc}" == response.request.origin)
    return _first(path for path in own if path.startswith(folder) and not path.endswith("/"))


def _first(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(p for p in paths if len(p) > 1))[:PATHS]
