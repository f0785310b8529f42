"""From opensearch.yml to what the server is to others.

Source: https://docs.opensearch.org/latest/security/configuration/yaml/. The security plugin, which the distribution ships, requires
a login unless `plugins.security.disabled` is on, or `plugins.security.ssl_only`, which leaves TLS alone
(https://docs.opensearch.org/latest/security/audit-logs/standalone/); HTTP has TLS where `plugins.security.ssl.http.enabled` says so.
The names of Open Distro, `opendistro_security.`, mean the same while the plugin falls back to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.settings import search
from batten.technologies.shared.settings.offers import (
    plain_without,
    secrets,
    switched_on,
    tls_listener,
    unverified,
)
from batten.technologies.shared.settings.settings import Settings

_PLUGIN = "plugins.security"
_HTTP = f"{_PLUGIN}.ssl.http"
_LEGACY = "opendistro_security"
_PASSWORDS = ("keystore_password", "truststore_password", "keystore_keypassword", "pemkey_password")


def complete(settings: Settings) -> Settings:
    """The settings by today's names, where the file has those of Open Distro."""
    older = [g for g in settings.entries if g.key.startswith(f"{_LEGACY}.")]
    named = (replace(g, key=_PLUGIN + g.key.removeprefix(_LEGACY)) for g in older)
    return settings.with_entries((*named, *settings.entries)) if older else settings


def store(settings: Settings, service: str = "") -> Store:
    settings = complete(settings)
    tls = settings.truth(f"{_HTTP}.enabled", False)
    demo = {f"{_PLUGIN}.allow_unsafe_democertificates": Switch.DEMO_CERTIFICATES}
    return Store(
        settings.at,
        product="opensearch",
        authentication=_authentication(settings),
        addresses=search.addresses(settings),
        port=settings.number("http.port", search.PORT),
        version=settings.version,
        tls=tls,
        plain=plain_without(tls),
        dangerous=(*search.dangerous(settings), *switched_on(settings, demo)),
        service=service,
        configured_by=(settings.path,),
    )


def _authentication(settings: Settings) -> Setting[bool]:
    for key in ("disabled", "ssl_only"):
        off = settings.truth(f"{_PLUGIN}.{key}", False)
        if off.known(True):  # not known: nothing is said
            return Setting(False if off.is_known else UNKNOWN, off.at)
    written = settings.truth(f"{_PLUGIN}.disabled")
    return Setting(True, written.at) if written.written else settings.absent(f"{_PLUGIN}.disabled", True)


def facts(settings: Settings) -> Iterator[Fact]:
    """What TLS offers, whether nodes verify each other's names, origins, and passwords that are written out."""
    settings = complete(settings)
    yield from tls_listener(
        settings, _HTTP, f"{_HTTP}.enabled_protocols", f"{_HTTP}.enabled_ciphers", search.PORT
    )
    if (
        f"{_PLUGIN}.nodes_dn" not in settings.found
    ):  # the subjects of nodes' certificates, which are compared instead
        yield from unverified(
            settings.truth(f"{_PLUGIN}.ssl.transport.enforce_hostname_verification", True), Peer.CLUSTER
        )
    yield from search.origins(settings)
    yield from secrets(g for g in settings.found.values() if g.key.endswith(_PASSWORDS))
