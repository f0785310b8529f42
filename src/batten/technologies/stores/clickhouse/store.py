"""From ClickHouse's settings to what the server is to others.

Sources: https://clickhouse.com/docs/operations/server-configuration-parameters/settings, …/operations/settings/settings-users,
…/operations/ssl-zookeeper and programs/server/Server.cpp: without `listen_host` the server listens on loopback, and on the ports that
are written alone. A user whose password is empty, or who has `no_password`, needs none; `networks` says where from, and without it
from everywhere (src/Access/UsersConfigAccessStorage.cpp). Replicas fetch parts at `interserver_http_port`, with a password only where
`interserver_http_credentials` has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._guessing import well_known
from batten.facts import Fact, Feature, OriginKind, OriginRule, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.settings.offers import cors_policy, secrets, unverified
from batten.technologies.shared.settings.settings import Entry, Settings, listed

PORT = 8123
_LOOPBACK = ("127.", "localhost", "::1")
_PLAIN = ("http_port", "tcp_port", "mysql_port", "postgresql_port")
_SECURE = ("https_port", "tcp_port_secure")
_USER = re.compile(r"users\.([^.]+)\.(.+)")
_MEANS = re.compile(
    r"password\w*|ldap\.\w+|kerberos|kerberos\.\w+|ssl_certificates\.\w+|ssh_keys\..+|http_authentication\.\w+|jwt\..+"
)
_SECRET = re.compile(r"(?:^|\.)(?:password|secret|secret_access_key|account_key|bearer_token|key_hex)$")
_LOWEST = {"requireTLSv1": "TLSv1", "requireTLSv1_1": "TLSv1.1", "requireTLSv1_2": "TLSv1.2"}
_NETWORKS = ("networks.ip", "networks.host", "networks.host_regexp")
_HASHES = ("password_double_sha1_hex",)
# Of profiles, judged where they are written.
_LIMITS = ("max_memory_usage", "max_execution_time", "allow_introspection_functions")
_REPLICATED = ("zookeeper.", "keeper_server.")


def every(settings: Settings, key: str) -> list[Entry]:
    """All settings of a key: an element may be repeated, and a list holds words with commas between."""
    return [one for one in settings.entries if one.key == key and one.value]


def store(settings: Settings, service: str = "", users: bool = True) -> Store | None:
    """The server as its clients find it; None where the files say nothing of it. `users`: what they say of the first user counts."""
    # Whether something is said of listening, ports, users or TLS.
    names = ("listen_host", *_PLAIN, *_SECURE)
    says = settings.complete or any(
        g.key in names or g.key.startswith(("users.", "openSSL.", "profiles.")) for g in settings.entries
    )
    if not says:
        return None
    listed_ = settings.word("openSSL.server.cipherList")
    return Store(
        settings.at,
        product="clickhouse",
        authentication=_authentication(settings, users),
        addresses=_addresses(settings),
        port=_port(settings),
        version=settings.version,
        default_credentials=_default_credentials(settings),
        tls=_offered(settings, _SECURE),
        plain=_offered(settings, _PLAIN),
        protocols=_protocols(settings),
        ciphers=listed_ if listed_.known("") or not listed_.is_known else None,
        options=dict(_options(settings)),
        service=service,
        configured_by=settings.sources,
    )


def _addresses(settings: Settings) -> Setting[tuple[str, ...]]:
    hosts = every(settings, "listen_host")
    if not hosts:
        return settings.absent("listen_host", ("127.0.0.1", "::1"))
    words = tuple(word for one in hosts for word in listed(one.value))
    wide = next((one for one in hosts if not _loopback(one.value)), hosts[0])
    return Setting(UNKNOWN if any(one.templated for one in hosts) else words, wide.at)


def _loopback(host: str) -> bool:
    return host.strip("[]").startswith(_LOOPBACK)


def beyond(settings: Settings) -> bool:
    return any(not _loopback(word) for word in _addresses(settings).known(()))


def _port(settings: Settings) -> Setting[int]:
    for key in ("http_port", "tcp_port", *_SECURE):
        if key in settings.found:
            return settings.number(key)
    return Setting(ABSENT, settings.missing("http_port"), UNKNOWN)


def _offered(settings: Settings, keys: tuple[str, ...]) -> Setting[bool]:
    """Whether one of these ports is open; ports of their own may be below `protocols`."""
    opened = next((g for key in keys for g in every(settings, key)), None)
    if opened is not None:
        return Setting(True, opened.at)
    unsure = any(True for _ in settings.below("protocols."))
    return settings.absent(keys[0], UNKNOWN if unsure else False)


def accounts(settings: Settings) -> dict[str, dict[str, list[Entry]]]:
    """What is said of each user, by the name of the setting below."""
    found: dict[str, dict[str, list[Entry]]] = {}
    for one in settings.entries:
        named = _USER.fullmatch(one.key)
        if named is not None:
            found.setdefault(named[1], {}).setdefault(named[2], []).append(one)
    return found


def _authentication(settings: Settings, first: bool) -> Setting[bool]:
    """False where a user needs no password and may come from another machine."""
    asks: Setting[bool] | None = None
    for name, said in accounts(settings).items():
        if name == "default" and not first:
            continue
        if "no_password" in said:
            opened: Entry | None = said["no_password"][-1]
        else:
            opened = next((g for g in said.get("password", ()) if not g.value), None)
        if opened is not None and not opened.templated:
            networks = [g for key in _NETWORKS for g in said.get(key, ())]
            words = [word for g in networks for word in listed(g.value)]
            if not networks or any(not _loopback(word) for word in words):
                return Setting(False, opened.at)
        means = next((g for key, each in said.items() if _MEANS.fullmatch(key) for g in each), None)
        if asks is None and means is not None:
            asks = Setting(UNKNOWN if means.key.endswith("password") and means.templated else True, means.at)
    return asks or Setting(ABSENT, settings.missing("users"), UNKNOWN)


def _default_credentials(settings: Settings) -> Setting[bool] | None:
    for name, said in accounts(settings).items():
        for one in said.get("password", ()):
            if one.value and not one.templated and well_known(one.value, name):
                return Setting(True, one.at)
    return None


def _protocols(settings: Settings) -> Setting[tuple[str, ...]] | None:
    """The one version that is required, where one is (Poco's SSLManager)."""
    for key, version in _LOWEST.items():
        required = settings.truth(f"openSSL.server.{key}", False)
        if required.written and required.known(False):
            return Setting((version,), required.at)
    return None


def _options(settings: Settings) -> Iterator[tuple[str, Setting[str]]]:
    """What the rows judge."""
    if any(g.key.startswith(_REPLICATED) for g in settings.entries):
        plain = next(iter(every(settings, "interserver_http_port")), None)
        port = plain or next(iter(every(settings, "interserver_https_port")), None)
        if plain is not None:
            yield "interserver_http_port", plain.setting
        if port is not None:
            said = next(settings.below("interserver_http_credentials."), None)
            at = Location(port.at.source, "interserver_http_credentials", port.at.span, kind=port.at.kind)
            yield "interserver_http_credentials", said.setting if said is not None else Setting("", at)
    if "logger.level" in settings.found:
        yield "logger.level", settings.word("logger.level")
    for one in settings.found.values():
        name = one.key.rpartition(".")[2]
        if (one.key.startswith("profiles.") and name in _LIMITS and one.key.count(".") == 2) or (
            one.key.startswith("users.") and name in _HASHES
        ):
            yield name, one.setting


def facts(settings: Settings) -> Iterator[Fact]:
    """Clients of the server's own, its metrics, pages of other origins, and credentials that are written out."""
    # Whether connections to other servers compare certificates.
    mode = settings.found.get("openSSL.client.verificationMode")
    handler = settings.found.get("openSSL.client.invalidCertificateHandler.name")
    if mode is not None and mode.value.lower() == "none":
        verifying: Setting[bool] = Setting(False, mode.at)
    elif handler is not None and handler.value == "AcceptCertificateHandler":
        verifying = Setting(False, handler.at)
    else:
        verifying = Setting(UNKNOWN, settings.at)
    yield from unverified(verifying)
    metrics = settings.found.get("prometheus.port")
    if metrics is not None and metrics.value and beyond(settings):
        yield Feature(
            metrics.at, Switch.METRICS, Setting(True, metrics.at), "ClickHouse's metrics for Prometheus"
        )
    for one in settings.below("profiles."):
        if one.key.endswith(".add_http_cors_header") and one.truth is True:
            at = one.at
            yield cors_policy(at, (OriginRule(OriginKind.ANY, Setting("*", at)),))
    yield from secrets(g for g in settings.entries if g.value and _SECRET.search(g.key))
