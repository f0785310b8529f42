"""Facts that servers with keyed files have in common: credentials that are written out, what TLS offers, clients that verify
no certificate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from batten.controls.directives import DIRECTIVES
from batten.facts import Listener, Secret, SentHeader, Verifying
from batten.facts.application import Peer
from batten.model import UNKNOWN, Location, Setting
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.secrets.evidence import Place
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.tls import between, openssl_suite, version_named

__all__ = ["ciphers", "from_version", "listener", "only", "secrets", "signing", "unverified", "versions"]


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
