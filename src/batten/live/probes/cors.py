"""How answers change with the Origin that asks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.facts import Fact
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Steps, attempt
from batten.live.hello import is_address
from batten.live.reading import cors_fact
from batten.live.survey import NOBODY, Survey


def plan(survey: Survey) -> Iterator[Probe]:
    calls = [call for call in survey.calls if call.method == "GET"]
    # Calls that need a credential first: there an answer that a stranger may read costs most.
    paths = [call.path for call in sorted(calls, key=lambda c: not c.secured)][:3] or [survey.prefix + "/"]
    for path in paths:
        yield Probe(f"CORS of {path}", _strangers(survey, path))
    if survey.origins:
        yield Probe("CORS for the allowed origins", _allowed(survey, paths))
    for path, method in _preflights(survey):
        yield Probe(f"preflights of {path}", _preflight(survey, path, method))


def _strangers(survey: Survey, path: str) -> Steps:
    """Whoever answers any stranger is not asked about the finer tricks: they would all work too."""
    found: list[Fact | NotAnswered] = []
    for origin, trick in tricks(survey):
        response = yield from attempt(survey.get(path, (("Origin", origin),)))
        if isinstance(response, NotAnswered):
            found.append(response)
            continue
        fact = cors_fact(sight(response), origin, trick)
        found.append(fact)
        if trick == "foreign" and fact.welcomed:
            break
    return found


def tricks(survey: Survey) -> Iterator[tuple[str, str]]:
    """Origins to ask as, each once, and what is tried with them: a stranger's, and those that look like
    an allowed origin or the API's own host."""
    seen: set[str] = set(survey.origins)
    for origin, trick in _strange(survey):
        if origin not in seen:
            seen.add(origin)
            yield origin, trick


def _strange(survey: Survey) -> Iterator[tuple[str, str]]:
    yield NOBODY, "foreign"
    yield "null", "null"
    for origin in (*survey.origins, survey.origin):
        yield from variants(origin)


def variants(origin: str) -> Iterator[tuple[str, str]]:
    """What a careless comparison takes for the origin."""
    parts = urlsplit(origin)
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if not host or is_address(host) or host == "localhost":
        return
    yield f"{parts.scheme}://{host}.stranger.invalid{port}", "suffix"
    yield f"{parts.scheme}://{host}stranger.invalid", "suffix"
    yield f"{parts.scheme}://stranger{host}{port}", "prefix"
    yield f"{parts.scheme}://batten-stranger.{host}{port}", "subdomain"
    if "." in host.partition(".")[2]:
        # Only where a label stands before the domain can a dot be taken for any letter.
        yield f"{parts.scheme}://{host.replace('.', 'x', 1)}{port}", "unescaped-dot"
    if parts.scheme == "https":
        yield f"http://{host}{port}", "plain"


def _allowed(survey: Survey, paths: list[str]) -> Steps:
    """An origin that one call welcomes has its policy; that others of them are not for it is a choice."""
    found: list[Fact | NotAnswered] = []
    for origin in survey.origins:
        facts = []
        for path in paths:
            response = yield from attempt(survey.get(path, (("Origin", origin),)))
            if isinstance(response, NotAnswered):
                found.append(response)
            else:
                facts.append(cors_fact(sight(response), origin, "allowed"))
        found += [f for f in facts if f.welcomed] or facts[:1]
    return found


def _preflights(survey: Survey) -> Iterator[tuple[str, str]]:
    """Paths with verbs that a browser asks leave for, the first few."""
    for template, verbs in survey.verbs.items():
        writing = sorted(verbs & {"POST", "PUT", "PATCH", "DELETE"})
        if template in survey.examples and writing:
            yield survey.examples[template], writing[0]


def _preflight(survey: Survey, path: str, method: str) -> Steps:
    asked = (("Access-Control-Request-Method", method), ("Access-Control-Request-Headers", "authorization"))
    origins = [(NOBODY, "foreign"), ("null", "null"), *((o, "allowed") for o in survey.origins)]
    found: list[Fact | NotAnswered] = []
    for origin, trick in origins:
        response = yield from attempt(survey.get(path, (("Origin", origin), *asked), "OPTIONS"))
        if isinstance(response, NotAnswered):
            found.append(response)
        else:
            found.append(cors_fact(sight(response), origin, trick))
    return found
