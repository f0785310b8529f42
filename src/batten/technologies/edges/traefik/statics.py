"""The static configuration: API, providers, entry points' limits and trust, logs.

Source: https://doc.traefik.io/traefik/reference/install-configuration/configuration-options/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, Fact, Feature, Limits, TrustedProxies, Upstream
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.model.networks import everybody
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.transport.upstreams import is_loopback, target_of

_TIME = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:\d+ms)?")
_TRUSTING = {
    "forwardedHeaders": "X-Forwarded-For, -Host and -Proto of every client are trusted",
    "proxyProtocol": "the client address in any PROXY header is trusted",
}
_ENCODED = {
    "allowEncodedNullCharacter": "paths with an encoded NUL are accepted, which backends parse differently",
    "allowEncodedBackSlash": "paths with an encoded backslash are accepted, which backends parse differently",
    "allowEncodedSemicolon": "paths with an encoded semicolon are accepted, which backends parse differently",
    "allowEncodedPercent": "paths that are encoded twice are accepted, which backends may decode twice",
    "allowEncodedQuestionMark": "paths with an encoded question mark are accepted, which backends parse differently",
}
_STATUSES = re.compile(r"(\d{3})(?:-(\d{3}))?")
_CARRIERS = ("Authorization", "Cookie")


def features(whole: Configuration) -> Iterator[Feature]:
    static = whole.static
    if static is None:
        return
    yield from _switch(static.of("api", "insecure"), Switch.CONSOLE, "Traefik's API, dashboard included,")
    yield from _switch(
        static.of("api", "debug"), Switch.DEBUG, "Traefik's debugger (/debug/pprof, /debug/vars)"
    )
    what = "Traefik's REST provider, which accepts new configuration,"
    yield from _switch(static.of("providers", "rest", "insecure"), Switch.CONSOLE, what)
    # Served to strangers where they are put on an entry point of the web, and no router is written for them.
    metrics = static.of("metrics", "prometheus")
    metrics_point = whole.entry_points().get(metrics["entryPoint"].word.lower())
    if (
        metrics_point is not None
        and metrics_point.outside
        and not metrics["manualRouting"].flag(metrics.block).known(False)
    ):
        metrics_at = metrics["entryPoint"].here
        yield Feature(metrics_at, Switch.METRICS, Setting(True, metrics_at), "Traefik's metrics endpoint")
    for provider in ("docker", "swarm"):
        exposing_provider = static.of("providers", provider)
        if exposing_provider.on:
            on = exposing_provider["exposedByDefault"].flag(exposing_provider.block, True)
            if exposing_provider["constraints"].exists:  # which may leave out as much
                on = Setting(UNKNOWN, on.at)
            yield Feature(on.at, Switch.EXPOSED_BY_DEFAULT, on, f"providers.{provider}")
    for point in whole.entry_points().values():
        for key, message in _TRUSTING.items():
            yield from _switch(point.value[key]["insecure"], Switch.INVALID_HEADERS, message)
            for address, at in point.value[key]["trustedIPs"].listed():
                if everybody([address]):
                    yield Feature(at, Switch.INVALID_HEADERS, Setting(True, at), message)
        cleaned = point.value.of("http", "sanitizePath")
        if cleaned.flag(cleaned.here).known(True) is False:
            what = "paths keep `/../` and `//`, which rules and backends read differently (`sanitizePath`)"
            yield Feature(cleaned.here, Switch.INVALID_HEADERS, Setting(True, cleaned.here), what)
        for key, message in _ENCODED.items():
            yield from _switch(
                point.value.of("http", "encodedCharacters", key), Switch.INVALID_HEADERS, message
            )


def clients(whole: Configuration) -> Iterator[TrustedProxies]:
    """The trusted proxies of an entry point: by a header, or before the connection's first byte."""
    for point in whole.entry_points().values():
        for key, announced in (("forwardedHeaders", False), ("proxyProtocol", True)):
            trusted = point.value[key]["trustedIPs"]
            networks = tuple(address for address, _ in trusted.listed())
            if networks and not point.value[key]["insecure"].flag(point.value.block).known(False):
                yield TrustedProxies(trusted.here, networks=networks, announced=announced)


def _switch(value: Value, name: Switch, what: str) -> Iterator[Feature]:
    if value.exists:
        yield Feature(value.here, name, value.flag(value.here), what)


