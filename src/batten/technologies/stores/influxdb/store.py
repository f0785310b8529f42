"""From influxdb.conf to what the server is to others.

Source: https://docs.influxdata.com/influxdb/v1/administration/config/. Requests need no credential unless `auth-enabled` is on; HTTP is
served on every interface, and with it the profiler. The other listeners (graphite, collectd, OpenTSDB, UDP) never ask for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Store
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import (
    ciphers,
    from_version,
    listener,
    not_logged,
    plain_without,
    signing,
    unverified,
)
from batten.technologies.shared.settings.settings import Settings
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 8086


def store(settings: Settings, service: str = "") -> Store:
    tls = settings.truth("http.https-enabled", False)
    return Store(
        settings.at,
        product="influxdb",
        authentication=settings.truth("http.auth-enabled", False),
        addresses=_addresses(settings),
        port=_port(settings),
        version=settings.version,
        tls=tls,
        plain=plain_without(tls),
        service=service,
        configured_by=(settings.path,),
    )


def _addresses(settings: Settings) -> Setting[tuple[str, ...]]:
    on, bound = settings.truth("http.enabled", True), settings.word("http.bind-address", ":8086")
    if on.known(True) is False:
        return Setting((), on.at)
    host = bound.known("").rpartition(":")[0].strip("[]")
    if not bound.is_known:
        return Setting(UNKNOWN, bound.at)
    if not bound.written:
        return settings.absent("http.bind-address", ("*",))
    return Setting((host,), bound.at) if host else Setting(ABSENT, bound.at, ("*",))


def _port(settings: Settings) -> Setting[int]:
    bound = settings.word("http.bind-address", ":8086")
    digits = bound.known("").rpartition(":")[2]
    return Setting(int(digits) if digits.isdecimal() and len(digits) < 6 else UNKNOWN, bound.at)


def facts(settings: Settings) -> Iterator[Fact]:
    """TLS, the log of requests, the profiler, subscribers that are not verified, and the key that signs tokens."""
    lowest = settings.word("tls.min-version")
    protocols = from_version(lowest) if lowest.known("") else None
    if settings.truth("http.https-enabled", False).known(False):
        yield from listener(settings.missing("tls"), protocols, ciphers(settings, "tls.ciphers"), PORT)
    log = settings.truth("http.log-enabled", True)
    if log.known(True) is False:
        yield not_logged(log.at)
    yield from _profiler(settings)
    insecure = settings.truth("subscriber.insecure-skip-verify", False)
    if insecure.known(False):
        yield from unverified(Setting(False, insecure.at))
    yield from signing(g for g in settings.found.values() if g.key == "http.shared-secret")


def _profiler(settings: Settings) -> Iterator[Feature]:
    """/debug/pprof, which needs no login unless `pprof-auth-enabled` says so."""
    on, guarded = settings.truth("http.pprof-enabled", True), settings.truth("http.pprof-auth-enabled", False)
    beyond = [a for a in _addresses(settings).known(()) if not is_loopback(a)]
    if on.written and on.known(False) and beyond and not guarded.known(True):
        yield Feature(on.at, Switch.CONSOLE, on, "the profiler at /debug/pprof")
