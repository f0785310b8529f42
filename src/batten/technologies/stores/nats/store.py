"""From nats-server.conf to what the server is to others.

Source: https://docs.nats.io/running-a-nats-service/configuration. Without users, a token, accounts with users, an operator or
certificates of clients, anyone may publish and subscribe; the server listens on 0.0.0.0:4222. The monitoring port never asks for
a login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._guessing import well_known
from batten.facts import Fact, Feature, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.secrets import credentials
from batten.technologies.shared.settings.offers import ciphers, listener, secrets, unverified
from batten.technologies.shared.settings.settings import Entry, Settings
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 4222
EVERYWHERE = "0.0.0.0"
_ASKING = re.compile(
    r"authorization\.(?:user|username|token|password|pass|auth_callout\.\w+)|(?:authorization|accounts\.[^.]+)\.users\[\d+\]\.\w+"
    r"|operator|operators|trusted_keys|resolver|tls\.verify_and_map"
)
_PASSWORD = re.compile(r"(?:^|[.\]])(?:password|pass|token)$")
_HASHED = ("$2a$", "$2b$", "$2y$")
_OTHERS = ("cluster.routes", "leafnodes.remotes", "gateway.gateways")  # URLs of other servers
_MONITORS = ("http", "http_port", "monitor_port", "https", "https_port")


def complete(settings: Settings) -> Settings:
    """What an included file says is not known."""
    includes = any(one.key.rpartition(".")[2] == "include" for one in settings.entries)
    return settings.with_entries(settings.entries, complete=not includes)


def store(settings: Settings, service: str = "") -> Store:
    settings = complete(settings)
    secured = settings.found.get("tls.cert_file")
    beside = settings.truth("allow_non_tls", False)
    host, port = _listening(settings)
    anonymous = settings.found.get("no_auth_user")
    if anonymous is not None:
        authentication: Setting[bool] = Setting(False, anonymous.at)
    else:
        asking = next((g for g in settings.found.values() if _ASKING.fullmatch(g.key)), None)
        if asking is not None:
            authentication = Setting(True, asking.at)
        else:
            verify = settings.truth("tls.verify", False)
            authentication = (
                Setting(True, verify.at) if verify.known(False) else settings.absent("authorization", False)
            )
    return Store(
        settings.at,
        product="nats",
        authentication=authentication,
        addresses=host,
        port=port,
        version=settings.version,
        default_credentials=_default_credentials(settings),
        tls=Setting(True, secured.at) if secured else settings.absent("tls", False),
        plain=beside if secured else settings.absent("tls", True),
        service=service,
        configured_by=(settings.path,),
    )


def _listening(settings: Settings) -> tuple[Setting[tuple[str, ...]], Setting[int]]:
    """The host and the port that clients use: `listen` says both, or the port alone."""
    listen = settings.found.get("listen")
    if listen is None:
        for key in ("host", "net"):
            if key in settings.found:
                return settings.words(key), settings.number("port", PORT)
        return settings.absent("host", (EVERYWHERE,)), settings.number("port", PORT)
    if listen.templated:
        return Setting(UNKNOWN, listen.at), Setting(UNKNOWN, listen.at)
    host, digits = split(listen.value)
    address = (host,) if host else (EVERYWHERE,)
    return Setting(address, listen.at), Setting(int(digits) if digits.isdecimal() else UNKNOWN, listen.at)


def split(text: str) -> tuple[str, str]:
    """A host and a port; a port alone has no host."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), port[:5]


def _default_credentials(settings: Settings) -> Setting[bool] | None:
    for given in _passwords(settings):
        user = settings.found.get(re.sub(r"(?:password|pass)$", "user", given.key))
        if not given.templated and well_known(given.value, user.value if user else ""):
            return Setting(True, given.at)
    return None


def _passwords(settings: Settings) -> Iterator[Entry]:
    return (g for g in settings.found.values() if _PASSWORD.search(g.key) and not g.value.startswith(_HASHED))


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS, the monitoring and the profiler, servers that are not verified, and passwords that are written out."""
    yield from listener(settings.missing("tls"), None, ciphers(settings, "tls.cipher_suites"), PORT)
    for given in settings.found.values():
        if given.key.endswith("tls.insecure") and given.truth is True:
            yield from unverified(Setting(False, given.at), Peer.CLUSTER)
    ports = (settings.found.get(key) for key in _MONITORS)
    on = [g for g in ports if g is not None and not g.templated and g.value not in ("0", "-1")]
    for monitoring_given in on:
        if not is_loopback(_host(settings, monitoring_given.value)):
            yield _feature(
                monitoring_given.at, Switch.METRICS, "NATS's monitoring, with its connections and settings,"
            )
    profiler = settings.number("prof_port", 0)
    if profiler.known(0) and not is_loopback(_host(settings, "")):
        yield _feature(profiler.at, Switch.CONSOLE, "the profiler at /debug/pprof")
    yield from secrets(_passwords(settings))
    for given in settings.found.values():
        if given.key.startswith(_OTHERS) and credentials.url_password(given.value):
            yield credentials.in_config(given.at, given.key, "password in a URL")


def _host(settings: Settings, written: str) -> str:
    """Where a port listens that names no host: where clients are served."""
    return split(written)[0] or _listening(complete(settings))[0].known((EVERYWHERE,))[0]


def _feature(at: Location, name: Switch, what: str) -> Feature:
    return Feature(at, name, Setting(True, at), what)
