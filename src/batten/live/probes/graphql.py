"""GraphQL endpoints: what they tell of themselves. Nothing is asked but `__typename` and the schema's own names."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from urllib.parse import quote

from batten.facts import Endpoint, Fact, Feature
from batten.live import exchange
from batten.live.baseline import alike, sibling
from batten.live.catalogue import proved
from batten.live.evidence import sight
from batten.live.nesting import TYPES, deep_query
from batten.live.probes.files import PAGES
from batten.live.reading import error_facts, exposure_of
from batten.live.scene import BROWSER, looked
from batten.live.survey import Survey
from batten.model import Setting, Switch

PATHS = ("/graphql", "/api/graphql", "/v1/graphql", "/query", "/graphql/")
MOST_NAMED = 3  # endpoints that documents or scripts of the target name
NAME = "{__typename}"
SCHEMA = "{__schema{queryType{name} types{name}}}"
# Names that schemas often have, each with a letter missing: the names themselves are what a server suggests.
WRONG = "{usr usrs nam prodct prodcts ordr ordrs itm itms nod viewr accont serch logn mesage stats_ categry}"
WRITE = "mutation{__typename}"
QUERIES = 10  # of a batch
ALIASES = 100  # of one field that costs nothing
LEVELS = 15
MANY = "{" + " ".join(f"a{n}:__typename" for n in range(ALIASES)) + "}"

_NAMED = re.compile(r"(?i)/(?:graphi?ql|gql)/?$")

# Apollo Server asks for one of these before it takes a GET (its protection against forged requests).
_HEADERS: exchange.Headers = (("Apollo-Require-Preflight", "true"), ("Accept", "application/json"))
_JSON: exchange.Headers = (*_HEADERS, ("Content-Type", "application/json"))

Asked = Generator[exchange.Question, exchange.Answer, exchange.Response | exchange.NotAnswered]


def plan(survey: Survey) -> Iterator[exchange.Probe]:
    below = [f"{survey.prefix}{PATHS[0]}"] if survey.prefix else []
    documented = [t for t in survey.verbs if t.rstrip("/").endswith("/graphql")]
    named = [p for p in (u.partition("?")[0] for u in survey.scene.shown) if _NAMED.search(p)]
    for path in dict.fromkeys((*PATHS, *below, *documented, *named[:MOST_NAMED])):
        yield exchange.Probe(f"GraphQL at {path}", _graphql(survey, path))


def _graphql(survey: Survey, path: str) -> exchange.Steps:
    """A GET first; a POST of a query, which reads, only where something that speaks GraphQL answered it."""
    first = yield from _get(survey, path, NAME)
    if isinstance(first, exchange.NotAnswered):
        return [first]
    by_get = _typename(first) != ""
    if not by_get and not (yield from _speaks(survey, path, first)):
        return []
    found: list[Fact | exchange.NotAnswered] = [*(yield from _landing(survey, path))]
    for ask in (_schema, _suggestions, _batch, _aliases, _depth):
        fact = yield from ask(survey, path, by_get)
        found += [fact] if fact is not None else []
    if by_get:
        written = yield from _get(survey, path, WRITE)
        if isinstance(written, exchange.Response) and _typename(written) not in ("", _typename(first)):
            at = sight(written).at("response.body")
            found.append(Feature(at, Switch.GRAPHQL_GET_MUTATION, Setting(True, at), path))
    return found


def _landing(
    survey: Survey, path: str
) -> Generator[exchange.Question, exchange.Answer, list[Fact | exchange.NotAnswered]]:
    """What browsers get there: many servers show them a console."""
    if path in PAGES:
        return []  # asked for with the files
    page = yield from looked(survey.scene, survey.origin, path, BROWSER)
    if isinstance(page, exchange.NotAnswered):
        return [page]
    return list(exposure_of(page, tuple(proved(path, page))))


def _by_post(survey: Survey, path: str) -> Generator[exchange.Question, exchange.Answer, bool]:
    """Whether a path that GET does not find takes POST, by OPTIONS and unlike any other, and answers a query there."""
    verbs = yield from exchange.attempt(exchange.Request("OPTIONS", survey.origin + path, _HEADERS))
    if not isinstance(verbs, exchange.Response) or "POST" not in verbs.header("allow").upper():
        return False
    other = yield from exchange.attempt(exchange.Request("OPTIONS", survey.origin + sibling(path), _HEADERS))
    if not isinstance(other, exchange.Response) or "POST" in other.header("allow").upper():
        return False
    answer = yield from _post(survey, path, {"query": NAME})
    return isinstance(answer, exchange.Response) and _typename(answer) != ""


def _speaks(
    survey: Survey, path: str, first: exchange.Response
) -> Generator[exchange.Question, exchange.Answer, bool]:
    """Whether the refusal is that of a GraphQL server, or of a path that takes POST and is not just any path."""
    if first.status == 404 and path in PATHS[:2]:
        return (yield from _by_post(survey, path))
    if first.status not in (400, 405, 415):
        return False
    if isinstance(_json(first), dict) and "errors" in first.text:
        return True
    nowhere = yield from exchange.attempt(survey.at_root(sibling(path), _HEADERS))
    post = "POST" in first.header("allow").upper() or "query" in first.text.lower()
    return (
        isinstance(nowhere, exchange.Response)
        and nowhere.status == 404
        and not alike(first, nowhere)
        and post
    )


def _get(survey: Survey, path: str, query: str) -> Asked:
    return (yield from exchange.attempt(survey.at_root(f"{path}?query={quote(query, safe='')}", _HEADERS)))


def _ask(survey: Survey, path: str, by_get: bool, query: str) -> Asked:
    if by_get:
        return (yield from _get(survey, path, query))
    return (yield from _post(survey, path, {"query": query}))


def _post(survey: Survey, path: str, document: object) -> Asked:
    body = json.dumps(document).encode()
    return (
        yield from exchange.attempt(exchange.Request("POST", survey.origin + path, _JSON, body, reads=True))
    )


def _schema(
    survey: Survey, path: str, by_get: bool
) -> Generator[exchange.Question, exchange.Answer, Endpoint | exchange.NotAnswered | None]:
    answer = yield from _ask(survey, path, by_get, SCHEMA)
    if isinstance(answer, exchange.NotAnswered):
        return answer
    if not _has(answer, "__schema"):
        return None
    at = sight(answer).at("response.body")
    return Endpoint(at, method=answer.request.method, path=path, kind="docs", what="GraphQL introspection")


def _suggestions(
    survey: Survey, path: str, by_get: bool
) -> Generator[exchange.Question, exchange.Answer, Fact | exchange.NotAnswered | None]:
    """A field that is misspelt: whoever answers with the right name gives the schema away without introspection."""
    answer = yield from _ask(survey, path, by_get, WRONG)
    if isinstance(answer, exchange.NotAnswered):
        return answer
    leaked = next((f for f in error_facts(sight(answer)) if f.leaks), None)
    if leaked is not None:
        return leaked
    if "Did you mean" not in answer.text or "errors" not in answer.text:
        return None
    at = sight(answer).at("response.body")
    return Endpoint(
        at,
        method=answer.request.method,
        path=path,
        kind="docs",
        what="GraphQL that suggests field names",
    )


def _batch(
    survey: Survey, path: str, by_get: bool
) -> Generator[exchange.Question, exchange.Answer, Feature | exchange.NotAnswered | None]:
    """Many queries in one request. It is a POST of queries that read."""
    answer = yield from _post(survey, path, [{"query": NAME}] * QUERIES)
    if isinstance(answer, exchange.NotAnswered):
        return answer
    document = _json(answer)
    if answer.status != 200 or not isinstance(document, list) or len(document) != QUERIES:
        return None
    at = sight(answer).at("response.body")
    return Feature(at, Switch.GRAPHQL_BATCHING, Setting(True, at), path)


def _aliases(
    survey: Survey, path: str, by_get: bool
) -> Generator[exchange.Question, exchange.Answer, Feature | exchange.NotAnswered | None]:
    """One field under many names: a limiter that counts requests counts one, whatever the field does."""
    answer = yield from _ask(survey, path, by_get, MANY)
    if isinstance(answer, exchange.NotAnswered):
        return answer
    if len(_data(answer)) != ALIASES:
        return None
    at = sight(answer, f"({len(answer.body)} bytes, omitted)").at("response.body")
    return Feature(at, Switch.GRAPHQL_ALIASES, Setting(True, at), path)


def _depth(
    survey: Survey, path: str, by_get: bool
) -> Generator[exchange.Question, exchange.Answer, Feature | exchange.NotAnswered | None]:
    """Fields within fields, where the schema is shown and has some that lead to one thing each."""
    schema = yield from _ask(survey, path, by_get, TYPES)
    if isinstance(schema, exchange.NotAnswered):
        return schema
    query = deep_query(schema, LEVELS)
    answer = (yield from _ask(survey, path, by_get, query)) if query else None
    if answer is None or isinstance(answer, exchange.NotAnswered):
        return answer
    if not _data(answer):
        return None
    at = sight(answer, f"({len(answer.body)} bytes, omitted: data)").at("response.body")
    return Feature(at, Switch.GRAPHQL_DEPTH, Setting(True, at), path)


def _data(response: exchange.Response) -> dict[str, object]:
    """What a query was answered with that nothing was wrong with; {} otherwise."""
    document = _json(response)
    if response.status != 200 or not isinstance(document, dict) or document.get("errors"):
        return {}
    data = document.get("data")
    return data if isinstance(data, dict) else {}


def _json(response: exchange.Response) -> object:
    try:
        return json.loads(response.text)
    except (ValueError, RecursionError):
        return None


def _has(response: exchange.Response, name: str) -> bool:
    document = _json(response)
    data = document.get("data") if isinstance(document, dict) else None
    return isinstance(data, dict) and isinstance(data.get(name), dict)


def _typename(response: exchange.Response) -> str:
    document = _json(response)
    data = document.get("data") if isinstance(document, dict) else None
    name = data.get("__typename") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""
