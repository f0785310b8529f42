"""How answers change with the Origin that asks."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from batten.facts import Fact
from batten.live.evidence import sight
from batten.live.exchange import Answer, Headers, NotAnswered, Probe, Question, Steps, ask, attempt
from batten.live.origins import DEVELOPMENT, NAMED, named_origins, pattern_variants, variants
from batten.live.reading import cors_fact
from batten.live.rebinding import inside
from batten.live.survey import NOBODY, Survey

MOST = 40  # origins that one path is asked as
PREFLIGHTS = 4  # paths whose preflights are asked as everybody; the others as a stranger only


def plan(survey: Survey) -> Iterator[Probe]:
    calls = [call for call in survey.calls if call.method == "GET"]
    # Calls that need a credential first: there an answer that a stranger may read costs most.
    paths = [call.path for call in sorted(calls, key=lambda c: not c.secured)][:3] or [survey.prefix + "/"]
    for number, path in enumerate(paths):
        origins = list(tricks(survey))[:MOST]
        yield Probe(
            f"CORS of {path}", _strangers(survey, path, origins if number == 0 else _one_each(origins))
        )
    yield Probe(f"CORS of {paths[0]} for origins that it names", _named(survey, paths[0]))
    if survey.origins:
        yield Probe("CORS for the allowed origins", _allowed(survey, paths))
    for number, (path, method) in enumerate(_preflights(survey)):
        yield Probe(f"preflights of {path}", _preflight(survey, path, method, number < PREFLIGHTS))


def _one_each(origins: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first of each trick: one policy mostly holds for all paths."""
    first: dict[str, str] = {}
    for origin, trick in origins:
        first.setdefault(trick, origin)
    return [(origin, trick) for trick, origin in first.items()]


def _strangers(survey: Survey, path: str, origins: list[tuple[str, str]]) -> Steps:
    """Whoever answers any stranger is not asked about the finer tricks: they would all work too."""
    found: list[Fact | NotAnswered] = []
    for origin, trick in origins:
        response = yield from attempt(survey.get(path, (("Origin", origin),)))
        if isinstance(response, NotAnswered):
            found.append(response)
            continue
        fact = cors_fact(sight(response), origin, trick)
        found.append(fact)
        if trick == "foreign" and fact.welcomed:
            break
    return found


def _named(survey: Survey, path: str) -> Steps:
    """Where a stranger is refused: what looks like an origin that the answer names, and front ends of developers."""
    first = yield from attempt(survey.get(path, (("Origin", NOBODY),)))
    if isinstance(first, NotAnswered) or cors_fact(sight(first), NOBODY, "foreign").welcomed:
        return []  # both are told by the questions to strangers
    found: list[Fact | NotAnswered] = []
    told = (origin for answer in (first, *survey.scene.roots) for origin in named_origins(answer))
    for origin in list(dict.fromkeys(told))[:NAMED]:
        if origin not in survey.origins and (yield from _welcomed(survey, path, origin)):
            found += yield from _each(survey, path, list(variants(origin)))
    if not inside(first):
        others = [(origin, "local") for origin in DEVELOPMENT if origin not in survey.origins]
        found += yield from _each(survey, path, others)
    return found


def _welcomed(survey: Survey, path: str, origin: str) -> Generator[Question, Answer, bool]:
    answer = yield from ask(survey.get(path, (("Origin", origin),)))
    return answer.header("access-control-allow-origin") == origin


def _each(
    survey: Survey, path: str, origins: list[tuple[str, str]]
) -> Generator[Question, Answer, list[Fact | NotAnswered]]:
    found: list[Fact | NotAnswered] = []
    for origin, trick in origins:
        answer = yield from attempt(survey.get(path, (("Origin", origin),)))
        if isinstance(answer, NotAnswered):
            found.append(answer)
        else:
            found.append(cors_fact(sight(answer), origin, trick))
    return found


def tricks(survey: Survey) -> Iterator[tuple[str, str]]:
    """Origins to ask as, each once, and what is tried with them: a stranger's, and those that look like
    an allowed origin, like what an expression means, or like the API's own host."""
    seen: set[str] = set(survey.origins)
    for origin, trick in _strange(survey):
        if origin not in seen:
            seen.add(origin)
            yield origin, trick


def _strange(survey: Survey) -> Iterator[tuple[str, str]]:
    yield NOBODY, "foreign"
    yield "null", "null"
    for pattern in survey.patterns:
        yield from pattern_variants(pattern)
    for origin in (*survey.origins, survey.origin):
        yield from variants(origin)


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
    """Paths with verbs that a browser asks leave for."""
    for template, verbs in survey.verbs.items():
        writing = sorted(verbs & {"POST", "PUT", "PATCH", "DELETE"})
        if template in survey.examples and writing:
            yield survey.examples[template], writing[0]


def _preflight(survey: Survey, path: str, method: str, everybody: bool) -> Steps:
    asked: Headers = (
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "authorization"),
    )
    origins = [(NOBODY, "foreign")]
    if everybody:
        origins += [*_one_each(list(tricks(survey))[:MOST])[1:], *((o, "allowed") for o in survey.origins)]
    found: list[Fact | NotAnswered] = []
    for origin, trick in origins:
        response = yield from attempt(survey.get(path, (("Origin", origin), *asked), "OPTIONS"))
        if isinstance(response, NotAnswered):
            found.append(response)
        else:
            fact = cors_fact(sight(response), origin, trick)
            specified = {method for verbs in survey.verbs.values() for method in verbs} | {"HEAD", "OPTIONS"}
            found.append(replace(fact, beyond=tuple(m for m in fact.methods if m not in specified)))
    return found
