"""What a target names of itself is followed, on its own origin and within bounds: robots.txt, site maps, links of headers, of
pages and of JSON, well-known documents, scripts, and the settings of API viewers. What answers there is judged."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import field, replace

from batten.facts import ErrorBody, Fact
from batten.live.documents import robots_paths, script_paths, scripts, served_contract
from batten.live.exchange import Answer, LeftAlone, NotAnswered, Probe, Question, Response, Steps
from batten.live.leads import DESCRIBES, leads, mapped, sitemaps, viewed
from batten.live.probes.endpoints import undocumented
from batten.live.probes.files import documented, noted, wanted
from batten.live.proofs import listing
from batten.live.reading import facts_of
from batten.live.scene import BROWSER, looked
from batten.live.survey import CHANGES, NOWHERE, Survey, left_alone
from batten.model.record import record

MOST = 40  # paths that are asked for because something names them
MAPS = 3  # site maps that are read
SCRIPTS = 4  # scripts of the root's pages that are read
DOCUMENTS = 6  # descriptions of an API that are read
CHUNK = 10  # paths that one probe asks for
WELL_KNOWN = (
    "/.well-known/api-catalog",
    "/.well-known/openid-configuration",
)  # RFC 9727, OpenID Connect Discovery
_VIEWERS = re.compile(r"(?i)swagger|redoc|rapidoc|scalar|elements|openapi|api-?docs?\b|/docs?/?$")
SECONDS = 5.0  # for an answer of what a document names: logs and events are streams, which do not end
# Words of a path that suggest that a GET of it does something, beside those that no guess may have (survey.CHANGES).
_DEEDS = re.compile(
    r"(?i)(?:^|[/_.-])(?:start|pause|resume|retry|requeue|launch|deploy|publish|subscribe|vote|like|add|submit|upgrade|install"
    r"|uninstall|apply|accept|ban|block|mark|archive|clone|duplicate|build|schedule|backup|restore|invite|pay|checkout|buy"
    r"|connect|disconnect|save|edit|put|post|set|switch|change|do|action|actions|reply|share|follow|unfollow|join|leave)"
    r"(?:$|[/_.-])"
)
_MANIFESTS = (".webmanifest", "/manifest.json")
_USUAL = re.compile(
    r"^/(?:robots\.txt|favicon\.ico|sitemap\.xml)$|/(?:health|healthz|livez?|readyz?|ping)/?$"
)


@record
class _Trail:
    """The paths that are named, with the document that names them first, and the documents that may describe the API."""

    survey: Survey
    named: dict[str, str] = field(default_factory=dict)
    documents: dict[str, None] = field(default_factory=dict)

    def name(self, paths: Iterable[str], source: str) -> None:
        for path in paths:
            if not _USUAL.search(path) and NOWHERE not in path:
                self.named.setdefault(path, source)


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.scene.refuses:
        yield Probe("documents that the target names", _documents(survey))


def named(survey: Survey) -> Iterator[Probe]:
    """What the documents named: asked for when all of them were read, a few at a time. What the pages of an open product
    link is its own, and may act."""
    if survey.scene.opened:
        return
    asked = set(wanted(survey).asked)  # by another probe
    new = [path for path in survey.scene.shown if path not in asked]
    paths = [path for path in new if not _acts(path)][:MOST]
    for start in range(0, len(paths), CHUNK):
        some = paths[start : start + CHUNK]
        yield Probe(f"what {survey.scene.shown[some[0]]} names", _judged(survey, some))
    if any(map(_acts, new)):
        yield Probe("paths that documents name", _left())


def _acts(path: str) -> bool:
    """Whether a GET may do something, by its name. What a query says is not known, so none is asked for."""
    return "?" in path or bool(CHANGES.search(path) or _DEEDS.search(path))


def _left() -> Steps:
    yield from ()  # a generator fails when it is asked, not when it is planned
    raise left_alone(
        "paths with a query, or whose names suggest that they change something, were not requested"
    )


def _documents(survey: Survey) -> Steps:
    trail = _Trail(survey)
    found: list[Fact | NotAnswered] = []
    for root in survey.scene.roots:
        if not listing(root):  # its files are looked at by their names (live.probes.files)
            _read(trail, root, f"the page {root.request.path[:80]}")
    for path in [link for link in trail.named if link.endswith(_MANIFESTS)][:1]:
        answer = yield from _asked(trail, path)
        if answer is not None:
            _read(trail, answer, path)
    found += yield from _robots(trail)
    for path in WELL_KNOWN:
        answer = yield from _asked(trail, path)
        if answer is not None and answer.body.lstrip()[:1] == b"{":
            _read(trail, answer, path)
    found += yield from _scripts(trail)
    yield from _described(trail)
    survey.scene.shown.update(trail.named)
    return found


def _asked(trail: _Trail, path: str, browser: bool = False) -> Generator[Question, Answer, Response | None]:
    """An answer with content that is not what any name is answered with."""
    survey = trail.survey
    answer = yield from looked(survey.scene, survey.origin, path, BROWSER if browser else ())
    good = isinstance(answer, Response) and answer.status == 200 and not survey.scene.as_nothing(answer)
    return answer if good and isinstance(answer, Response) else None


def _read(trail: _Trail, response: Response, source: str) -> None:
    for link in leads(response):
        if DESCRIBES & set(link.rel.split()) or link.rel in ("openapi", "swagger", "spec", "schema"):
            trail.documents.setdefault(link.path)
        elif _VIEWERS.search(link.path):
            trail.documents.setdefault(link.path)
            trail.name((link.path,), source)
        else:
            trail.name((link.path,), source)
    for path in viewed(response):
        trail.documents.setdefault(path)


def _robots(trail: _Trail) -> Steps:
    answer = yield from _asked(trail, "/robots.txt")
    maps = ["/sitemap.xml"]
    if answer is not None:
        trail.name(robots_paths(answer), "robots.txt")
        maps = [*sitemaps(answer), *maps]
    done = 0
    while maps and done < MAPS:
        told = yield from _asked(trail, maps.pop(0))
        done += 1
        if told is not None:
            paths, further = mapped(told)
            trail.name(paths[:CHUNK], "the site map")
            maps = [*further, *maps]
    return []


def _scripts(trail: _Trail) -> Steps:
    """The calls that the scripts of the root's pages make."""
    own = dict.fromkeys(path for root in trail.survey.scene.roots for path in scripts(root))
    for path in list(own)[:SCRIPTS]:
        script = yield from _asked(trail, path)
        if script is not None:
            trail.name(script_paths(script, ()), "a script of the page")
    return []


