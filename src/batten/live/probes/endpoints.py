"""What answers although the contract does not list it: from documents that the API gives away, from what
a shell history names, from older versions of what is documented, and from a few names that are often there."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator

from batten.contract import Contract
from batten.facts import Content, Endpoint, Fact
from batten.live.baseline import alike, sibling
from batten.live.catalogue import proved
from batten.live.documents import robots_paths, script_paths, scripts, served_contract, sitemap_paths
from batten.live.evidence import sight
from batten.live.examples import call_of
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Response, Steps, attempt
from batten.live.reading import content_of
from batten.live.survey import CHANGES, NOWHERE, UNUSUAL, Call, Survey, acts, left_alone
from batten.model import Setting

SCHEMAS = (
    *("/openapi.json", "/openapi.yaml", "/swagger.json", "/v3/api-docs", "/v2/api-docs", "/api-docs"),
    *("/api/openapi.json", "/swagger/v1/swagger.json", "/api/schema/"),
    *("/v1/openapi.json", "/api/v1/openapi.json", "/apispec_1.json"),
)
NAMES = (
    *(
        "admin",
        "internal",
        "debug",
        "private",
        "export",
        "users",
        "config",
        "backup",
        "test",
        "dump",
        "console",
    ),
    *("logs", "stats", "accounts", "settings", "tokens", "jobs", "reports"),
)
SHADOWED = ("_debug", "debug", "_all", "dump", "export", "internal")  # names that hardly any thing has
MOST = 50  # paths of one schema
_USUAL = re.compile(
    r"^/(?:robots\.txt|sitemap\.xml|favicon\.ico|manifest\.json|\.well-known/|static/|assets/)"
    r"|/(?:health|healthz|livez?|readyz?|ping)/?$"
)
_VERSION = re.compile(r"^(.*/)v(\d+)(/.*)$")

Found = Generator[Question, Answer, list[Fact | NotAnswered]]


def plan(survey: Survey) -> Iterator[Probe]:
    if not survey.documented:
        return
    schemas = (*survey.scene.documents, *SCHEMAS, *(f"{survey.prefix}{p}" for p in SCHEMAS[:2]))
    for path in dict.fromkeys(schemas):
        yield Probe(f"endpoints of {path}", _schema(survey, path))
    yield Probe("endpoints of robots.txt", _named(survey, "/robots.txt", robots_paths))
    yield Probe("endpoints of the site map", _named(survey, "/sitemap.xml", sitemap_paths))
    yield Probe("endpoints in scripts", _scripts(survey))
    # The same calls one version earlier: what was left running when its successor came.
    found = []
    for older_call in survey.calls:
        version = _VERSION.match(older_call.path)
        if version and 1 < int(version[2]) < 20:
            found.append(f"{version[1]}v{int(version[2]) - 1}{version[3]}")
    yield Probe("older versions", undocumented(survey, found[:5], "an older version", surely=True))
    for call in survey.calls:
        if call.template.endswith("}") and call.template.count("{") == 1:
            yield Probe(f"endpoints next to {call.template}", _shadowed(survey, call))
    for prefix in folders(survey):
        paths = [f"{prefix}/{name}" for name in NAMES]
        yield Probe(f"endpoints below {prefix or '/'}", undocumented(survey, paths, "", surely=True))


def folders(survey: Survey) -> list[str]:
    """The folders that documented paths are in, outermost first: "", "/v1"."""
    found = {""}
    for template in survey.verbs:
        first = template.split("/")[1]
        if template.count("/") > 1 and "{" not in first:
            found.add(f"/{first}")
    return sorted(found)[:6]


def _schema(survey: Survey, path: str) -> Steps:
    """The operations of a schema that the API serves, held against the contract it is meant to have."""
    response = yield from attempt(survey.at_root(path))
    if isinstance(response, NotAnswered):
        return [response]
    contract = served_contract(response, path.rpartition("/")[2] or "openapi.json")
    if contract is None:
        return []
    found = yield from undocumented(survey, _readable(contract), f"in {path}")
    shown = {f.path for f in found if isinstance(f, Endpoint)}
    found += yield from _writable(survey, contract, shown, f"in {path}")
    return found


def _readable(contract: Contract) -> list[str]:
    """Calls of its GET operations, but for those whose names are deeds."""
    calls = [o for o in contract.operations if o.method == "GET" and not acts(o.template, o.operation_id)]
    return [call_of(o, contract) for o in calls][:MOST]


def _writable(survey: Survey, contract: Contract, shown: set[str], source: str) -> Found:
    """Operations that write are not called: a path is there when a verb that no API has is not allowed on it,
    and not found, like any other, beside it."""
    found: list[Fact | NotAnswered] = []
    own = {o.path: o for o in contract.operations if o.method not in ("GET", "HEAD", "OPTIONS", "TRACE")}
    for operation in list(own.values())[:MOST]:
        path = call_of(operation, contract).partition("?")[0]
        if path in shown or survey.match(operation.method, path):
            continue
        here = yield from attempt(survey.get(path, method=UNUSUAL))
        nowhere = yield from attempt(survey.get(sibling(path), method=UNUSUAL))
        known = isinstance(here, Response) and here.status in (405, 501)
        if isinstance(here, Response) and known and isinstance(nowhere, Response) and nowhere.status == 404:
            found.append(_endpoint(here, path, source, operation.method))
    return found


def _shadowed(survey: Survey, call: Call) -> Steps:
    """Names that the template of one thing takes too: what answers with something else than such a thing, where a name
    that nobody has is not answered, is an endpoint of its own."""
    found: list[Fact | NotAnswered] = []
    folder = call.path.partition("?")[0].rpartition("/")[0]
    nothing = yield from attempt(survey.get(f"{folder}/{NOWHERE}", call.headers))
    if isinstance(nothing, NotAnswered) or 200 <= nothing.status < 300:
        return [nothing] if isinstance(nothing, NotAnswered) else []
    for name in SHADOWED:
        path = f"{folder}/{name}"
        if survey.match("GET", path) == call.template:
            response = yield from attempt(survey.get(path, call.headers))
            if isinstance(response, NotAnswered):
                found.append(response)
            elif 200 <= response.status < 300 and call.mismatch(response):
                found.append(_endpoint(response, path, "a name accepted by another path's parameter"))
    return found


def _named(survey: Survey, document: str, paths_of: Callable[[Response], list[str]]) -> Steps:
    response = yield from attempt(survey.at_root(document))
    if isinstance(response, NotAnswered):
        return [response]
    wanted = [path for path in paths_of(response) if not _USUAL.search(path)]
    return (yield from undocumented(survey, wanted, f"in {document}", data=True))


def _scripts(survey: Survey) -> Steps:
    """The scripts of the page at the root name the calls that it makes."""
    page = yield from attempt(survey.at_root("/"))
    if isinstance(page, NotAnswered):
        return [page]
    found: list[Fact | NotAnswered] = []
    wanted: dict[str, None] = {}
    for path in scripts(page):
        script = yield from attempt(survey.at_root(path))
        if isinstance(script, NotAnswered):
            found.append(script)
        else:
            wanted |= dict.fromkeys(script_paths(script, folders(survey)))
    paths = [path for path in wanted if not _USUAL.search(path)]
    return [*found, *(yield from undocumented(survey, paths, "in a script of the page", data=True))]


def undocumented(
    survey: Survey, paths: Iterable[str], source: str, surely: bool = False, data: bool = False
) -> Found:
    """Ask for paths that the contract lacks, and compare each with a sibling name that does not exist.

    `surely`: the path is only guessed, so nothing short of success counts. `data`: pages and assets do not
    count, for a site may have any of them.
    """
    found: list[Fact | NotAnswered] = []
    for path in paths:
        if survey.match("GET", path) or not survey.documented:
            continue
        if CHANGES.search(path):
            # Nobody misses what was only guessed; what a document names is there.
            found += (
                [left_alone("paths whose names suggest that they change something were not requested")]
                if source
                else []
            )
            continue
        response = yield from attempt(survey.at_root(path))
        if isinstance(response, NotAnswered):
            found.append(response)
        elif _answers(response, path, surely, data):
            nothing = yield from attempt(survey.at_root(sibling(path)))
            if isinstance(nothing, NotAnswered):
                found.append(nothing)
            elif not alike(response, nothing):
                found.append(_endpoint(response, path, source))
    return found


def _answers(response: Response, path: str, surely: bool, data: bool) -> bool:
    """An answer of an API's; what the catalogue knows for a file or a console is said there."""
    there = range(200, 300) if surely else (*range(200, 300), 401, 422)
    if response.status not in there or any(proved(path, response)):
        return False
    kind = content_of(response)
    if kind is Content.ASSET or (data and kind is Content.PAGE):
        return False
    # Beside the API's own folders, a page is a page of the site's.
    return kind is not Content.PAGE or path.count("/") > 1


def _endpoint(response: Response, path: str, source: str, method: str = "GET") -> Endpoint:
    # What a path that nobody knows of answers is likely private: its size says enough.
    at = sight(response, f"({len(response.body)} bytes, omitted)").at("response")
    return Endpoint(
        at,
        method=method,
        path=path.partition("?")[0],
        kind="undocumented",
        what=source,
        documented=Setting(False, at),
    )
