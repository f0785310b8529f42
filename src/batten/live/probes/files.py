"""Files, consoles and listings of the catalogue, told by their content from pages that answer to everything."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import field
from urllib.parse import urljoin, urlsplit

from batten.facts import Endpoint, ExposedFile, Fact, Listing
from batten.live.baseline import alike, sibling
from batten.live.catalogue import ITEMS, Item, Sort, listable, proved
from batten.live.catalogue.likely import MOST, ordered
from batten.live.documents import listed
from batten.live.evidence import sight
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Response, Steps
from batten.live.probes.endpoints import folders, undocumented
from batten.live.probes.scenes import MOVED
from batten.live.reading import error_facts, exposure_of
from batten.live.scene import BROWSER, looked
from batten.live.survey import CHANGES, Survey
from batten.model.record import record

CHUNK = 12  # paths that one probe asks for
FEWER = 70  # paths that are not asked for where the target serves a contract: its operations are asked for
MORE = 80  # paths that are asked for because of what was found
ENOUGH = (
    480  # questions to a target without a contract, after which nothing is asked because of what was found
)
FOLDERS = 24  # folders that are looked for, to know whether more of their files are worth a question
_DEEDS = {"heapdump": "heap dump", "shutdown": "shutdown", "restart": "restart", "refresh": "refresh"}
BELOW = 8  # paths of an item that are also asked for below the API's own path
_ASKED = re.compile(r"\b(?:curl|wget|http|https|httpie|xh)\b")
_WRITES = re.compile(
    r"(?:-X\s*|--request[ =]|\bhttps? )(?:POST|PUT|PATCH|DELETE)\b|\s(?:-d|--data\S*|-F|-T)\s"
)
_URL = re.compile(r"https?://[^\s/'\"]+(/[^\s'\"?#|;&>]*)|(?<=\s)(/[\w./-]+)")
PAGES = frozenset(path for item in ITEMS if item.page for path in item.paths)
FILES = frozenset(path for item in ITEMS if item.sort is Sort.FILE for path in item.paths)

Found = Generator[Question, Answer, list[Fact | NotAnswered]]


@record
class _Search:
    """What all probes of a run share."""

    survey: Survey
    followed: set[str] = field(default_factory=set)  # where redirects led, and what is asked for anyway


@record
class Wanted:
    """What a target is asked for, likeliest first, and what only because something beside it is there."""

    asked: tuple[str, ...]
    later: tuple[str, ...]


def plan(survey: Survey) -> Iterator[Probe]:
    yield from _probes(survey, list(wanted(survey).asked))


def more(survey: Survey) -> Iterator[Probe]:
    """What a listing names, what is beside a file that was served, and what is in folders that are there."""
    scene, later = survey.scene, wanted(survey).later
    beside = [path for path in later if _folder(path) in scene.there]
    paths = [path for path in dict.fromkeys((*scene.listed, *beside)) if not CHANGES.search(path)]
    left = MORE if survey.documented else max(0, min(MORE, ENOUGH - scene.asked))
    yield from _probes(survey, paths[:left])
    if left == MORE and not (scene.uniform or scene.refuses or any(map(_slashed, scene.nothing))):
        inside: dict[str, list[str]] = {}
        for path in later:
            if _folder(path) not in ("", *scene.there):
                inside.setdefault(_folder(path), []).append(path)
        several = {folder: paths for folder, paths in inside.items() if len(paths) > 1}
        search = _Search(survey)
        for folder in list(several)[:FOLDERS]:
            yield Probe(f"files in /{folder}/", _in_folder(search, folder, several[folder]))


def _probes(survey: Survey, paths: list[str]) -> Iterator[Probe]:
    search = _Search(survey, set(paths))
    for start in range(0, len(paths), CHUNK):
        some = paths[start : start + CHUNK]
        yield Probe(f"files {some[0]} … {some[-1]}", _files(search, some))


def wanted(survey: Survey) -> Wanted:
    """Of the files of one folder only the likeliest is asked for first. Whoever has a contract at hand gets all of it."""
    sure = tuple(item for item in ITEMS if not item.follows)
    files = {path for item in sure if item.sort is Sort.FILE for path in item.asked}
    first: dict[str, str] = {}
    asked: list[str] = []
    later = [path for item in ITEMS if item.follows for path in item.asked]
    most = len(ITEMS) * MOST if survey.documented else MOST - (FEWER if survey.scene.documents else 0)
    for path in ordered(sure, survey.scene.runs):
        folder = _folder(path)
        leads = path not in files or not folder or first.setdefault(folder, path) == path
        (asked if leads and len(asked) < most else later).append(path)
    below = (path for item in ITEMS if item.below for path in _below(item, survey))
    return Wanted(tuple(dict.fromkeys((*asked, *below))), tuple(dict.fromkeys(later)))


def _folder(path: str) -> str:
    """The first folder of a path, "" for what is at the root."""
    return path.split("/")[1] if path.count("/") > 1 else ""


def _below(item: Item, survey: Survey) -> Iterator[str]:
    for base in [b for b in dict.fromkeys((survey.prefix, *folders(survey))) if b][:2]:
        yield from (base + path for path in item.asked[:BELOW])


def _files(search: _Search, paths: list[str]) -> Steps:
    found: list[Fact | NotAnswered] = []
    for path in paths:
        found += yield from _file(search, path)
    return found


def _in_folder(search: _Search, folder: str, paths: list[str]) -> Steps:
    """The files of a folder that a server of files says is there: it leads to the name with a slash."""
    survey = search.survey
    answer = yield from looked(survey.scene, survey.origin, f"/{folder}")
    if isinstance(answer, NotAnswered) or not _slashed(answer):
        return []
    return (yield from _files(search, paths))


def _slashed(response: Response) -> bool:
    """Whether a redirect leads to the same name with a slash."""
    target = urlsplit(urljoin(response.request.url, response.header("location")))
    return response.status in MOVED and target.path == f"{urlsplit(response.request.url).path}/"


def _file(search: _Search, path: str) -> Found:
    survey = search.survey
    headers = BROWSER if path in PAGES else ()
    response = yield from looked(survey.scene, survey.origin, path, headers)
    if isinstance(response, Response) and (onward := _onward(search, response)):
        response = yield from looked(survey.scene, survey.origin, onward, headers)
    if isinstance(response, NotAnswered):
        return [response]
    if response.status >= 500:
        return [fact for fact in error_facts(sight(response)) if fact.leaks]
    items = yield from _proved(search, response)
    found: list[Fact | NotAnswered] = [
        fact for fact in exposure_of(response, items) if not documented(survey, fact)
    ]
    noted(survey, response, found)
    if any(item.what == "Spring actuator" for item in items):
        found += _deeds(response)
    if any(item.what == "shell history" for item in items):
        found += yield from undocumented(survey, named_in_history(response), "named in a shell history")
    return found


def noted(survey: Survey, response: Response, found: Iterable[Fact | NotAnswered]) -> None:
    """What else is worth a question: the folder of what was found, and what a listing names."""
    for fact in found:
        if isinstance(fact, Listing):
            names = listed(response)
            survey.scene.listed.update(dict.fromkeys(name for name in names if listable(name)))
        elif isinstance(fact, (ExposedFile, Endpoint)):
            survey.scene.there.update((_folder(fact.path), fact.path.strip("/")))


def _onward(search: _Search, response: Response) -> str:
    """Where a redirect leads, once each: on the same origin, and nowhere that sounds like a deed."""
    if response.status not in MOVED:
        return ""
    target = urlsplit(urljoin(response.request.url, response.header("location")))
    same = f"{target.scheme}://{target.netloc}" == search.survey.origin
    if not same or target.path in search.followed or CHANGES.search(target.path):
        return ""
    if (
        _slashed(response)
        and response.request.path in FILES
        and any(map(_slashed, search.survey.scene.nothing))
    ):
        return ""  # every name is given a slash, and no file has one
    search.followed.add(target.path)
    return target.path + (f"?{target.query}" if target.query else "")


def _proved(search: _Search, response: Response) -> Generator[Question, Answer, tuple[Item, ...]]:
    """What the content proves, unless a name beside it that nobody has is answered with the same thing."""
    path = response.request.path
    items = tuple(proved(path, response))
    if not items or path == "/":
        return items
    headers = BROWSER if path in PAGES else ()
    nothing = yield from looked(search.survey.scene, search.survey.origin, sibling(path), headers)
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


def documented(survey: Survey, fact: Fact) -> bool:
    """What the contract lists is meant to answer; batten only says what nobody decided."""
    return isinstance(fact, Endpoint) and bool(survey.match(fact.method, fact.path))


def named_in_history(response: Response) -> list[str]:
    """Paths that appear in a history's read-only requests."""
    lines = [
        line for line in response.text.splitlines()[:2000] if _ASKED.search(line) and not _WRITES.search(line)
    ]
    paths = (m[1] or m[2] for line in lines for m in _URL.finditer(line))
    return list(dict.fromkeys(p for p in paths if p and len(p) > 1))[:20]
