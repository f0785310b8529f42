"""Whether a header or a parameter turns one verb into another: asked with pairs that change nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from batten.facts import MethodOverride
from batten.live import exchange
from batten.live.evidence import sight
from batten.live.reading import OVERRIDES
from batten.live.survey import INVENTED, Survey, acts

MOST = 4  # paths: what takes an override stands before all of them
PARAMETER = "_method"
TELLING = frozenset(
    {200, 204, 405, 501}
)  # answers to OPTIONS and to an invented verb that are told from others

Found = Generator[exchange.Question, exchange.Answer, list[MethodOverride | exchange.NotAnswered]]


def plan(survey: Survey) -> Iterator[exchange.Probe]:
    # Fixed paths first: they are there whatever the identifiers are.
    fit = [
        t for t, verbs in survey.verbs.items() if "GET" in verbs and t in survey.examples and not acts(t, "")
    ]
    paths = [survey.examples[t] for t in sorted(fit, key=lambda t: "{" in t)][:MOST] or [survey.prefix + "/"]
    for path in paths:
        yield exchange.Probe(f"method override at {path}", _overrides(survey, path))


def _overrides(survey: Survey, path: str) -> exchange.Steps:
    """A GET that claims to be OPTIONS, or a verb that nobody has, and is answered as that would be."""
    plain = yield from exchange.attempt(survey.get(path))
    if isinstance(plain, exchange.NotAnswered):
        return [plain]
    if not 200 <= plain.status < 300:
        return []
    found: list[MethodOverride | exchange.NotAnswered] = []
    for meant in ("OPTIONS", INVENTED):
        asked = yield from exchange.attempt(survey.get(path, method=meant))
        if isinstance(asked, exchange.NotAnswered):
            found.append(asked)
        elif asked.status in TELLING and not _same(asked, plain):
            found += yield from _each(survey, path, meant, asked, plain)
    if survey.environment.active:
        found += yield from _posted(survey, path, plain)
    return found


def _each(survey: Survey, path: str, meant: str, asked: exchange.Response, plain: exchange.Response) -> Found:
    """All headers at once, then one by one where they did something; then the parameter."""
    found: list[MethodOverride | exchange.NotAnswered] = []
    every = yield from exchange.attempt(survey.get(path, tuple((name, meant) for name in OVERRIDES)))
    if isinstance(every, exchange.Response) and _same(every, asked) and not _same(every, plain):
        for name in OVERRIDES:
            found += yield from _one(survey, path, name, meant, asked, plain)
    found += yield from _one(survey, path, PARAMETER, meant, asked, plain)
    return found


def _one(
    survey: Survey, path: str, by: str, meant: str, asked: exchange.Response, plain: exchange.Response
) -> Found:
    answer = yield from exchange.attempt(_dressed(survey, path, by, meant))
    if isinstance(answer, exchange.NotAnswered):
        return [answer]
    honoured = _same(answer, asked) and not _same(answer, plain)
    if honoured:
        # Whoever refuses such a header whatever it says does not honour it.
        control = yield from exchange.attempt(_dressed(survey, path, by, "GET"))
        honoured = isinstance(control, exchange.Response) and _same(control, plain)
    return [_fact(answer, by, meant, path, honoured)]


def _posted(survey: Survey, path: str, plain: exchange.Response) -> Found:
    """A POST that is refused, and then claims to be a GET: frameworks that take overrides take them in POST."""
    if survey.match("POST", path):
        return []
    body: exchange.Headers = (("Content-Type", "application/x-batten-none"), ("Content-Length", "0"))
    refused = yield from exchange.attempt(exchange.Request("POST", survey.url(path), body, active=True))
    if isinstance(refused, exchange.NotAnswered):
        return [refused]
    if refused.status not in (405, 501):
        return []
    found: list[MethodOverride | exchange.NotAnswered] = []
    for name in OVERRIDES:
        answer = yield from exchange.attempt(
            exchange.Request("POST", survey.url(path), (*body, (name, "GET")), active=True)
        )
        if isinstance(answer, exchange.Response):
            found.append(_fact(answer, name, "GET", path, _same(answer, plain)))
        else:
            found.append(answer)
    return found


def _dressed(survey: Survey, path: str, by: str, meant: str) -> exchange.Request:
    if by == PARAMETER:
        return survey.get(f"{path}{'&' if '?' in path else '?'}{PARAMETER}={meant}")
    return survey.get(path, ((by, meant),))


def _fact(answer: exchange.Response, by: str, meant: str, path: str, honoured: bool) -> MethodOverride:
    at = sight(answer).at(f"response/override[{by}]")
    return MethodOverride(at, by=by, method=answer.request.method, meant=meant, path=path, honoured=honoured)


def _same(one: exchange.Response, two: exchange.Response) -> bool:
    """The same status, Allow and kind of body: an error's words may name the verb."""
    alike = one.status == two.status and one.header("allow") == two.header("allow")
    return alike and (one.body == two.body or (one.status >= 400 and one.media_type == two.media_type))
