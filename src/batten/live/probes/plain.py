"""What the plain-HTTP address answers with: the API, and the static assets beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from batten.facts import Fact, PlainAnswer, ResponseHeaders
from batten.live.evidence import sight
from batten.live.exchange import Probe, Request, Steps, ask
from batten.live.reading import facts_of, plain_fact
from batten.live.survey import Survey


def plan(survey: Survey) -> Iterator[Probe]:
    environment = survey.environment
    if environment.plain:
        base = environment.plain.rstrip("/")
        paths = ["/", *(call.path for call in survey.calls if call.method == "GET")]
        for path in dict.fromkeys(paths):
            yield Probe(f"plain HTTP {path}", _plain(base + path, asset=False))
    for url in environment.assets:
        if url.startswith("http://"):
            yield Probe(f"plain HTTP assets {url}", _plain(url, asset=True))


def _plain(url: str, asset: bool) -> Steps:
    """Asked without credentials: they have no business on a plain connection."""
    response = yield from ask(Request("GET", url, anonymous=True))
    seen = sight(response)
    fact = plain_fact(seen)
    others = [f for f in facts_of(response) if not isinstance(f, PlainAnswer)]
    if fact.redirects_to_tls:
        # Who asks in clear text is sent on, and whoever sits between can send him anything: headers protect nobody.
        others = [f for f in others if not isinstance(f, ResponseHeaders)]
    # A page of text under an asset's base URL is an asset too.
    found: list[Fact] = [replace(fact, asset=True) if asset or _names_asset(url) else fact]
    return [*found, *others]


def _names_asset(url: str) -> bool:
    suffix = urlsplit(url).path.rpartition(".")[2].lower()
    return suffix in ("png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "css", "js", "woff", "woff2", "pdf")
