"""From opensearch.yml to what the server is to others.

Source: https://docs.opensearch.org/latest/security/configuration/yaml/. The security plugin, which the distribution ships, requires
a login unless `plugins.security.disabled` is on; HTTP has TLS where `plugins.security.ssl.http.enabled` says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies._settings import search
from batten.technologies._settings.offers import ciphers, listener, secrets, unverified, versions
from batten.technologies._settings.told import Told

_PLUGIN = "plugins.security"
_HTTP = f"{_PLUGIN}.ssl.http"
_PASSWORDS = ("keystore_password", "truststore_password", "keystore_keypassword", "pemkey_password")


def store(told: Told, service: str = "") -> Store:
    off, tls = told.truth(f"{_PLUGIN}.disabled", False), told.truth(f"{_HTTP}.enabled", False)
    asks = (
        Setting(not off.value, off.at) if isinstance(off.value, bool) else told.absent(off.at.pointer, True)
    )
    return Store(
        told.at,
        product="opensearch",
        authentication=Setting(UNKNOWN, off.at) if off.value is UNKNOWN else asks,
        addresses=search.addresses(told),
        port=told.number("http.port", search.PORT),
        version=told.version,
        tls=tls,
        plain=Setting(UNKNOWN if not tls.is_known else not tls.known(False), tls.at),
        dangerous=tuple(_dangerous(told)),
        service=service,
        configured_by=(told.path,),
    )


def _dangerous(told: Told) -> Iterator[Setting[Switch]]:
    yield from search.dangerous(told)
    demo = told.truth(f"{_PLUGIN}.allow_unsafe_democertificates", False)
    if demo.known(False):
        yield Setting(Switch.DEMO_CERTIFICATES, demo.at)


def facts(told: Told) -> Iterator[Fact]:
    """What TLS offers, whether nodes verify each other's names, origins, and passwords that are written out."""
    offered = told.words(f"{_HTTP}.enabled_protocols")
    protocols = versions(offered) if offered.written else None
    yield from listener(
        told.missing(_HTTP), protocols, ciphers(told, f"{_HTTP}.enabled_ciphers"), search.PORT
    )
    yield from unverified(
        told.truth(f"{_PLUGIN}.ssl.transport.enforce_hostname_verification", True), Peer.CLUSTER
    )
    yield from search.origins(told)
    yield from secrets(g for g in told.found.values() if g.key.endswith(_PASSWORDS))
