"""From rabbitmq.conf to what the broker is to others.

Sources: https://www.rabbitmq.com/docs/configure, …/access-control, …/ssl, …/ldap, …/logging, and the schemas that the server ships
(priv/schema/*.schema). Every client logs in; `guest`, whose password is `guest`, may do so from this machine only, unless
`loopback_users` leaves it out. A list that names other users leaves it out, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._guessing import well_known
from batten.facts import AccessLog, ConnectionString, CorsPolicy, Fact, Feature, OriginKind, OriginRule, Store
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import (
    cors_policy,
    listener,
    not_logged,
    secrets,
    unverified,
    versions,
)
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 5672
GUEST = "guest"
# TLS of what the broker serves; there `verify` is about certificates of clients.
_SERVES = (
    "ssl_options.",
    "management.",
    "mqtt.",
    "stomp.",
    "web_mqtt.",
    "web_stomp.",
    "prometheus.",
    "stream.",
)
_SECRET = re.compile(
    r"(?:^|[._])(?:password|default_pass|anonymous_login_pass|secret_key|acl_token|oauth_client_secret)$"
)
_URL = re.compile(r"(?P<scheme>https?|ldaps?)://(?P<host>[^/:?#]+)(?::(?P<port>\d{1,5}))?")
_ASKED = ("auth_http.user_path", "auth_http.vhost_path", "auth_http.resource_path", "auth_http.topic_path")
# Users that come from elsewhere, beside which no first one is made.
_DEFINED = (
    "load_definitions",
    "management.load_definitions",
    "definitions.local.path",
    "definitions.https.url",
)
_SINKS = ("log.console", "log.syslog", "log.exchange", "log.journald")


def store(settings: Settings, service: str = "") -> Store:
    tcp, ssl = list(_listeners(settings, "tcp")), list(_listeners(settings, "ssl"))
    plain = next((g for g in tcp if not is_loopback(_address(g))), None)
    off = settings.found.get("listeners.tcp")
    silent = off is not None and off.value == "none"
    # Every client logs in, unless the broker does it for those that give no name.
    anonymous = settings.found.get("anonymous_login_user")
    if anonymous is not None and anonymous.value != "none" and not anonymous.templated:
        inside = anonymous.value == GUEST and beyond(settings, GUEST) is None
        authentication: Setting[bool] = Setting(inside, anonymous.at)
    else:
        stomp = settings.found.get("stomp.default_user")
        if stomp is not None and not (stomp.value == GUEST and beyond(settings, GUEST) is None):
            authentication = Setting(False, stomp.at)
        else:
            authentication = Setting(True, settings.at)
    # `written`: something is said of the listener without TLS, which else is on every interface.
    listeners = ssl if silent else [*tcp, *ssl]
    if not (bool(tcp) or silent):
        addresses: Setting[tuple[str, ...]] = settings.absent("listeners.tcp.1", ("*",))
    elif not listeners:
        addresses = Setting((), settings.found["listeners.tcp"].at)
    else:
        first = next((g for g in listeners if not is_loopback(_address(g))), listeners[0])
        if first.templated:
            addresses = Setting(UNKNOWN, first.at)
        elif ":" not in first.value:
            addresses = Setting(ABSENT, first.at, ("*",))
        else:
            addresses = Setting((_address(first),), first.at)
    user, password = settings.word("default_user", GUEST), settings.word("default_pass", GUEST)
    if any(key in settings.found for key in _DEFINED):
        default_credentials: Setting[bool] | None = settings.absent("default_pass", UNKNOWN)
    elif not (user.is_known and password.is_known):
        default_credentials = Setting(UNKNOWN, password.at)
    elif not well_known(password.known(""), user.known("")):
        default_credentials = Setting(False, password.at)
    elif user.known("") != GUEST:
        default_credentials = Setting(True, password.at)
    else:
        opened = beyond(settings, GUEST)
        if opened is not None:
            default_credentials = Setting(True, opened.at)
        else:
            kept = list(settings.below("loopback_users."))
            default_credentials = (
                Setting(False, kept[0].at) if kept else settings.absent("default_pass", False)
            )
    return Store(
        settings.at,
        product="rabbitmq",
        authentication=authentication,
        addresses=addresses,
        port=_port(settings, tcp),
        version=settings.version,
        default_credentials=default_credentials,
        tls=Setting(True, ssl[0].at) if ssl else settings.absent("listeners.ssl.default", False),
        plain=_plain(settings, plain, tcp, silent),
        service=service,
        configured_by=(settings.path,),
    )


def _listeners(settings: Settings, kind: str) -> Iterator[Entry]:
    return (g for g in settings.below(f"listeners.{kind}.") if g.value)


def _address(given: Entry) -> str:
    """What a listener is bound to: a port alone is every interface."""
    return given.value.rpartition(":")[0].strip("[]") or "0.0.0.0"


def _port(settings: Settings, tcp: list[Entry]) -> Setting[int]:
    if not tcp:
        return settings.absent("listeners.tcp.1", PORT)
    digits = tcp[0].value.rpartition(":")[2]
    return Setting(int(digits) if digits.isdecimal() and len(digits) < 6 else UNKNOWN, tcp[0].at)


def _plain(settings: Settings, plain: Entry | None, tcp: list[Entry], silent: bool) -> Setting[bool]:
    if silent:
        return Setting(False, settings.found["listeners.tcp"].at)
    if plain is not None:
        return Setting(True, plain.at)
    return Setting(False, tcp[0].at) if tcp else settings.absent("listeners.tcp.1", True)


def beyond(settings: Settings, user: str) -> Entry | None:
    """The line that lets a user in from other machines; None where only this one is served, as `guest` is by default."""
    none = settings.found.get("loopback_users")
    if none is not None and none.value == "none":
        return none
    named = list(settings.below("loopback_users."))
    kept = any(g.key.partition(".")[2] == user and g.truth is True for g in named)
    return None if kept or not named else next((g for g in named if g.key.endswith(f".{user}")), named[0])


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS, clients of the broker's own, origins of its management API, its logs, and passwords that are written out."""
    named = list(settings.below("ssl_options.versions."))
    suites = list(settings.below("ssl_options.ciphers."))
    protocols: Setting[tuple[str, ...]] | None = None
    if named:
        first = next((g for g in named if not g.value.endswith((".2", ".3"))), named[0])
        protocols = versions(Setting(tuple(g.value for g in named), first.at))
    weak = Setting(":".join(g.value for g in suites), suites[0].at) if suites else None
    yield from listener(settings.missing("ssl_options"), protocols, weak, 5671)
    for given in settings.found.values():
        if given.key.endswith(("verify", "peer_verification")) and not given.key.startswith(_SERVES):
            yield from unverified(Setting(given.value != "verify_none", given.at))
    yield from _connections(settings)
    yield from _origins(settings)
    for key in ("log.default.level", "log.connection.level"):
        level = settings.found.get(key)
        if level is not None and level.value == "none":
            yield not_logged(level.at)
    file = settings.truth("log.file", UNKNOWN)
    if file.value is False and not any(settings.truth(sink, False).known(True) for sink in _SINKS):
        yield AccessLog(file.at, Setting(UNKNOWN, file.at), Setting(False, file.at))
    ldap = settings.found.get("auth_ldap.log")
    if ldap is not None and ldap.value == "network_unsafe":
        carried = Setting("passwords of LDAP users", ldap.at)
        yield AccessLog(ldap.at, Setting(UNKNOWN, ldap.at), Setting(UNKNOWN, ldap.at), (carried,))
    metrics = settings.word("prometheus.tcp.ip", "127.0.0.1")
    asks = settings.truth("prometheus.authentication.enabled", False).known(True)
    if not asks and not is_loopback(metrics.known("127.0.0.1")):
        yield Feature(metrics.at, Switch.METRICS, Setting(True, metrics.at), "the Prometheus endpoint")
    yield from secrets(g for g in settings.found.values() if _SECRET.search(g.key) and g.value != GUEST)


