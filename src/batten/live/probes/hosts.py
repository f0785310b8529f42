"""Whether answers are built of the name that a client calls the API by. The query is one that nobody sends, so that no
cache gives such an answer to anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.facts import Fact, Feature
from batten.live.evidence import sight
from batten.live.exchange import Headers, NotAnswered, Probe, Response, Steps, attempt
from batten.live.origins import STRANGER
from batten.live.survey import NOWHERE, Survey
from batten.model import Setting

MOST = 4  # calls that are made under another name
NAME = f"batten.{STRANGER}"
_WAYS: tuple[Headers, ...] = ((("Host", NAME),), (("X-Forwarded-Host", NAME),))


def plan(survey: Survey) -> Iterator[Probe]:
    calls = [call.path for call in survey.calls]
    paths = (survey.prefix + "/", *calls[:MOST], *(f"{p.partition('?')[0]}/" for p in calls[:1]))
    unshared = (f"{p}{'&' if '?' in p else '?'}{NOWHERE}" for p in dict.fromkeys(paths))
    yield Probe("forged names of the host", _forged(survey, tuple(unshared)))


def _forged(survey: Survey, paths: tuple[str, ...]) -> Steps:
    """A link or a redirect that leads to the name of a stranger; an echo of the header is none. One is enough."""
    found: list[Fact | NotAnswered] = []
    for headers in _WAYS:
        for path in paths:
            response = yield from attempt(survey.get(path, headers))
            if isinstance(response, NotAnswered):
                found.append(response)
            elif fact := _believed(response, headers[0][0]):
                found.append(fact)
                break
    return found


def _believed(response: Response, by: str) -> Feature | None:
    """Only the client itself is sent astray by its own Host; a header that it may add, and a link in a body that
    goes into mails and caches, are worse."""
    at = sight(response).at(f"response with {by}")
    target = urlsplit(response.header("location"))
    if target.hostname == NAME:
        # To the same place over TLS: what that answers under the name is another question.
        if target.scheme == "https" and response.request.url.startswith("http://"):
            return None
        if by == "Host":
            return Feature(at, "host-redirect", Setting(True, at), f"Host: {NAME}")
        return Feature(at, "host-check", Setting(False, at), f"{by}: {NAME} decides where a redirect leads")
    if response.status < 400 and f"//{NAME}" in response.text.replace("\\/", "/"):
        return Feature(at, "host-check", Setting(False, at), f"{by}: {NAME} comes back in a link")
    return None
