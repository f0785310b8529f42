"""From a server's options to what it is to others.

Defaults (memcached(1)): every interface, port 11211, no UDP since 1.5.6, no login, no TLS; with TLS, version 1.2 or newer
and no certificate of clients.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Feature, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.technologies.shared.settings.settings import Entry, Settings, templated
from batten.technologies.shared.transport.tls import between

_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_VERIFIED = ("2", "3")  # a certificate is required, always or at the first handshake
# What the rows judge, with the default of 1.6.
OPTIONS = {"enable-shutdown": "off", "verbose": "0", "unix-mask": "700"}


def store(settings: Settings, at: Location, version: str = "", service: str = "") -> Store:
    """The server as its clients find it."""
    options = {name: settings.word(name, default) for name, default in OPTIONS.items()}
    numbers = tuple(int(n) for n in version.split(".")) if version else ()
    # Off since 1.5.6; what was before listened where TCP does.
    options["udp-port"] = settings.word(
        "udp-port", "0" if not numbers or len(numbers) < 3 or numbers >= (1, 5, 6) else "11211"
    )
    secure = settings.found.get("enable-ssl")
    found = settings.found.get("ssl_min_version")
    if found is None:
        protocols: Setting[tuple[str, ...]] = Setting(
            ABSENT, settings.missing("ssl_min_version"), between("TLSv1.2")
        )
    elif found.value not in ("0", "1", "2", "3"):
        protocols = Setting(UNKNOWN, found.at)
    else:
        protocols = Setting(between(_VERSIONS[int(found.value)]), found.at)
    return Store(
        at,
        product="memcached",
        authentication=_authentication(settings),
        addresses=addresses(settings),
        port=_port(settings),
        version=version,
        tls=Setting(True, secure.at)
        if secure is not None
        else Setting(ABSENT, settings.missing("enable-ssl"), False if settings.complete else UNKNOWN),
        plain=_plain(settings),
        protocols=protocols,
        ciphers=settings.word("ssl_ciphers") if settings.found.get("ssl_ciphers") is not None else None,
        options=options,
        service=service,
        configured_by=settings.sources,
    )


def _authentication(settings: Settings) -> Setting[bool]:
    for name in ("enable-sasl", "auth-file"):
        if (found := settings.found.get(name)) is not None:
            return Setting(True, found.at)
    verified = settings.found.get("ssl_verify_mode")
    if verified is not None and verified.value in _VERIFIED and settings.found.get("enable-ssl") is not None:
        return Setting(UNKNOWN if _without_tls(settings) else True, verified.at)
    at = settings.found.get("listen") or settings.found.get("port")
    return Setting(ABSENT, at.at if at is not None else settings.at, False if settings.complete else UNKNOWN)


def addresses(settings: Settings) -> Setting[tuple[str, ...]]:
    """Where it listens: every `-l` adds addresses, each with or without a port."""
    socket = settings.found.get("unix-socket")
    if socket is not None:
        return Setting((), socket.at)
    found = [one for one in settings.entries if one.key == "listen"]
    if not found:
        return Setting(ABSENT, settings.missing("listen"), ("*",) if settings.complete else UNKNOWN)
    if any(templated(one.value) for one in found):
        return Setting(UNKNOWN, found[-1].at)
    parts = [part for one in found for part in one.value.split(",") if part]
    # The option to point at: one that names every address, else the last.
    return Setting(
        tuple(_host(part) for part in parts),
        next(
            (one for one in found if {"0.0.0.0", "::", "*"} & {_host(p) for p in one.value.split(",")}),
            found[-1],
        ).at,
    )


def _host(part: str) -> str:
    part = part.removeprefix("notls:").removeprefix("proto[")
    if part.startswith("["):
        return part[1:].partition("]")[0]
    return part.partition(":")[0] if part.count(":") == 1 else part


def _port(settings: Settings) -> Setting[int]:
    found = settings.found.get("port")
    if found is None:
        return Setting(ABSENT, settings.missing("port"), 11211 if settings.complete else UNKNOWN)
    return Setting(int(found.value) if found.value.isdecimal() else UNKNOWN, found.at)


def _without_tls(settings: Settings) -> Entry | None:
    return next((one for one in settings.entries if one.key == "listen" and "notls:" in one.value), None)


def _plain(settings: Settings) -> Setting[bool]:
    """With TLS on, only what `notls:` says has none."""
    bare, secure = _without_tls(settings), settings.found.get("enable-ssl")
    if bare is not None:
        return Setting(True, bare.at)
    return Setting(secure is None, secure.at if secure is not None else settings.missing("listen"))


def beside_the_store(settings: Settings) -> Iterator[Fact]:
    """Whom it runs as."""
    user = settings.found.get("user")
    if user is not None and user.value == "root":
        yield Feature(user.at, Switch.ROOT_WORKER, Setting(True, user.at), "memcached runs")
