"""From zoo.cfg to what the server is to others.

Source: https://zookeeper.apache.org/doc/r3.9.3/zookeeperAdmin.html. Sessions need no credential unless SASL or
`enforce.auth.enabled` requires one; the port for TLS requires a client certificate unless `ssl.clientAuth` is `none` or `want`. The
AdminServer listens on 0.0.0.0:8080 since 3.5 where it finds Jetty: in Apache's distribution it does, in Debian's package not.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import secrets, switched_on, tls_listener, unverified
from batten.technologies.shared.settings.settings import Settings, listed
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 2181
_ASKING = ("sessionRequireClientSASLAuth", "enforce.auth.enabled")
_SECRETS = (
    "ssl.keyStore.password",
    "ssl.trustStore.password",
    "ssl.quorum.keyStore.password",
    "ssl.quorum.trustStore.password",
)
_NAMES = ("ssl.hostnameVerification", "ssl.quorum.hostnameVerification")


def store(settings: Settings, service: str = "") -> Store:
    plain, secure = settings.number("clientPort"), settings.number("secureClientPort")
    local = "clientPort" not in settings.found and "secureClientPort" in settings.found
    at = (plain if plain.written or not secure.written else secure).at
    key = "secureClientPortAddress" if local else "clientPortAddress"
    address = settings.found.get(key)
    if address is None:
        addresses: Setting[tuple[str, ...]] = settings.absent(key, ("0.0.0.0",))
    else:
        addresses = Setting(UNKNOWN if address.templated else (address.value,), address.at)
    dangerous = list(switched_on(settings, {"skipACL": Switch.SKIP_ACL}))
    commands = settings.word("4lw.commands.whitelist", "srvr")
    if "*" in listed(commands.known("")):
        dangerous.append(Setting(Switch.FOUR_LETTER_COMMANDS, commands.at))
    return Store(
        settings.at,
        product="zookeeper",
        authentication=_authentication(settings, local),
        addresses=addresses,
        port=Setting(plain.known(0) or secure.known(0) or UNKNOWN, at),
        version=settings.version,
        tls=Setting(True, secure.at) if secure.written else settings.absent("secureClientPort", False),
        plain=Setting(True, plain.at) if plain.written else settings.absent("clientPort", False),
        dangerous=tuple(dangerous),
        service=service,
        configured_by=(settings.path,),
    )


def _authentication(settings: Settings, secure_only: bool) -> Setting[bool]:
    for key in _ASKING:
        asks = settings.truth(key, False)
        if asks.written and asks.value is not False:
            return asks
    if secure_only:
        mode = settings.word("ssl.clientAuth", "need")
        return Setting(UNKNOWN if not mode.is_known else mode.known("").lower() == "need", mode.at)
    return settings.absent("enforce.auth.enabled", False)


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS, whether servers verify each other's names, the AdminServer and the metrics, and passwords that are written out."""
    protocols = "ssl.enabledProtocols" if "ssl.enabledProtocols" in settings.found else "ssl.protocol"
    yield from tls_listener(settings, "ssl", protocols, "ssl.ciphersuites", 2281)
    for key in _NAMES:
        yield from unverified(settings.truth(key, True), Peer.CLUSTER)
    yield from _admin(settings)
    yield from secrets(g for g in settings.found.values() if g.key in _SECRETS)


def _admin(settings: Settings) -> Iterator[Feature]:
    """Pages without a login that show settings, connections and watches."""
    asked = any(key in settings.found for key in ("admin.serverAddress", "admin.serverPort"))
    on = settings.truth("admin.enableServer", True if asked else settings.by_version((3, 5), True, False))
    address = settings.word("admin.serverAddress", "0.0.0.0")
    if on.known(False) and address.is_known and not is_loopback(address.known("")):
        at = address.at if address.written or not on.written else on.at
        yield Feature(at, Switch.METRICS, Setting(True, at), "ZooKeeper's AdminServer")
    provider, host = (
        settings.word("metricsProvider.className"),
        settings.word("metricsProvider.httpHost", "0.0.0.0"),
    )
    if provider.known("").endswith("PrometheusMetricsProvider") and not is_loopback(host.known("127.0.0.1")):
        at = host.at if host.written else provider.at
        yield Feature(at, Switch.METRICS, Setting(True, at), "the Prometheus endpoint")
