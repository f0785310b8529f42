"""What TLS listeners take, and their certificates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from batten.facts import Fact, Listener, PlainAnswer, Store, TlsOffer, TlsTraits
from batten.live.exchange import (
    LeftAlone,
    NotAnswered,
    NoTls,
    Probe,
    Request,
    Steps,
    TlsAnswer,
    TlsHello,
    attempt,
    greet,
)
from batten.live.probes.ftp import anonymous
from batten.live.survey import Survey
from batten.live.tls import mozilla
from batten.live.tls.certificate import certificate_fact
from batten.live.tls.services import Service, complaint, service
from batten.live.tls.suites import suite_name
from batten.model import Exchange, Kind, Location, Setting

# Products that begin in clear text, and by whose rules they go on (live.tls.starttls).
_BEGUN = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "nats": "nats"}


def plan(survey: Survey) -> Iterator[Probe]:
    seen: set[tuple[str, int]] = set()
    for url in (survey.environment.url, *survey.environment.assets):
        parts = urlsplit(url)
        place = (parts.hostname or "", parts.port or 443)
        if parts.scheme == "https" and place not in seen:
            seen.add(place)
            yield Probe(
                f"TLS of {place[0]}:{place[1]}", tls_of(TlsHello(*place), survey.environment.ca, url=url)
            )
    for entry in survey.environment.tls:
        named = service(entry)
        if named is None:
            yield Probe("a port with TLS", _cannot(complaint(entry)))
        elif (named.host, named.port) not in seen:
            seen.add((named.host, named.port))
            yield Probe(f"TLS of {named.source}", _service(named, survey.environment.ca))
            if named.scheme in ("ftp", "ftps"):
                yield Probe(f"anonymous log-in of {named.source}", anonymous(named))
            else:
                # What is not asked at a port that is assessed for its TLS alone.
                if named.scheme == "tls":
                    what = f"HTTP and log-ins at {named.host}:{named.port}"
                    reason = (
                        "the port is assessed for its TLS only: which protocol it uses over TLS is not known"
                    )
                else:
                    what = f"log-in of {named.scheme.upper()} at {named.host}:{named.port}"
                    reason = "the port is assessed for its TLS only"
                yield Probe(
                    *(
                        what,
                        _not_asked(
                            reason, "name its protocol, as in https://host:port, or check its log-in by hand"
                        ),
                    )
                )


def _not_asked(reason: str, hint: str) -> Steps:
    yield from ()
    raise LeftAlone(reason, hint)


def _cannot(reason: str) -> Steps:
    """A port that is named but not understood is never silently passed."""
    yield from ()  # a generator fails when it is asked, not when it is planned
    raise NotAnswered(reason)


def _service(named: Service, ca: str) -> Steps:
    hello = TlsHello(named.host, named.port, starttls=named.begun, http=False)
    try:
        return (yield from tls_of(hello, ca, named.source))
    except NoTls as error:
        evidence = Exchange(f"the STARTTLS dialogue of {named.begun}", str(error))
        at = Location(named.source, "STARTTLS", kind=Kind.WIRE, exchange=evidence)
        return [
            PlainAnswer(
                at,
                url=named.source,
                status=0,
                redirects_to_tls=False,
                content=True,
                protocol=named.begun.upper(),
            )
        ]


def tls_of(hello: TlsHello, ca: str = "", source: str = "", url: str = "") -> Steps:
    """What a port takes of TLS, and each certificate that it shows. `source` is the port's name in findings, and
    `url` is asked for where HTTP/3 is announced (Alt-Svc, RFC 7838)."""
    answer = yield from greet(hello)
    if url:
        reply = yield from attempt(Request("GET", url, anonymous=True))
        if not isinstance(reply, NotAnswered):
            announced = "h3=" in reply.header("alt-svc")
            answer = replace(answer, traits=replace(answer.traits, announces_http3=announced))
    told = [f"{a.version}: {', '.join(suite_name(s) for s in a.suites)}" for a in reversed(answer.accepted)]
    if answer.refused:
        told.append(f"refused: {', '.join(answer.refused)}")
    told += _traits(answer.traits)
    told.append(f"Mozilla's guidelines {mozilla.VERSION}: {mozilla.measured(answer)}")
    told += [f"verification: {s.verification or 'trusted'}" for s in answer.shown if s.judged]
    begun = f" after STARTTLS ({hello.starttls})" if hello.starttls else ""
    asked = f"ClientHellos for {hello.server_name or hello.host}{begun}, one TLS version at a time; each ClientHello omits the suites selected before"
    host, evidence = hello.server_name or hello.host, Exchange(asked, "\n".join(told))
    source = source or f"https://{hello.host}:{hello.port}"

    def at(pointer: str) -> Location:
        return Location(source, pointer, kind=Kind.WIRE, exchange=evidence)

    found: list[Fact | NotAnswered] = [
        *_negotiated(hello, answer, at("TLS handshake"), at("TLS handshake/protocols"))
    ]
    for number, shown in enumerate(answer.shown):
        pointer = f"TLS handshake/certificate{f' {number + 1}' if number else ''}"
        try:
            found.append(certificate_fact(host, shown, at(pointer), ca))
        except NotAnswered as error:
            found.append(error)
    return [*found, *(NotAnswered(reason) for reason in answer.unclear)]


def after_store(steps: Steps, host: str, port: int, source: str, ca: str) -> Steps:
    """A store's probe, and then the TLS of its port where that was seen."""
    found = list((yield from steps))
    store = next(
        (f for f in found if isinstance(f, Store) and f.tls is not None and f.tls.known(False)), None
    )
    if store is not None:
        begun = _BEGUN.get(store.product, "")
        try:
            found += yield from tls_of(TlsHello(host, port, starttls=begun, http=False), ca, source)
        except NotAnswered as error:
            found.append(error)
    return found


