"""From a member's settings to what it is to others.

Defaults (https://etcd.io/docs/v3.6/op-guide/configuration/, and `etcd --help` of 3.5.16): it listens on localhost, ports 2379
and 2380, over plain HTTP; no certificate of clients or peers is required; TLS 1.2 or newer since 3.5. Users are kept in the
store itself, so a listener over HTTPS may still require a password.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Peer, Store, Verifying
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.secrets import credentials, urls
from batten.technologies.shared.settings.settings import Settings, templated
from batten.technologies.shared.transport.tls import openssl_suite
from batten.technologies.shared.transport.upstreams import is_loopback, target_of

_CLIENTS, _PEERS = "http://localhost:2379", "http://localhost:2380"
# What the rows judge, with the default of 3.5 and later.
OPTIONS: dict[str, str] = {
    "listen-peer-urls": _PEERS,
    "peer-client-cert-auth": "false",
    "auto-tls": "false",
    "peer-auto-tls": "false",
    "enable-pprof": "false",
    "enable-v2": "false",
    "log-level": "info",
    "log-outputs": "default",
    "auth-token": "simple",
    "bcrypt-cost": "10",
    "unsafe-no-fsync": "false",
    "force-new-cluster": "false",
    "strict-reconfig-check": "true",
    "cors": "*",
    "host-whitelist": "*",
    "client-cert-auth": "false",
}
# Judged where they are written: their defaults are open, and few clusters of one application need another value.
_WRITTEN = ("auth-token", "cors", "host-whitelist")


def store(settings: Settings, at: Location, version: str = "", service: str = "") -> Store:
    """The member as its clients find it."""
    clients = settings.word("listen-client-urls", _CLIENTS)
    if not clients.is_known:
        addresses: Setting[tuple[str, ...]] = Setting(
            UNKNOWN if clients.written else ABSENT, clients.at, UNKNOWN
        )
    else:
        hosts = tuple(dict.fromkeys(target_of(u).host.strip("[]") for u in _words(clients)))
        addresses = Setting(hosts, clients.at) if clients.written else Setting(ABSENT, clients.at, hosts)
    found = settings.found.get("cipher-suites")
    if found is None or not found.value:
        ciphers: Setting[str] | None = None
    elif templated(found.value):
        ciphers = Setting(UNKNOWN, found.at)
    else:
        ciphers = Setting(":".join(openssl_suite(name.strip()) for name in found.value.split(",")), found.at)
    # Plain HTTP beyond loopback admits everyone; a certificate of clients is a login; else users may be in the store.
    remote = _remote(clients)
    if any(u.startswith("http://") for u in remote):
        authentication: Setting[bool] = Setting(False, clients.at)
    else:
        asked = settings.word("client-cert-auth", "false")
        if remote and asked.known("").lower() == "true":
            authentication = Setting(True, asked.at)
        else:
            authentication = Setting(UNKNOWN, asked.at)
    return Store(
        at,
        product="etcd",
        authentication=authentication,
        addresses=addresses,
        port=_port(clients),
        version=version,
        tls=_any(clients, "https"),
        plain=_plain(clients),
        ciphers=ciphers,
        options=dict(_options(settings)),
        service=service,
        configured_by=settings.sources,
    )


def _options(settings: Settings) -> Iterator[tuple[str, Setting[str]]]:
    for name, default in OPTIONS.items():
        setting = settings.word(name, default)
        if name == "peer-client-cert-auth" and "https://" not in (
            settings.known("listen-peer-urls", _PEERS) or ""
        ):
            continue  # without TLS there is no certificate
        if setting.written or name not in _WRITTEN:
            yield name, setting


def _words(urls_: Setting[str]) -> list[str]:
    return [u.strip() for u in urls_.known("").split(",") if u.strip()]


def _remote(urls_: Setting[str]) -> list[str]:
    return [u for u in _words(urls_) if not is_loopback(target_of(u).host)]


def _port(clients: Setting[str]) -> Setting[int]:
    for url in _words(clients):
        port = target_of(url).port
        if port.isdecimal():
            return (
                Setting(int(port), clients.at) if clients.written else Setting(ABSENT, clients.at, int(port))
            )
    return Setting(UNKNOWN, clients.at)


def _any(urls_: Setting[str], scheme: str) -> Setting[bool]:
    if not urls_.is_known:
        return Setting(UNKNOWN, urls_.at)
    found = any(u.startswith(f"{scheme}://") for u in _words(urls_))
    return Setting(found, urls_.at) if urls_.written else Setting(ABSENT, urls_.at, found)


def _plain(clients: Setting[str]) -> Setting[bool]:
    """A listener on loopback is for programs of the machine."""
    if not clients.is_known:
        return Setting(UNKNOWN, clients.at)
    found = any(u.startswith("http://") for u in _remote(clients))
    return Setting(found, clients.at) if clients.written else Setting(ABSENT, clients.at, found)


def beside_the_store(settings: Settings) -> Iterator[Fact]:
    """Metrics that anyone reads, credentials, members whose certificates are not verified, and the service that it finds them by."""
    metrics = settings.word("listen-metrics-urls", "")
    if any(u.startswith("http://") for u in _remote(metrics)):
        yield Feature(metrics.at, Switch.METRICS, Setting(True, metrics.at), "etcd's metrics endpoint")
    for name in ("experimental-peer-skip-client-san-verification", "peer-skip-client-san-verification"):
        given = settings.found.get(name)
        if given is not None and given.value.lower() == "true":
            yield Verifying(given.at, Setting(False, given.at), Peer.CLUSTER)
    discovery = settings.found.get("discovery")
    if discovery is not None:
        found = urls.connection("cluster", discovery.value, discovery.at)
        if found is not None:
            yield found

    for given in settings.entries:
        # Of tokens `auth-token` says the kind, and which files sign them.
        held = None if given.key == "auth-token" else credentials.found(given.key, given.value)
        if held is not None:
            yield credentials.in_config(given.at, given.key, held)
