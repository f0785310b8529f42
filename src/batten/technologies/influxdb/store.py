"""From influxdb.conf to what the server is to others.

Source: https://docs.influxdata.com/influxdb/v1/administration/config/. Requests need no credential unless `auth-enabled` is on; HTTP is
served on every interface, and with it the profiler. The other listeners (graphite, collectd, OpenTSDB, UDP) never ask for one.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Feature, Store
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies._edges.upstreams import is_loopback
from batten.technologies._settings.offers import ciphers, from_version, listener, signing, unverified
from batten.technologies._settings.told import Told

PORT = 8086


def store(told: Told, service: str = "") -> Store:
    tls = told.truth("http.https-enabled", False)
    return Store(
        told.at,
        product="influxdb",
        authentication=told.truth("http.auth-enabled", False),
        addresses=_addresses(told),
        port=_port(told),
        version=told.version,
        tls=tls,
        plain=Setting(UNKNOWN if not tls.is_known else not tls.known(False), tls.at),
        service=service,
        configured_by=(told.path,),
    )


def _addresses(told: Told) -> Setting[tuple[str, ...]]:
    on, bound = told.truth("http.enabled", True), told.word("http.bind-address", ":8086")
    if on.known(True) is False:
        return Setting((), on.at)
    host = bound.known("").rpartition(":")[0].strip("[]")
    if not bound.is_known:
        return Setting(UNKNOWN, bound.at)
    if not bound.written:
        return told.absent("http.bind-address", ("*",))
    return Setting((host,), bound.at) if host else Setting(ABSENT, bound.at, ("*",))


def _port(told: Told) -> Setting[int]:
    bound = told.word("http.bind-address", ":8086")
    digits = bound.known("").rpartition(":")[2]
    return Setting(int(digits) if digits.isdecimal() and len(digits) < 6 else UNKNOWN, bound.at)


def facts(told: Told) -> Iterator[Fact]:
    """TLS, the log of requests, the profiler, subscribers that are not verified, and the key that signs tokens."""
    lowest = told.word("tls.min-version")
    protocols = from_version(lowest) if lowest.known("") else None
    if told.truth("http.https-enabled", False).known(False):
        yield from listener(told.missing("tls"), protocols, ciphers(told, "tls.ciphers"), PORT)
    log = told.truth("http.log-enabled", True)
    if log.known(True) is False:
        yield AccessLog(log.at, log, Setting(UNKNOWN, log.at))
    yield from _profiler(told)
    insecure = told.truth("subscriber.insecure-skip-verify", False)
    if insecure.known(False):
        yield from unverified(Setting(False, insecure.at))
    yield from signing(g for g in told.found.values() if g.key == "http.shared-secret")


def _profiler(told: Told) -> Iterator[Feature]:
    """/debug/pprof, which needs no login unless `pprof-auth-enabled` says so."""
    on, guarded = told.truth("http.pprof-enabled", True), told.truth("http.pprof-auth-enabled", False)
    beyond = [a for a in _addresses(told).known(()) if not is_loopback(a)]
    if on.written and on.known(False) and beyond and not guarded.known(True):
        yield Feature(on.at, Switch.CONSOLE, on, "the profiler at /debug/pprof")
