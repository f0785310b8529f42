"""From elasticsearch.yml to what the server is to others.

Source: https://www.elastic.co/docs/reference/elasticsearch/configuration-reference/security-settings. Security is on since 8.0 and
off before, unless the file says otherwise; HTTP has TLS where `xpack.security.http.ssl.enabled` says so. The audit log is off by
default and needs a paid subscription (https://www.elastic.co/docs/deploy-manage/security/logging-configuration/enabling-audit-logs):
that a file repeats the default says something where the file also says what is to be audited.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import Setting
from batten.technologies.shared.settings import search
from batten.technologies.shared.settings.offers import (
    not_logged,
    plain_without,
    secrets,
    tls_listener,
    unverified,
)
from batten.technologies.shared.settings.settings import Settings

_SSL = "xpack.security.http.ssl"
_AUDIT = "xpack.security.audit.enabled"
_PASSWORDS = (
    "keystore.password",
    "truststore.password",
    "keystore.key_password",
    "ssl.key_passphrase",
    "auth.password",
    "bind_password",
    "smtp.password",
)


def store(settings: Settings, service: str = "") -> Store:
    tls = settings.truth(f"{_SSL}.enabled", False)
    # False where security is off, and where anonymous clients have a role.
    roles = settings.words("xpack.security.authc.anonymous.roles")
    on = settings.truth("xpack.security.enabled", settings.by_version((8,), True, False))
    anonymous = roles.known(()) != () and on.known(True) is True
    return Store(
        settings.at,
        product="elasticsearch",
        authentication=Setting(False, roles.at) if anonymous else on,
        addresses=search.addresses(settings),
        port=settings.number("http.port", search.PORT),
        version=settings.version,
        tls=tls,
        plain=plain_without(tls),
        dangerous=tuple(search.dangerous(settings)),
        service=service,
        configured_by=(settings.path,),
    )


def facts(settings: Settings) -> Iterator[Fact]:
    """What TLS offers, whether nodes verify each other, origins, and passwords that are written out."""
    yield from tls_listener(
        settings, _SSL, f"{_SSL}.supported_protocols", f"{_SSL}.cipher_suites", search.PORT
    )
    for given in settings.found.values():
        if (
            given.key.endswith("verification_mode")
            and not given.key.startswith(_SSL)
            and given.value == "none"
        ):
            peer = Peer.CLUSTER if "transport" in given.key else Peer.ANY
            yield from unverified(Setting(False, given.at), peer)
    yield from search.origins(settings)
    audit = settings.truth(_AUDIT)
    if audit.known(True) is False and any(g.key != _AUDIT for g in settings.below("xpack.security.audit.")):
        yield not_logged(audit.at)
    yield from secrets(g for g in settings.found.values() if g.key.endswith(_PASSWORDS))
