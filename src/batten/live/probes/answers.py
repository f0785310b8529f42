"""Headers, cookies and banners of answers of every kind, and documented calls held against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from batten.facts import Content, Fact, ObservedAnswer, ResponseHeaders
from batten.live.evidence import sight
from batten.live.exchange import NotAnswered, Probe, Response, Steps, ask, attempt
from batten.live.links import assets
from batten.live.reading import content_of, facts_of, labelled
from batten.live.refusals import granted
from batten.live.sizes import bits, confidence, on_the_wire
from batten.live.survey import NOWHERE, Call, Survey, left_alone

SAMPLES = 5  # answers a choice is sampled with


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("answer of /", _one(survey, survey.prefix + "/"))
    yield Probe("answer of an unknown path", _one(survey, f"{survey.prefix}/{NOWHERE}"))
    yield Probe("answer of a malformed request", _malformed(survey))
    for call in survey.calls:
        yield Probe(call.label, _call(survey, call))
        for path in call.more:
            yield Probe(f"{call.label} with every parameter", _call(survey, replace(call, path=path)))
        if len(call.choices) > 1:
            yield Probe(f"sizes of {call.label}", _choice(survey, call))
    for label in survey.left:
        yield Probe(label, _left())
    for url in survey.environment.assets:
        yield Probe(f"assets at {url}", _asset(survey, url))


def _left() -> Steps:
    raise left_alone()
    yield  # makes this a generator, which fails when it is asked and not when it is planned


def _one(survey: Survey, path: str) -> Steps:
    """What no operation is of, and what it links."""
    response = yield from ask(survey.get(path))
    found: list[Fact | NotAnswered] = [*facts_of(response), *_cut(response)]
    if linked := assets(response):
        at = sight(response).at("response.body")
        found.append(
            ObservedAnswer(at, f"GET {path}", response.status, response.media_type, "", links=linked)
        )
    return found


def _malformed(survey: Survey) -> Steps:
    """A target that no server decodes: the answer comes from the first server on the way."""
    response = yield from ask(survey.at_root("/", target="/%"))
    page = content_of(response) is Content.PAGE
    # A few words in plain text are a parser's own, which no configuration adds headers to.
    return [f for f in facts_of(response) if page or not isinstance(f, ResponseHeaders)]


def _call(survey: Survey, call: Call) -> Steps:
    response = yield from ask(survey.get(call.path, call.headers, call.method))
    return [*labelled(facts_of(response), call.label), answer_fact(call, response), *_cut(response)]


def _cut(response: Response) -> Iterator[NotAnswered]:
    """What is behind the bound of a body was not looked at, and a schema cannot be held against a part."""
    if response.truncated:
        yield NotAnswered("the answer was longer than what is read of one, and the rest is not known")


def answer_fact(call: Call, response: Response) -> ObservedAnswer:
    """The answer of a documented call, held against its contract."""
    mismatch = call.mismatch(response)
    return ObservedAnswer(
        sight(response).at("response.body"),
        call.label,
        response.status,
        response.media_type,
        mismatch,
        call.secured and not response.request.authenticated and granted(response, mismatch),
        assets(response),
    )


def _choice(survey: Survey, call: Call) -> Steps:
    """Sizes for each value, in turns, so that what changes with time does not pass for the choice."""
    sizes: dict[str, list[int]] = {path: [] for path in call.choices}
    failed: list[NotAnswered] = []
    last: Response | None = None
    for _ in range(SAMPLES):
        for path in call.choices:
            response = yield from attempt(survey.get(path))
            if isinstance(response, NotAnswered):
                failed.append(response)
            elif response.status < 300:
                sizes[path].append(on_the_wire(response))
                last = response
    if last is None or failed or not all(sizes.values()):
        return failed[:1] or [NotAnswered("not every value of the choice was answered with success")]
    at = sight(last).at("response size")
    seen = tuple(size for samples in sizes.values() for size in samples)
    samples = list(sizes.values())
    fact = ObservedAnswer(at, call.label, last.status, last.media_type, "", sizes=seen, bits=bits(samples))
    return [replace(fact, confidence=confidence(samples))]


def _asset(survey: Survey, url: str) -> Steps:
    """The listing of an asset host, if it makes one."""
    parts = urlsplit(url)
    request = survey.at_root("/")
    folder = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    response = yield from ask(type(request)("GET", folder, anonymous=True))
    return facts_of(response)