def _described(trail: _Trail) -> Steps:
    """Descriptions of the API: where a viewer's page or settings name one, that is read too."""
    waiting, done = list(trail.documents), 0
    while waiting and done < DOCUMENTS:
        path = waiting.pop(0)
        if CHANGES.search(path):
            continue
        answer = yield from _asked(trail, path, browser=bool(_VIEWERS.search(path)))
        done += 1
        if answer is None:
            continue
        contract = served_contract(answer, path.partition("?")[0].rpartition("/")[2] or "openapi.json")
        if contract is not None and contract.operations:
            trail.survey.scene.documents.setdefault(path)
        else:
            more = [*viewed(answer), *(s for s in scripts(answer) if "init" in s)]
            waiting = [*(p for p in more if p not in trail.documents), *waiting]
            trail.documents.update(dict.fromkeys(more))
    return []


def _judged(survey: Survey, paths: list[str]) -> Steps:
    """Answers of what something names: as any answer is judged, and held against the contract where there is one."""
    found: list[Fact | NotAnswered] = []
    for path in paths:
        source = survey.scene.shown[path]
        if survey.documented:
            found += yield from undocumented(survey, (path,), f"in {source}", data=True)
        answer = yield from looked(survey.scene, survey.origin, path, seconds=SECONDS)
        if isinstance(answer, NotAnswered):
            found.append(_stream() if "no complete answer" in str(answer) else answer)
        elif not survey.scene.as_nothing(answer):
            # Errors of what a document names are one cause, however many paths it names.
            facts = [
                (
                    replace(fact, request=f"GET of what {source} names")
                    if isinstance(fact, ErrorBody)
                    else fact
                )
                for fact in facts_of(answer)
                if not documented(survey, fact)
            ]
            noted(survey, answer, facts)
            found += facts
    return found


def _stream() -> LeftAlone:
    hint = "request them by hand: a stream of logs or events shows them to anyone"
    return LeftAlone(f"what documents name did not end within {SECONDS:g} s", hint)