def bounds(whole: Configuration) -> Iterator[Limits]:
    """`readTimeout` is 60 s since v2.11.2 and v3.0, and was without end before.

    Source: CHANGELOG.md of v2.11.2 (#10599, #10602), pkg/config/static/static_config.go.
    """
    old = at_least(whole.version, (2, 11, 2)) is False
    for point in whole.entry_points().values():
        timeouts = point.value.of("transport", "respondingTimeouts")
        read = timeouts["readTimeout"]
        limit: Setting[float]
        if read.exists:
            seconds = seconds_of(read.word)
            limit = Setting(UNKNOWN if seconds is None else seconds, read.here)
        else:
            limit = Setting(ABSENT, point.value.block, ABSENT if old else 60.0)
        yield Limits(point.value.block, body_timeout=limit)


def seconds_of(text: str) -> float | None:
    """Seconds of a duration as Go writes it, or of a bare number."""
    if text.isdigit() and len(text) < 12:
        return float(text)
    found = _TIME.fullmatch(text) if len(text) < 40 else None
    if found is None or not text:
        return None
    return sum(int(n) * unit for n, unit in zip(found.groups(), (3600.0, 60.0, 1.0), strict=True) if n) or (
        0.001 if "ms" in text else 0.0
    )


def logs(whole: Configuration) -> Iterator[AccessLog]:
    static = whole.static
    if static is None or (not static["entryPoints"].exists and not static["providers"].exists):
        return
    log = static["accessLog"]
    on: Setting[bool] = Setting(ABSENT, static.block, False)
    if "accesslog" in static.table:
        on = Setting(log.on if log.exists and log.known else UNKNOWN, log.here if log.text else log.block)
        # `filters.statusCodes` that leave successful requests out; None where nothing does.
        codes = log.of("filters", "statusCodes")
        ranges = [_STATUSES.fullmatch(word) for word in codes.words()]
        if not codes.exists or not ranges or not codes.known:
            filtered: Setting[bool] | None = None
        else:
            kept = any(r is None or (int(r[1]) < 300 and int(r[2] or r[1]) >= 200) for r in ranges)
            filtered = None if kept else Setting(False, codes.block)
        on = filtered or on
    silent = static.of("log", "level")
    errors = Setting(
        silent.word.upper() not in ("FATAL", "PANIC"), silent.here if silent.exists else static.block
    )
    # Headers are dropped from the log unless they are told to be kept.
    carried: list[Setting[str]] = []
    headers = log.of("fields", "headers")
    names = headers["names"]
    mode = headers["defaultMode"]
    for value in names.entries():
        if value.word.lower() == "keep" and credential(value.name):
            carried.append(Setting(f"the {value.name} header", value.here))
    if mode.word.lower() == "keep":
        carried_kept = [n for n in _CARRIERS if not names[n].exists]
        if carried_kept:
            carried.append(
                Setting(
                    f"the {' and '.join(carried_kept)} header{'s' if len(carried_kept) > 1 else ''}",
                    mode.here,
                )
            )
    yield AccessLog(log.block if log.exists else static.block, on, errors, tuple(carried))


def silent_points(whole: Configuration) -> Iterator[AccessLog]:
    """Entry points whose requests are left out (`observability.accessLogs`).

    Source: https://doc.traefik.io/traefik/reference/install-configuration/entrypoints/
    """
    if whole.static is not None and "accesslog" in whole.static.table:
        for point in whole.entry_points().values():
            if not point.redirects and not (isinstance(point.host, str) and is_loopback(point.host)):
                yield from _silent(point.value)


def silent_routers(whole: Configuration) -> Iterator[AccessLog]:
    """Routers whose requests are left out, as entry points' are."""
    for router in whole.routers():
        if not router.internal and not router.redirects:
            yield from _silent(router.value)


def _silent(value: Value) -> Iterator[AccessLog]:
    logged = value.of("observability", "accessLogs")
    if logged.exists and logged.flag(logged.here).known(True) is False:
        off: Setting[bool] = Setting(False, logged.here)
        yield AccessLog(value.block, off, Setting(UNKNOWN, logged.here))


def providers(whole: Configuration) -> Iterator[Fact]:
    """The daemon that Traefik asks about containers: who listens learns all, who answers commands all."""
    static = whole.static
    for name in ("docker", "swarm"):
        provider = static.of("providers", name) if static is not None else None
        endpoint = provider["endpoint"] if provider is not None else None
        if provider is None or endpoint is None or not endpoint.exists:
            continue
        target = target_of(endpoint.word)
        if target.scheme in ("tcp", "http"):
            yield Upstream(
                endpoint.here,
                target=Setting(endpoint.word, endpoint.here),
                host=target.host,
                port=0,
                encrypted=Setting(provider["tls"].exists, endpoint.here),
                local=is_loopback(target.host),
            )
