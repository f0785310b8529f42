"""Headers, cookies and banners of answers of every kind, and documented calls held against the contract."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from batten.facts import Content, Fact, ObservedAnswer, ResponseHeaders
from batten.live.evidence import sight
from batten.live.exchange import HungUp, NotAnswered, Probe, Response, Steps, ask, attempt
from batten.live.probes.existing import existing
from batten.live.reading import content_of, facts_of, labelled
from batten.live.survey import NOWHERE, UNDECODED, UNDECODED_FRAGMENT, Call, Survey, left_alone

_ASSET = re.compile(
    r"https?://[^\s\"'<>\\)]+?\.(?:png|jpe?g|gif|webp|avif|svg|ico|css|js|mjs|woff2?|ttf|mp4|webm|mp3|pdf)"
    r"(?=[\s\"'<>\\)?#]|$)",
    re.IGNORECASE,
)
_EMBEDDED = re.compile(
    r"<(?:img|script|link|source|iframe|video|audio)\b[^>]*?(?:src|href)=[\"'](https?://[^\"']+)",
    re.IGNORECASE,
)


def plan(survey: Survey) -> Iterator[Probe]:
    yield Probe("answer of /", _one(survey, survey.prefix + "/"))
    yield Probe("answer of an unknown path", _one(survey, f"{survey.prefix}/{NOWHERE}"))
    yield Probe("answer of a malformed request", _malformed(survey))
    yield Probe("answer of the first server", _first(survey))
    for call in survey.calls:
        yield Probe(call.label, _call(survey, call))
        for path in call.more:
            yield Probe(f"{call.label} with every parameter", _call(survey, replace(call, path=path)))
    for label in survey.left:
        yield Probe(label, _left())
    for url in survey.environment.assets:
        yield Probe(f"assets at {url}", _asset(survey, url))


def _left() -> Steps:
    yield from ()  # a generator fails when it is asked, not when it is planned
    raise left_alone()


def _one(survey: Survey, path: str) -> Steps:
    """What no operation is of, and what it links."""
    response = yield from ask(survey.get(path))
    found: list[Fact | NotAnswered] = [*facts_of(response), *_cut(response)]
    if linked := assets(response):
        at = sight(response).at("response.body")
        found.append(
            ObservedAnswer(
                at,
                operation=f"GET {path}",
                status=response.status,
                media_type=response.media_type,
                mismatch="",
                links=linked,
            )
        )
    return found


def _malformed(survey: Survey) -> Steps:
    """A target that no server decodes: the answer comes from the first server on the way."""
    try:
        response = yield from ask(survey.at_root("/", target=UNDECODED))
    except HungUp:
        return []  # an answer is not owed
    page = content_of(response) is Content.PAGE
    # A few words in plain text are a parser's own, which no configuration adds headers to.
    return [f for f in facts_of(response) if page or not isinstance(f, ResponseHeaders)]


def _first(survey: Survey) -> Steps:
    """A fragment has no place in a request (RFC 9112, 3.2): servers that look at that answer by themselves, which shows what
    they are (`live/technology`), and nothing else that is judged."""
    with suppress(HungUp):
        yield from ask(survey.at_root("/", target=UNDECODED_FRAGMENT))
    return ()


def _call(survey: Survey, call: Call) -> Steps:
    response = yield from ask(survey.get(call.path, call.headers, call.method))
    found: list[Fact | NotAnswered] = [*_held(call, response)]
    if response.status in (400, 404) and (there := (yield from existing(survey, call))) is not None:
        second = yield from attempt(survey.get(there.path, call.headers, call.method))
        found += [second] if isinstance(second, NotAnswered) else _held(call, second)
    return found


def _held(call: Call, response: Response) -> list[Fact | NotAnswered]:
    return [*labelled(facts_of(response), call.label), answer_fact(call, response), *_cut(response)]


def _cut(response: Response) -> Iterator[NotAnswered]:
    """What is behind the bound of a body was not looked at, and a schema cannot be held against a part."""
    if response.truncated:
        yield NotAnswered("the answer was longer than batten reads; the rest was not assessed")


def answer_fact(call: Call, response: Response) -> ObservedAnswer:
    """The answer of a documented call, held against its contract."""
    return ObservedAnswer(
        sight(response).at("response.body"),
        operation=call.label,
        status=response.status,
        media_type=response.media_type,
        mismatch=call.mismatch(response),
        links=assets(response),
    )


def _asset(survey: Survey, url: str) -> Steps:
    """The listing of an asset host, if it makes one."""
    parts = urlsplit(url)
    request = survey.at_root("/")
    folder = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    response = yield from ask(type(request)("GET", folder, anonymous=True))
    return facts_of(response)


def assets(response: Response) -> tuple[str, ...]:
    """The URLs in their order, each once."""
    kind = response.media_type
    if not (kind.endswith(("json", "html", "xml")) or kind.startswith("text/")):
        return ()
    text = response.text.replace("\\/", "/")
    found = [m[0] for m in _ASSET.finditer(text)] + [m[1] for m in _EMBEDDED.finditer(text)]
    return tuple(dict.fromkeys(found))[:50]
