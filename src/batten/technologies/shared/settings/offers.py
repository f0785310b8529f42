"""Facts that servers with keyed files have in common: credentials that are written out, what TLS offers, clients that verify
no certificate, origins that may read answers, and switches that should be off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from batten.controls.directives import DIRECTIVES
from batten.facts import AccessLog, CorsPolicy, Listener, OriginRule, Secret, SentHeader, Verifying
from batten.facts.application import Peer
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch, Unknown
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import Place
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.tls import between, openssl_suite, version_named


def secrets(given: Iterable[Entry], kind: str = "password") -> Iterator[Secret]:
    """The settings, known to hold a credential each, that have one written out."""
    for one in given:
        if one.templated or credentials.placeholder(one.value) or _authorities(one):
            continue
        held = credentials.found(one.key, one.value, Place.CONSUMED)
        yield credentials.in_config(one.at, one.key, held or kind)


def _authorities(given: Entry) -> bool:
    """Whether it opens Java's own store of authorities, which holds certificates alone, with the password that it is shipped with
    (https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html, cacerts)."""
    key = given.key.lower().replace("_", "")
    return given.value == "changeit" and "truststore" in key


def only(name: str, value: Setting[str]) -> dict[str, SentHeader]:
    """One header of answers: of the others nothing is known."""
    others = {row.header.lower(): SentHeader(Setting(UNKNOWN, value.at)) for row in DIRECTIVES}
    return {**others, name: SentHeader(value)}


def signing(given: Iterable[Entry]) -> Iterator[Secret]:
    """The settings that hold a key with which the server signs or encrypts, where one is written out."""
    for one in given:
        if not one.templated and not credentials.placeholder(one.value):
            held = credentials.found("SECRET_KEY", one.value, Place.CONSUMED) or credentials.Found(
                "key", signs=True
            )
            yield credentials.in_config(one.at, one.key, held)


def unverified(on: Setting[bool], peer: Peer = Peer.ANY) -> Iterator[Verifying]:
    """A client of the server's own whose verification of certificates is off."""
    if on.written and on.known(True) is False:
        yield Verifying(on.at, on, peer)


def versions(words: Setting[tuple[str, ...]]) -> Setting[tuple[str, ...]]:
    """TLS versions by the facts' names; UNKNOWN where a word is no version."""
    named = tuple(version_named(word) for word in words.known(()))
    value = named if named and all(named) else UNKNOWN
    return Setting(value if words.written else words.value, words.at, UNKNOWN)


def from_version(lowest: Setting[str]) -> Setting[tuple[str, ...]]:
    """The versions from a lowest one on."""
    low = version_named(lowest.known(""))
    return Setting(between(low, "TLSv1.3") if low else UNKNOWN, lowest.at)


def ciphers(settings: Settings, key: str, separator: str = ",") -> Setting[str] | None:
    """A list of suites, by OpenSSL's names; None where none is written."""
    given = settings.found.get(key)
    if given is None or not given.value.strip():
        return None
    words = (word.strip() for word in given.value.split(separator))
    value = ":".join(openssl_suite(word) for word in words if word)
    return Setting(UNKNOWN if given.templated else value, given.at)


def listener(
    at: Location, protocols: Setting[tuple[str, ...]] | None, suites: Setting[str] | None, port: int = 0
) -> Iterator[Listener]:
    """A port with TLS, where the file says with which versions or suites."""
    if protocols is not None or suites is not None:
        yield Listener(
            at,
            address=Setting(UNKNOWN, at),
            port=Setting(port or UNKNOWN, at),
            tls=Setting(True, at),
            protocols=protocols,
            ciphers=suites,
            http=False,
        )


def tls_listener(
    settings: Settings, within: str, protocols: str, suites: str, port: int
) -> Iterator[Listener]:
    """A port with TLS, by the keys of its versions and its suites, which are missing below `within`."""
    words = settings.words(protocols)
    offered = versions(words) if words.written else None
    return listener(settings.missing(within), offered, ciphers(settings, suites), port)


def plain_without(tls: Setting[bool]) -> Setting[bool]:
    """Whether a server with one port admits connections without TLS."""
    return Setting(UNKNOWN if not tls.is_known else not tls.known(False), tls.at)


def switched_on(settings: Settings, switches: Mapping[str, Switch]) -> Iterator[Setting[Switch]]:
    """The keys that are on and should be off."""
    for key, switch in switches.items():
        given = settings.truth(key, False)
        if given.known(False):
            yield Setting(switch, given.at)


def cors_policy(
    at: Location, rules: tuple[OriginRule, ...] | Unknown, credentials: Setting[bool] | None = None
) -> CorsPolicy:
    """Pages of these origins may read answers; the server lists no methods and no headers."""
    return CorsPolicy(
        at,
        origins=Setting(rules, at),
        credentials=Setting(UNKNOWN, at) if credentials is None else credentials,
        methods=Setting(ABSENT, at),
        headers=Setting(ABSENT, at),
        varies=Setting(True, at),
    )


def not_logged(at: Location) -> AccessLog:
    """Requests are not logged."""
    return AccessLog(at, Setting(False, at), Setting(UNKNOWN, at))