def _connections(settings: Settings) -> Iterator[ConnectionString]:
    """Servers that logins are checked at: HTTP without TLS carries every client's password."""
    secured = any(
        settings.truth(k, False).known(False) for k in ("auth_ldap.use_ssl", "auth_ldap.use_starttls")
    )
    for given in settings.found.values():
        host, scheme, encrypted = "", "", False
        if given.key.startswith("auth_ldap.servers.") and not given.templated:
            host, scheme, encrypted = given.value, "ldap", secured
        elif given.key in _ASKED and (url := _URL.match(given.value)):
            host, scheme, encrypted = url["host"], url["scheme"], url["scheme"] == "https"
        if host:
            yield ConnectionString(
                given.at,
                scheme=scheme,
                host=host,
                port=0,
                has_password=False,
                encrypted=Setting(encrypted, given.at),
                verified=Setting(UNKNOWN, given.at),
                local=is_loopback(host),
                variable=given.key,
            )


def _origins(settings: Settings) -> Iterator[CorsPolicy]:
    """Browsers on which origins may read the management API, whose user they log in as with HTTP Basic."""
    for given in settings.below("management.cors.allow_origins."):
        kind = OriginKind.ANY if given.value == "*" else OriginKind.EXACT
        if given.templated:
            continue
        text = Setting(given.value, given.at)
        yield cors_policy(given.at, (OriginRule(kind, text),), Setting(False, given.at))
