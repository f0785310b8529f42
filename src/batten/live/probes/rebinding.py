"""Whether pages of other sites reach a private service by DNS rebinding. Open products are asked the same where they are
found (`probes.products`). Without a documented call that answers to anyone it costs nothing."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace

from batten.facts import Content, Fact
from batten.live.baseline import alike
from batten.live.exchange import Answer, NotAnswered, Probe, Question, Response, Steps, attempt
from batten.live.probes.strangers import nowhere_of
from batten.live.reading import content_of
from batten.live.rebinding import exposed, rebound
from batten.live.refusals import granted
from batten.live.survey import Call, Survey

MOST = 4  # calls that are tried
_SAYS_LITTLE = re.compile(
    r"(?i)/(?:health\w*|ready\w*|live\w*|ping|status|version|info|openapi\.\w+|docs)/?$"
)


def plan(survey: Survey) -> Iterator[Probe]:
    """An API that requires credentials for some of its operations has decided that the others are public."""
    if any(call.secured for call in (*survey.calls, *survey.writes)):
        return
    calls = [c for c in survey.calls if c.method == "GET" and not _SAYS_LITTLE.search(c.template)]
    if calls and survey.environment.url.startswith("http://"):
        yield Probe("DNS rebinding", _rebinding(survey, calls[:MOST]))


def _rebinding(survey: Survey, calls: list[Call]) -> Steps:
    """One answer with data is enough: what checks names does so for all paths."""
    for call in calls:
        own = yield from attempt(replace(survey.get(call.path, call.headers), anonymous=True))
        if isinstance(own, NotAnswered):
            return [own]
        if not _data(own):
            continue
        found: list[Fact | NotAnswered] = [*(yield from rebound(own, _data))]
        if found and not (yield from _anything(survey, call, own)):
            return found
    return []


def _data(response: Response) -> bool:
    """Content of an API that is more than an empty list or a refusal."""
    return (
        exposed(response)
        and content_of(response) is Content.API
        and len(response.body.strip()) > len(b"[{}]")
        and granted(response)
    )


def _anything(survey: Survey, call: Call, own: Response) -> Generator[Question, Answer, bool]:
    """Whether a path that nobody has is answered in the same way."""
    nowhere = yield from attempt(replace(survey.get(nowhere_of(call.path)), anonymous=True))
    return isinstance(nowhere, Response) and alike(own, nowhere)
