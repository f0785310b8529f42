"""The TLS listener and its certificate."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from batten.facts import Fact, Listener
from batten.live.certificate import certificate_fact
from batten.live.exchange import NotAnswered, Probe, Steps, TlsAnswer, TlsHello, greet
from batten.live.suites import suite_name
from batten.live.survey import Survey
from batten.model import Exchange, Kind, Location, Setting


def plan(survey: Survey) -> Iterator[Probe]:
    seen: set[tuple[str, int]] = set()
    for url in (survey.environment.url, *survey.environment.assets):
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 443)
        if parts.scheme == "https" and place not in seen:
            seen.add(place)
            yield Probe(f"TLS of {place[0]}:{place[1]}", _tls(*place, survey.environment.ca))


def _tls(host: str, port: int, ca: str) -> Steps:
    answer = yield from greet(TlsHello(host, port))
    evidence = _evidence(host, answer)

    def at(pointer: str) -> Location:
        return Location(f"https://{host}:{port}", pointer, kind=Kind.WIRE, exchange=evidence)

    found: list[Fact | NotAnswered] = [
        _listener(host, port, answer, at("TLS handshake"), at("TLS handshake/protocols"))
    ]
    try:
        found.append(certificate_fact(host, answer, at("TLS handshake/certificate"), ca))
    except NotAnswered as error:
        found.append(error)
    if answer.unclear:
        found.append(NotAnswered(f"no answer to a hello of {', '.join(answer.unclear)}"))
    return found


def _listener(host: str, port: int, answer: TlsAnswer, at: Location, protocols: Location) -> Listener:
    versions = tuple(a.version for a in answer.accepted)
    # TLS 1.3 suites are all fit; the order is that of the server's choice.
    suites = tuple(dict.fromkeys(suite_name(s) for a in answer.accepted for s in a.suites))
    return Listener(
        at,
        Setting(host, at),
        Setting(port, at),
        Setting(True, at),
        (host,),
        protocols=Setting(versions, protocols),
        suites=suites,
    )


def _evidence(host: str, answer: TlsAnswer) -> Exchange:
    told = "\n".join(
        f"{a.version}: {', '.join(suite_name(s) for s in a.suites)}" for a in reversed(answer.accepted)
    )
    refused = f"\nrefused: {', '.join(answer.refused)}" if answer.refused else ""
    trust = f"\nverification: {answer.verification or 'trusted'}" if answer.judged else ""
    asked = f"ClientHellos for {host}, one version at a time, the suite that was chosen left out of the next"
    return Exchange(asked, told + refused + trust)
