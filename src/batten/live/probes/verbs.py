"""For each documented path, which verbs are really answered: judged on content, never on `Allow`."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import cache

from batten.facts import ErrorBody, VerbAnswer
from batten.live import exchange
from batten.live.baseline import alike
from batten.live.evidence import sight
from batten.live.reading import error_facts, labelled, trace_fact
from batten.live.survey import INVENTED, NOWHERE, UNUSUAL, Survey, acts, left_alone

READING = ("GET", "OPTIONS", "HEAD", "TRACE")
WRITING = ("POST", "PUT", "PATCH", "DELETE")

# Not there, not allowed, not implemented; and what an API asks first of whoever has no right to ask.
REFUSED = frozenset({404, 405, 501, 403, 410, 421})

Said = Generator[exchange.Question, exchange.Answer, VerbAnswer | exchange.NotAnswered]


def plan(survey: Survey) -> Iterator[exchange.Probe]:
    if not survey.documented:
        yield exchange.Probe("TRACE", _trace(survey))
    for template, documented in survey.verbs.items():
        path = survey.examples.get(template)
        if path is not None and f"GET {template}" not in survey.left:
            yield exchange.Probe(f"verbs of {template}", _verbs(survey, template, path, documented))


def _trace(survey: Survey) -> exchange.Steps:
    response = yield from exchange.ask(survey.get(survey.prefix + "/", method="TRACE"))
    return [trace_fact(sight(response))]


def _verbs(survey: Survey, template: str, path: str, documented: frozenset[str]) -> exchange.Steps:
    """An invented verb first: whoever answers another verb in the same way does not know that one either."""
    unknown = yield from exchange.ask(survey.get(path, method=INVENTED))
    found: list[VerbAnswer | exchange.NotAnswered] = [
        (yield from _sure(survey, _answer(survey, template, documented, unknown, None), unknown))
    ]
    leaks = list(labelled(error_facts(sight(unknown)), f"{INVENTED} {template}"))
    if unknown.status in (400, 501):
        # Some servers refuse a verb that they never heard of before the application is asked.
        unusual = yield from exchange.attempt(survey.get(path, method=UNUSUAL))
        unknown = unknown if isinstance(unusual, exchange.NotAnswered) else unusual
    # What the contract has is asked with proper values elsewhere, and another template may own the verb. Names that
    # are deeds get nothing that code may take for the deed; a DELETE might take a whole collection away.
    for method in (
        tried_method
        for tried_method in READING + (WRITING if survey.environment.active else ())
        if not (_owned(survey, template, documented, tried_method) or _harmful(template, tried_method))
    ):
        response = yield from exchange.attempt(_request(survey, _target(survey, template, method), method))
        if isinstance(response, exchange.NotAnswered):
            found.append(response)
        elif method == "TRACE":
            found.append(trace_fact(sight(response)))
        elif response.status == 404 and method in WRITING:
            verb = unknown.request.method
            found.append((yield from _not_found(survey, template, documented, response, verb)))
        else:
            answer = _answer(survey, template, documented, response, unknown)
            found.append((yield from _sure(survey, answer, response)))
            leaks += labelled(error_facts(sight(response)), f"{method} {template}")
    return [*found, *_new(leaks), *_left(survey, template, documented)]


def _new(leaks: list[ErrorBody]) -> Iterator[ErrorBody]:
    """A trace that any verb brings about is shown with the first of them."""
    shown: set[str] = set()
    for fact in leaks:
        if not fact.leaks or not shown.issuperset(fact.leaks):
            shown.update(fact.leaks)
            yield fact


def _owned(survey: Survey, template: str, documented: frozenset[str], method: str) -> bool:
    if method in documented:
        return True
    # Whether the path also falls into an overlapping template that does have the verb: GET /users/login is answered
    # by /users/{name}, where /users/login has only POST.
    bare = _target(survey, template, method).partition("?")[0]
    wanted = {method, "GET"} if method == "HEAD" else {method}
    others = (t for t, verbs in survey.verbs.items() if t != template and wanted & verbs)
    return any(_shape(other).fullmatch(bare) for other in others)


def _harmful(template: str, method: str) -> bool:
    risky = method in ("GET", "HEAD", *WRITING) and acts(template, "")
    return risky or (method == "DELETE" and "{" not in template)


def _left(survey: Survey, template: str, documented: frozenset[str]) -> Iterator[exchange.LeftAlone]:
    """What an active assessment does not dare either."""
    for method in WRITING if survey.environment.active else ():
        if _harmful(template, method) and not _owned(survey, template, documented, method):
            yield left_alone(f"{method} was not sent: it may change something irreversibly")


def _target(survey: Survey, template: str, method: str) -> str:
    """Verbs that write get an identifier that hardly anything has."""
    absent = survey.absent if method in WRITING else survey.examples
    return absent.get(template, survey.examples[template])


def _sure(survey: Survey, answer: VerbAnswer, response: exchange.Response) -> Said:
    """A verb that was answered is asked for on a path that nobody has too: who answers the same there, a page
    for everything or a demand for credentials before all else, tells nothing about this path."""
    if not answer.handled or answer.automatic:
        return answer
    nowhere = yield from exchange.attempt(_request(survey, _nowhere(response), answer.method))
    if isinstance(nowhere, exchange.NotAnswered):
        return nowhere
    same = alike(response, nowhere) or (response.status >= 400 and response.status == nowhere.status)
    return replace(answer, handled=False) if same else answer


def _nowhere(response: exchange.Response) -> str:
    path = response.request.path.partition("?")[0]
    return f"{path.rpartition('/')[0]}/{NOWHERE}/{NOWHERE}"


def _not_found(
    survey: Survey, template: str, documented: frozenset[str], response: exchange.Response, unknown: str
) -> Said:
    """404 for an identifier that nothing has: the verb is there when an unknown one is not allowed on
    this path but is not found, like any other, on a path that is not there. Where the unknown verb is
    refused everywhere, something in front refuses it, and nothing is known about this path."""
    path = _target(survey, template, response.request.method)
    here = yield from exchange.attempt(survey.get(path, method=unknown))
    nowhere = yield from exchange.attempt(survey.get(_nowhere(response), method=unknown))
    for answer in (here, nowhere):
        if isinstance(answer, exchange.NotAnswered):
            return answer
    known = isinstance(here, exchange.Response) and here.status in (405, 501)
    passed = isinstance(nowhere, exchange.Response) and nowhere.status == 404
    return replace(_answer(survey, template, documented, response, None), handled=known and passed)


@cache
def _shape(template: str) -> re.Pattern[str]:
    fixed = re.split(r"\{[^{}/]*\}", template)
    # ours: fixed parts of a path, between them whole segments
    return re.compile("[^/]+".join(re.escape(part) for part in fixed))


def _request(survey: Survey, path: str, method: str) -> exchange.Request:
    request = survey.get(path, method=method)
    if method in WRITING:
        # An empty body of a type that nobody takes: whoever knows the verb refuses the body, and nothing changes.
        headers = (("Content-Type", "application/x-batten-none"), ("Content-Length", "0"))
        return exchange.Request(method, request.url, headers, active=True)
    return request


def _answer(
    survey: Survey,
    template: str,
    documented: frozenset[str],
    response: exchange.Response,
    unknown: exchange.Response | None,
) -> VerbAnswer:
    method = response.request.method
    elsewhere = 300 <= response.status < 400  # a redirect shows nothing of what is behind it
    handled = not elsewhere and response.status not in REFUSED
    handled = handled and (unknown is None or not same_answer(response, unknown))
    if unknown is None:
        handled = 200 <= response.status < 300
    if response.status in (400, 401, 429, 503) and unknown is not None and unknown.status == response.status:
        handled = False  # asked for something before the verb was looked at: nothing is known
    automatic = (method == "HEAD" and "GET" in documented) or method == "OPTIONS"
    at = sight(response).at("response")
    return VerbAnswer(
        at,
        method=method,
        path=survey.examples[template],
        template=template,
        specified=method in documented,
        handled=handled,
        status=response.status,
        allow=response.header("allow"),
        automatic=automatic,
    )


def same_answer(one: exchange.Response, two: exchange.Response) -> bool:
    """The same answer, or one that differs only in what is never twice the same."""
    if one.status != two.status:
        return False
    if one.request.method == "HEAD":
        return one.header("content-length") in ("", two.header("content-length"), str(len(two.body)))
    if one.body == two.body or alike(one, two):
        return True
    return one.status >= 400 and one.media_type == two.media_type
