"""TLS: options with their versions and suites, certificates, and clients that trust whatever they meet.

Source: https://doc.traefik.io/traefik/reference/routing-configuration/http/tls/tls-options/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessRule, Certificate, Feature, Listener
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.containers.mounts import candidates
from batten.technologies.shared.transport.certificates import certificate_at
from batten.technologies.shared.transport.tls import between, openssl_suite, version_named

_WEAK_CLIENTS = {
    "requestclientcert": "clients without a certificate are admitted, and other certificates are not verified",
    "requireanyclientcert": "self-signed client certificates are accepted",
}


def options(whole: Configuration) -> Iterator[Listener]:
    for _, dynamic in whole.dynamics:
        if dynamic.source not in whole.silent:
            for option in dynamic.of("tls", "options").entries():
                found = listener_of(option)
                if found is not None:
                    yield found


def listener_of(option: Value) -> Listener | None:
    """What TLS options say about versions and suites; None when they say nothing."""
    lowest, highest, suites = option["minVersion"], option["maxVersion"], option["cipherSuites"]
    at = option.block
    protocols: Setting[tuple[str, ...]] | None = None
    if lowest.exists or highest.exists:
        low = version_named(lowest.word) if lowest.exists else "TLSv1.2"
        high = version_named(highest.word) if highest.exists else "TLSv1.3"
        place = lowest if lowest.exists else highest
        named = between(low, high) if low and high else UNKNOWN
        protocols = Setting((low,) if named == () else named, place.here)
    words = suites.words()
    ciphers: Setting[str] | None = None
    if words:
        where = suites.here if suites.items is None else suites.block
        named_suites = ":".join(openssl_suite(w) for w in words)
        ciphers = Setting(UNKNOWN if "\0" in words else named_suites, where)
    if protocols is None and ciphers is None:
        return None
    return Listener(
        at,
        address=Setting(UNKNOWN, at),
        port=Setting(443, at),
        tls=Setting(True, at),
        protocols=protocols,
        ciphers=ciphers,
    )


def client_rules(whole: Configuration) -> Iterator[AccessRule]:
    """Certificates of clients that are asked for and not verified, though an authority is named."""
    for _, dynamic in whole.dynamics:
        for option in dynamic.of("tls", "options").entries() if dynamic.source not in whole.silent else ():
            asked = option["clientAuth"]
            kind = asked["clientAuthType"]
            defeat = _WEAK_CLIENTS.get(kind.word.lower(), "")
            if defeat and asked["caFiles"].words():
                yield AccessRule(kind.here, f"`clientAuthType: {kind.word}`", defeat)


def certificates(whole: Configuration) -> Iterator[Certificate]:
    for _, dynamic in whole.dynamics:
        if dynamic.source in whole.silent:
            continue
        stores = dynamic.of("tls", "stores").entries()
        for pair in (*dynamic.of("tls", "certificates").each(), *(s["defaultCertificate"] for s in stores)):
            file = pair["certFile"]
            if file.word and "\n" not in file.word:
                places = candidates(file.word, file.source, whole.workspace)
                found = certificate_at(places, (), file.here, whole.workspace)
                if found is not None:
                    yield found


def trusting(root: Value) -> Iterator[Feature]:
    """Every `insecureSkipVerify` that is on, whosever client it is of."""
    for value in root.walk():
        if value.name.lower() == "insecureskipverify" and value.flag(value.here).known(False):
            yield Feature(value.here, Switch.VERIFY_TLS, Setting(False, value.here), value.pointer)