def _negotiated(hello: TlsHello, answer: TlsAnswer, at: Location, protocols: Location) -> Iterator[Fact]:
    versions = tuple(a.version for a in answer.accepted)
    suites = tuple(dict.fromkeys(suite_name(s) for a in answer.accepted for s in a.suites))
    yield Listener(
        at,
        address=Setting(hello.host, at),
        port=Setting(hello.port, at),
        tls=Setting(True, at),
        names=(hello.host,),
        protocols=Setting(versions, protocols),
        suites=suites,
        http=hello.http,
    )
    yield TlsOffer(
        at, host=hello.host, port=hello.port, protocols=versions, suites=suites, traits=answer.traits
    )


def _traits(traits: TlsTraits) -> Iterator[str]:
    if traits.groups:
        yield f"groups: {', '.join(traits.groups)}"
    if traits.dh_bits:
        yield f"finite field of DHE: {traits.dh_bits} bits"
    for words, value in (
        ("the server enforces its own order of suites", traits.server_preference),
        ("TLS compression", traits.compression),
        ("secure renegotiation", traits.secure_renegotiation),
        ("renegotiation by clients", traits.client_renegotiation),
        ("fallback SCSV", traits.fallback_scsv),
        ("extended master secret", traits.extended_master_secret),
        ("session tickets", traits.tickets),
        ("OCSP stapling", traits.stapling),
        ("client certificate requested", traits.asks_certificate),
        ("HTTP/2 supported", traits.http2),
        ("HTTP/3 announced", traits.announces_http3),
    ):
        if value is not None:
            yield f"{words}: {'yes' if value else 'no'}"
    for words, names in (("ALPN", traits.protocols), ("QUIC", traits.quic)):
        if names:
            yield f"{words}: {', '.join(names)}"
    if traits.without_name:
        yield f"a ClientHello without SNI gets {traits.without_name}".replace("gets refused", "is refused")
