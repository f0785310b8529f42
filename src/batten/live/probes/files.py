"""Files, consoles and listings of the catalogue, told by their content from pages that answer to everything."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import field, replace
from urllib.parse import urljoin, urlsplit

from batten.facts import Endpoint, ExposedFile, Fact
from batten.live.baseline import alike, sibling
from batten.live.catalogue import ITEMS, Item, proved
from batten.live.evidence import sight
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Request, Response, Steps, attempt
from batten.live.probes.endpoints import folders, undocumented
from batten.live.reading import error_facts, exposure_of
from batten.live.survey import CHANGES, Survey
from batten.model.record import record

CHUNK = 12  # paths of the root that one probe asks for
_DEEDS = {"heapdump": "heap dump", "shutdown": "shutdown", "restart": "restart", "refresh": "refresh"}
BELOW = 8  # paths of an item that are also asked for below the API's own path
_ASKED = re.compile(r"\b(?:curl|wget|http|https|httpie|xh)\b")
_WRITES = re.compile(
    r"(?:-X\s*|--request[ =]|\bhttps? )(?:POST|PUT|PATCH|DELETE)\b|\s(?:-d|--data\S*|-F|-T)\s"
)
_URL = re.compile(r"https?://[^\s/'\"]+(/[^\s'\"?#|;&>]*)|(?<=\s)(/[\w./-]+)")

Found = Generator[Question, Answer, list[Fact | NotAnswered]]


@record
class _Search:
    """What all probes of a run share: the answers of paths that nobody has, and where redirects led."""

    survey: Survey
    nothing: dict[str, Response | NotAnswered] = field(default_factory=dict)
    followed: set[str] = field(default_factory=set)


def plan(survey: Survey) -> Iterator[Probe]:
    search = _Search(survey)
    for leaders, followers in _groups(survey):
        yield Probe(f"files {leaders[0]} … {leaders[-1]}", _files(search, leaders, followers))


def _groups(survey: Survey) -> Iterator[tuple[list[str], list[str]]]:
    """Paths by their first folder, with those that are asked for only when the folder gave something away."""
    sure: dict[str, list[str]] = {}
    later: dict[str, list[str]] = {}
    for item in ITEMS:
        for path in _paths(item, survey):
            group = path.split("/")[1] if path.count("/") > 1 else ""
            (later if item.follows else sure).setdefault(group, []).append(path)
    for group in sorted(sure):
        paths = list(dict.fromkeys(sure[group]))
        rest = [p for p in dict.fromkeys(later.get(group, [])) if p not in paths]
        for start in range(0, len(paths), len(paths) if rest else CHUNK):
            yield paths[start : start + (len(paths) if rest else CHUNK)], rest


def _paths(item: Item, survey: Survey) -> Iterator[str]:
    yield from item.asked
    if item.below:
        for base in [b for b in dict.fromkeys((survey.prefix, *folders(survey))) if b][:2]:
            yield from (base + path for path in item.asked[:BELOW])


def _files(search: _Search, paths: list[str], later: list[str]) -> Steps:
    found: list[Fact | NotAnswered] = []
    for path in paths:
        found += yield from _file(search, path)
    if any(isinstance(f, (ExposedFile, Endpoint)) for f in found):
        for path in later:
            found += yield from _file(search, path)
    return found


def _file(search: _Search, path: str) -> Found:
    survey = search.survey
    response = yield from attempt(_stranger(search, path))
    if isinstance(response, Response) and (onward := _onward(search, response)):
        response = yield from attempt(Request("GET", onward, anonymous=True))
    if isinstance(response, NotAnswered):
        return [response]
    if response.status >= 500:
        return [fact for fact in error_facts(sight(response)) if fact.leaks]
    items = yield from _proved(search, response)
    found: list[Fact | NotAnswered] = [
        fact for fact in exposure_of(response, items) if not _documented(survey, fact)
    ]
    if any(item.what == "Spring actuator" for item in items):
        found += _deeds(response)
    if any(item.what == "shell history" for item in items):
        found += yield from undocumented(survey, named_in_history(response), "named in a shell history")
    return found


def _stranger(search: _Search, path: str) -> Request:
    """Without credentials: what only those who are let in may see is not exposed."""
    return replace(search.survey.at_root("/", target=path), anonymous=True)


def _onward(search: _Search, response: Response) -> str:
    """Where a redirect leads, once each: on the same origin, and nowhere that sounds like a deed."""
    if response.status not in (301, 302, 303, 307, 308):
        return ""
    base = search.survey.origin
    target = urljoin(base + (response.request.target or "/"), response.header("location"))
    parts = urlsplit(target)
    same = f"{parts.scheme}://{parts.netloc}" == base
    if not same or target in search.followed or CHANGES.search(parts.path):
        return ""
    search.followed.add(target)
    return target


def _proved(search: _Search, response: Response) -> Generator[Question, Answer, tuple[Item, ...]]:
    """What the content proves, unless a name beside it that nobody has is answered with the same thing."""
    request = response.request
    path = request.target or request.path
    items = tuple(proved(path, response))
    if not items or path == "/":
        return items
    beside = sibling(path)
    if beside not in search.nothing:
        search.nothing[beside] = yield from attempt(_stranger(search, beside))
    nothing = search.nothing[beside]
    if isinstance(nothing, NotAnswered) or alike(response, nothing):
        return ()
    return tuple(item for item in items if not item.proof(nothing))


def _deeds(response: Response) -> Iterator[Endpoint]:
    """Links of an actuator's index that do something when they are asked for: the index alone is the proof."""
    at = sight(response).at("response.body")
    links = json.loads(response.text).get("_links", {}) if not response.truncated else {}
    for name in links if isinstance(links, dict) else ():
        if name in _DEEDS:
            path = urlsplit(str(links[name].get("href", ""))).path if isinstance(links[name], dict) else ""
            yield Endpoint(at, method="GET", path=path or name, kind="console", what=f"Spring {_DEEDS[name]}")


def _documented(survey: Survey, fact: Fact) -> bool:
    """What the contract lists is meant to answer; batten only says what nobody decided."""
    return isinstance(fact, Endpoint) and bool(survey.match(fact.method, fact.path))


def named_in_history(response: Response) -> list[str]:
    """Paths that appear in a history's read-only requests."""
    lines = [
        line for line in response.text.splitlines()[:2000] if _ASKED.search(line) and not _WRITES.search(line)
    ]
    paths = (m[1] or m[2] for line in lines for m in _URL.finditer(line))
    return list(dict.fromkeys(p for p in paths if p and len(p) > 1))[:20]
