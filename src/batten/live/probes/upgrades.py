"""Whether a request over TLS may become HTTP/2 without TLS (h2c): then an edge forwards upgrades that it does not know, and what is
asked inside passes its rules unseen. RFC 7540, 3.2 has that upgrade for plain HTTP only, and RFC 9113 has none. Nothing is asked inside."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Feature
from batten.live.evidence import sight
from batten.live.exchange import Headers, Probe, Request, Response, Steps, ask, attempt
from batten.live.survey import UNDECODED, Survey
from batten.model import ABSENT, Setting, Switch

SECONDS = 5.0
# An empty SETTINGS payload, in base64url (RFC 7540, 3.2.1).
_UPGRADE: Headers = (("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", ""))


def plan(survey: Survey) -> Iterator[Probe]:
    if survey.origin.startswith("https://"):
        yield Probe("upgrade to h2c", _upgraded(survey))


def _upgraded(survey: Survey) -> Steps:
    url = survey.url("/")
    answer = yield from ask(Request("GET", url, _UPGRADE, anonymous=True, alone=True, seconds=SECONDS))
    if answer.status != 101 or "h2c" not in answer.header("upgrade").lower():
        return []
    ours = yield from attempt(survey.get("/"))
    first = yield from attempt(survey.at_root("/", target=UNDECODED))
    fronted = isinstance(ours, Response) and isinstance(first, Response) and _other(ours, first)
    what = "a request over TLS may upgrade to HTTP/2 without TLS (h2c), whose requests bypass every rule in front"
    at = sight(answer).at("response.headers[upgrade]")
    # Without a sign of an edge nothing is known to be bypassed: as little as what a vendor chose for every client.
    on: Setting[bool] = Setting(True, at) if fronted else Setting(ABSENT, at, True)
    return [Feature(at, Switch.INVALID_HEADERS, on, what)]


def _other(ours: Response, first: Response) -> bool:
    """Whether the server that refuses a target is another one than that which answers the root."""
    names = {answer.header("server") for answer in (ours, first)}
    return len(names) == 2 or bool(ours.header("via"))
