"""From mosquitto.conf to what the broker is to others.

Source: https://mosquitto.org/man/mosquitto-conf-5.html. From 2.0 on, a broker that is told no listener serves this machine only,
and one that is told a listener refuses clients without a name unless `allow_anonymous true` is written; before, it admitted them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from batten.facts import AccessLog, ConnectionString, Fact, Store
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.record import record
from batten.technologies.shared.settings.offers import from_version, listener, secrets, unverified
from batten.technologies.shared.settings.settings import Entry, Settings

PORT = 1883
_ASKING = ("use_identity_as_username", "use_subject_as_username", "require_certificate", "psk_hint")
_PLUGINS = ("plugin", "auth_plugin", "global_plugin", "plugin_load")
_OF_IMAGE = re.compile(r"/mosquitto/(?:config|data|log)/")  # where the official image keeps its files
_LOCAL = ("127.", "localhost", "::1", "/")


@record
class Part:
    """A listener, or what is written before any, with the settings of its own."""

    head: Entry | None
    server_settings: Settings

    @property
    def port(self) -> int:
        word = self.head.value.split()[0] if self.head and self.head.value.split() else ""
        return int(word) if word.isdecimal() and len(word) < 6 else PORT

    @property
    def address(self) -> str:
        """What it is bound to; "" for every interface."""
        words = self.head.value.split() if self.head else []
        written = (
            self.server_settings.found.get("bind_address")
            if self.head is None or self.head.key == "port"
            else None
        )
        return words[1] if len(words) > 1 else written.value if written else ""

    @property
    def local(self) -> bool:
        return self.address.startswith(_LOCAL)

    @property
    def tls(self) -> bool:
        return "certfile" in self.server_settings.found or "psk_hint" in self.server_settings.found


def parts(whole: Settings) -> list[Part]:
    """The listeners in order; the first is what holds for all, or for the one that `port` opens."""
    starts = [n for n, given in enumerate(whole.entries) if given.key in ("listener", "connection")]
    found = [_part(None, whole.entries[: starts[0]] if starts else whole.entries, whole)]
    for start, end in pairwise((*starts, len(whole.entries))):
        head = whole.entries[start]
        found.append(_part(head, whole.entries[start + 1 : end], whole))
    return found


def _part(head: Entry | None, given: tuple[Entry, ...], whole: Settings) -> Part:
    opened = next((g for g in given if g.key == "port"), None) if head is None else head
    return Part(opened, whole.with_entries(given))


def listening(whole: Settings) -> list[Part]:
    return [p for p in parts(whole) if p.head is not None and p.head.key != "connection"]


def store(whole: Settings, service: str = "") -> Store:
    # What other files may say is not known.
    whole = whole.with_entries(whole.entries, complete="include_dir" not in whole.found)
    opened = listening(whole)
    beyond = [p for p in opened if not p.local]
    plain = next((p for p in beyond if not p.tls), None)
    secured = next((p for p in opened if p.tls), None)
    # False where a listener that other machines reach admits clients without a name.
    settings = [_asks(whole, part) for part in beyond]
    if not settings:
        authentication: Setting[bool] = (
            Setting(True, whole.at) if whole.complete else whole.absent("allow_anonymous")
        )
    else:
        authentication_opened = [s for s in settings if s.known(True) is False]
        unknown = [s for s in settings if not s.is_known]
        authentication = (authentication_opened or unknown or settings)[0]
    if not opened:
        addresses: Setting[tuple[str, ...]] = whole.absent("listener", ("127.0.0.1",))
    elif not beyond:
        addresses = Setting(tuple(p.address for p in opened), _at(opened[0]))
    else:
        first = beyond[0]
        if not first.address:
            addresses = Setting(ABSENT, _at(first), ("0.0.0.0", "::"))
        else:
            addresses = Setting(
                UNKNOWN if first.head and first.head.templated else (first.address,), _at(first)
            )
    return Store(
        whole.at,
        product="mosquitto",
        authentication=authentication,
        addresses=addresses,
        port=Setting(opened[0].port, _at(opened[0])) if opened else whole.absent("listener", PORT),
        version=whole.version,
        tls=Setting(True, _at(secured)) if secured else whole.absent("certfile", False),
        plain=Setting(True, _at(plain)) if plain else Setting(False, whole.at),
        service=service,
        configured_by=(whole.path,),
        contained=any(_OF_IMAGE.match(given.value) for given in whole.entries),
    )


def _at(part: Part) -> Location:
    assert part.head is not None
    return part.head.at


def _asks(whole: Settings, part: Part) -> Setting[bool]:
    each = whole.truth("per_listener_settings", False).known(False)
    of = part.server_settings if each else whole
    if any(part.server_settings.truth(key, False).known(True) for key in _ASKING):
        return Setting(True, _at(part))
    anonymous = of.truth("allow_anonymous", of.by_version((2,), False, True))
    if anonymous.value is ABSENT:
        asks = not anonymous.default if isinstance(anonymous.default, bool) else UNKNOWN
        return Setting(ABSENT, anonymous.at, asks)
    if any(key in whole.found for key in _PLUGINS):
        return Setting(UNKNOWN, anonymous.at)
    value: bool | Unknown = not anonymous.value if isinstance(anonymous.value, bool) else UNKNOWN
    return Setting(value, anonymous.at)


def facts(whole: Settings) -> Iterator[Fact]:
    """TLS of the listeners, bridges to other brokers, logs, and passwords that are written out."""
    for part in parts(whole):
        if part.tls:
            lowest, suites = (
                part.server_settings.word("tls_version"),
                part.server_settings.found.get("ciphers"),
            )
            protocols = from_version(lowest) if lowest.written else None
            named = (
                Setting(UNKNOWN if suites.templated else suites.value, suites.at)
                if suites is not None
                else None
            )
            at = (part.head or suites or part.server_settings).at
            yield from listener(at, protocols, named, part.port)
        if part.head is not None and part.head.key == "connection":
            # Where a bridge leads, whether it uses TLS, and whether it verifies whom it finds.
            insecure = part.server_settings.truth("bridge_insecure", False)
            if insecure.known(False):
                yield from unverified(Setting(False, insecure.at))
            address = part.server_settings.found.get("address") or part.server_settings.found.get("addresses")
            if address is not None and not address.templated and address.value:
                host, _, port = address.value.split()[0].rpartition(":")
                secured = any(
                    k in part.server_settings.found for k in ("bridge_cafile", "bridge_capath", "bridge_psk")
                )
                yield ConnectionString(
                    address.at,
                    scheme="mqtt",
                    host=host or port,
                    port=int(port) if host and port.isdecimal() else PORT,
                    has_password="remote_password" in part.server_settings.found,
                    encrypted=Setting(secured, address.at),
                    verified=Setting(not insecure.known(False), insecure.at),
                    local=(host or port).startswith(_LOCAL),
                    variable="address",
                )
    yield from (
        AccessLog(given.at, Setting(False, given.at), Setting(UNKNOWN, given.at))
        for given in whole.entries
        if (given.key, given.value) in (("log_dest", "none"), ("connection_messages", "false"))
    )
    yield from secrets(
        g for g in whole.entries if g.key in ("remote_password", "local_password", "bridge_psk")
    )
