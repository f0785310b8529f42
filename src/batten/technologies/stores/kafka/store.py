"""From server.properties to what the broker is to others.

Source: https://kafka.apache.org/documentation/#brokerconfigs. A listener's name is its protocol unless
`listener.security.protocol.map` says another. Without a listener there is one, PLAINTEXT on every interface; without an
authorizer every client may do everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._guessing import well_known
from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import ABSENT, UNKNOWN, Location, Setting, Switch
from batten.model.record import record
from batten.technologies.shared.settings.offers import secrets, signing, switched_on, tls_listener, unverified
from batten.technologies.shared.settings.settings import Settings
from batten.technologies.shared.transport.upstreams import is_loopback

PORT = 9092
_LISTENER = re.compile(r"\s*(?P<name>[\w-]+)://(?P<host>[^,]*?)(?::(?P<port>\d{1,5}))?\s*(?:,|$)", re.ASCII)
_PASSWORD = re.compile(r"""\b(?:password|user_\w+)\s*=\s*["']?([^"';\s]+)""")
_ENCODER = "password.encoder.secret"
_USER = re.compile(r"""\busername\s*=\s*["']?([^"';\s]+)""")
_SECRET = re.compile(r"(?:\.password|\.key|password\.encoder\.secret|sasl\.jaas\.config)$")


@record
class Door:
    """One of the broker's listeners: `protocol` is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""

    name: str
    protocol: str
    host: str
    port: int

    @property
    def local(self) -> bool:
        return is_loopback(self.host)


def doors(settings: Settings) -> list[Door] | None:
    """The listeners for clients and brokers; None where they are not known."""
    written = settings.word("listeners", "PLAINTEXT://:9092")
    mapped = settings.word("listener.security.protocol.map", "")
    if not written.is_known or not mapped.is_known:
        return None
    pairs = (pair.partition(":") for pair in mapped.known("").split(","))
    protocols = {name.strip(): protocol.strip().upper() for name, _, protocol in pairs}
    inner = {name.strip() for name in settings.word("controller.listener.names", "").known("").split(",")}
    return [
        Door(f["name"], protocols.get(f["name"], f["name"].upper()), f["host"], int(f["port"] or PORT))
        for f in _LISTENER.finditer(written.known(""))
        if f["name"] not in inner
    ]


def store(settings: Settings, service: str = "") -> Store | None:
    """None for a controller, which serves brokers only."""
    found = doors(settings)
    if found == [] or settings.word("process.roles", "broker").known("") == "controller":
        return None
    at = settings.word("listeners").at
    beyond = [d for d in found or () if not d.local]
    dangerous = list(switched_on(settings, {"allow.everyone.if.no.acl.found": Switch.ALLOW_EVERYONE}))
    users = settings.word("super.users", "")
    if "User:ANONYMOUS" in users.known(""):
        dangerous.append(Setting(Switch.ANONYMOUS_SUPER_USER, users.at))
    addresses_at = settings.word("listeners").at
    if found is None:
        addresses: Setting[tuple[str, ...]] = Setting(UNKNOWN, addresses_at)
    elif not beyond:
        addresses = Setting(tuple(d.host for d in found), addresses_at)
    elif "listeners" not in settings.found or not beyond[0].host:
        addresses = Setting(ABSENT, addresses_at, ("*",))
    else:
        addresses = Setting((beyond[0].host,), addresses_at)
    return Store(
        settings.at,
        product="kafka",
        authentication=_authentication(settings, found, beyond, at),
        addresses=addresses,
        port=Setting(UNKNOWN if found is None else found[0].port, at),
        version=settings.version,
        default_credentials=default_credentials(settings),
        tls=Setting(UNKNOWN if found is None else any(d.protocol.endswith("SSL") for d in found), at),
        plain=_plain(beyond, at),
        dangerous=tuple(dangerous),
        service=service,
        configured_by=(settings.path,),
    )


def _plain(beyond: list[Door], at: Location) -> Setting[bool]:
    """A listener that clients reach without TLS, beside one with it."""
    return Setting(any(d.protocol.endswith("PLAINTEXT") for d in beyond), at)


def _authentication(
    settings: Settings, found: list[Door] | None, beyond: list[Door], at: Location
) -> Setting[bool]:
    """False where a listener that others reach takes clients without a credential."""
    if found is None:
        return Setting(UNKNOWN, at)
    certificates = settings.word("ssl.client.auth", "none").known("") == "required"
    for door in beyond:
        own = settings.word(f"listener.name.{door.name.lower()}.ssl.client.auth", "").known("")
        asks = own == "required" or (not own and certificates)
        if door.protocol == "PLAINTEXT" or (door.protocol == "SSL" and not asks):
            return settings.absent("listeners", False) if at.kind.value == "block" else Setting(False, at)
    return Setting(True, at)


def facts(settings: Settings) -> Iterator[Fact]:
    """What TLS offers, whether brokers verify each other's names, and passwords that are written out."""
    yield from tls_listener(settings, "ssl", "ssl.enabled.protocols", "ssl.cipher.suites", 9093)
    for given in settings.found.values():
        if given.key.endswith("ssl.endpoint.identification.algorithm") and not given.value:
            yield from unverified(Setting(False, given.at), Peer.CLUSTER)
    held = [g for g in settings.found.values() if _SECRET.search(g.key)]
    yield from secrets(g for g in held if not g.key.endswith(("jaas.config", _ENCODER)))
    yield from signing(g for g in held if g.key == _ENCODER)
    for given in held:
        written = _PASSWORD.search(given.value) if given.key.endswith("jaas.config") else None
        if written is not None:
            yield from secrets([type(given)(given.key, written[1], given.at)])


def default_credentials(settings: Settings) -> Setting[bool] | None:
    """Whether a user of a JAAS section has a well-known password."""
    for given in settings.found.values():
        written = _PASSWORD.search(given.value) if given.key.endswith("jaas.config") else None
        user = _USER.search(given.value)
        if written is not None and not given.templated and well_known(written[1], user[1] if user else ""):
            return Setting(True, given.at)
    return None
