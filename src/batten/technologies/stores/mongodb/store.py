"""From mongod.conf to what the server is to others.

Source: https://www.mongodb.com/docs/manual/reference/configuration-options/. Nobody logs in unless `security.authorization` is on
or members of the cluster share a key; since 3.6 a server listens on loopback by default, before on every interface
(https://www.mongodb.com/docs/manual/release-notes/3.6-compatibility/). TLS 1.0 is off unless `net.tls.disabledProtocols` names
others; the names of older files, `noTLS1_0`, mean the same (src/mongo/util/net/ssl_options.cpp of its source).
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import listener, not_logged, secrets, switched_on, unverified
from batten.technologies.shared.settings.settings import Entry, Settings, listed

PORT = 27017
_VERSIONS = {"TLS1_0": "TLSv1", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}
_SECRETS = (
    "net.tls.certificateKeyFilePassword",
    "net.tls.clusterPassword",
    "net.ssl.PEMKeyPassword",
    "net.ssl.clusterPassword",
    "security.ldap.bind.queryPassword",
    "security.kmip.clientCertificatePassword",
)


def complete(settings: Settings) -> Settings:
    """Values that a program or a server gives when it starts (`__exec`, `__rest`) are not known."""
    outside = [g for g in settings.entries if g.key.endswith((".__exec", ".__rest"))]
    given = (*settings.entries, *(Entry(g.key.rpartition(".")[0], "\0", g.at, g.path) for g in outside))
    return settings.with_entries(given) if outside else settings


def store(settings: Settings, service: str = "") -> Store:
    settings = complete(settings)
    mode = settings.word("net.tls.mode" if "net.tls.mode" in settings.found else "net.ssl.mode", "disabled")
    word = mode.known("")
    tls, plain = (
        UNKNOWN if not word else word != "disabled",
        UNKNOWN if not word else not word.startswith("require"),
    )
    everywhere = settings.truth("net.bindIpAll", False)
    if everywhere.known(False):
        addresses: Setting[tuple[str, ...]] = Setting(("0.0.0.0",), everywhere.at)
    else:
        older = settings.since(3, 6) is False
        addresses = settings.words("net.bindIp", ("0.0.0.0",) if older else ("127.0.0.1",))
    return Store(
        settings.at,
        product="mongodb",
        authentication=_authentication(settings),
        addresses=addresses,
        port=settings.number("net.port", PORT),
        version=settings.version,
        tls=Setting(tls, mode.at) if mode.written else settings.absent("net.tls.mode", False),
        plain=Setting(plain, mode.at) if mode.written else settings.absent("net.tls.mode", True),
        dangerous=tuple(switched_on(settings, {"setParameter.enableTestCommands": Switch.TEST_COMMANDS})),
        service=service,
        configured_by=(settings.path,),
    )


def _authentication(settings: Settings) -> Setting[bool]:
    authorization = settings.word("security.authorization")
    transition = settings.truth("security.transitionToAuth", False)
    if transition.known(False):
        return Setting(False, transition.at)
    if authorization.written:
        on = authorization.known("")
        return Setting(on == "enabled" if on else UNKNOWN, authorization.at)
    for key in ("security.keyFile", "security.clusterAuthMode"):
        if key in settings.found:  # members that log in turn the logins of clients on
            return Setting(True, settings.found[key].at)
    return settings.absent("security.authorization", False)


def facts(settings: Settings) -> Iterator[Fact]:
    """What TLS offers, whether members verify each other, the log, and passwords that are written out."""
    for kind in ("tls", "ssl"):
        off = settings.found.get(f"net.{kind}.disabledProtocols")
        if off is not None and not off.templated:
            named = {word.removeprefix("no") for word in listed(off.value)}
            on = tuple(v for name, v in _VERSIONS.items() if name not in named)
            yield from listener(settings.missing("net.tls"), Setting(on, off.at), None, PORT)
        for key in ("allowInvalidCertificates", "allowInvalidHostnames"):
            allowed = settings.truth(f"net.{kind}.{key}", False)
            if allowed.known(False):
                yield from unverified(Setting(False, allowed.at), Peer.CLUSTER)
    quiet = settings.truth("systemLog.quiet", False)
    if quiet.known(False):
        yield not_logged(quiet.at)
    yield from secrets(g for g in settings.found.values() if g.key in _SECRETS)
