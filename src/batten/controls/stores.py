"""Controls on databases, caches, queues and search engines."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from batten.controls._registry import control
from batten.controls.exposure import opened
from batten.facts import Holds, Opening, Store
from batten.model import (
    ABSENT,
    Bind,
    Case,
    Kind,
    Per,
    RequireAuth,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Unpublish,
    Violation,
)
from batten.policy import Policy

REFERENCES = "OWASP API8:2023, CWE-306"
_CACHES = frozenset(("redis", "valkey", "keydb", "memcached"))


class StoreAuthenticated(Case):
    OPEN = (
        "no-authentication",
        "Require authentication, with a password that is kept outside the configuration.",
        Per.THING,
    )
    PEERS = "open-peers", "Require a certificate of the other members.", Per.THING
    LOCAL = (
        "local-trust",
        "Require a password, or the name that the operating system knows (peer), of local programs, too.",
        Per.THING,
    )


@control(
    "Data stores require authentication",
    Severity.CRITICAL,
    "S2",
    REFERENCES,
    covers="store-private store-encrypted",
)
def store_authenticated(store: Store, policy: Policy) -> Iterator[Violation]:
    """A client that reaches a store without a password can read and change all of its data, and often run
    code on its machine."""
    if store.answers:
        message = f"{store.product} accepts unauthenticated commands"
        message += f": anyone can {store.gains}" if store.gains else ""
        advice = f"{store.close} See {store.source}" if store.close else ""
        yield Violation(StoreAuthenticated.OPEN, message, store.authentication.at, advice=advice)
        return
    if store.authentication.known(True) or not for_outsiders(store) or _guarded(store):
        return
    protected, at = store.protected, store.authentication.at
    opened = protected is not None and protected.value is False
    if protected is not None and opened and not store.authentication.written and not store.service:
        at = protected.at
    message = f"{store.product} requires no authentication"
    if opened:
        message += ", and protected mode is off"
    milder = Severity.HIGH if protected is not None and not protected.is_known else None
    if store.clustered or store.unpublished:  # as behind a Service without an outside
        milder = Severity.MEDIUM
    if store.composed and store.product in _CACHES:  # whose clients could as well change what they store
        milder = Severity.INFO
    yield Violation(
        StoreAuthenticated.OPEN, message, at, remedy=RequireAuth(_secret(store, policy)), severity=milder
    )


@control(
    "Data stores require authentication", Severity.CRITICAL, "S2", REFERENCES, slug="store-authenticated"
)
def store_not_open(opening: Opening) -> Iterator[Violation]:
    if opening.holds is Holds.DATA:
        yield opened(StoreAuthenticated.OPEN, opening)


class StoreDefaultCredentials(Case):
    KNOWN = (
        "known-password",
        "Set a generated password, and keep it outside the configuration.",
        Per.CREDENTIAL,
    )


@control(
    "No data store has a default or empty password",
    Severity.CRITICAL,
    "S2",
    "OWASP API8:2023, CWE-1392",
    covers="secret-not-inline history-free-of-secrets",
    disowned=True,
)
def store_default_credentials(store: Store, policy: Policy) -> Iterator[Violation]:
    """Scanners try the default passwords of vendors first, at every address."""
    credentials = store.default_credentials
    if credentials is not None and credentials.known(False):
        message = f"{store.product} has an empty, default or well-known password"
        remedy = RequireAuth(_secret(store, policy))
        yield Violation(StoreDefaultCredentials.KNOWN, message, credentials.at, remedy=remedy)


class StorePrivate(Case):
    PUBLISHED = "published-port", "Remove the published port, or bind it to loopback.", Per.THING
    PUBLIC = (
        "public-address",
        "Move the store to a private network, and close the port in the firewall.",
        Per.THING,
    )
    WIDE = (
        "every-interface",
        "Bind the store to loopback or to the private address that its clients use.",
        Per.THING,
    )
    ANY_CLIENT = "any-client", "Admit only the networks in which the store's clients are.", Per.THING


@control(
    "Data stores are not reachable from outside",
    Severity.HIGH,
    "S2",
    "OWASP API8:2023, CWE-668",
    covers="port-exposure-minimal store-encrypted",
)
def store_private(store: Store) -> Iterator[Violation]:
    """When untrusted clients can reach a store, one flaw or one leaked password is enough to read it."""
    if store.at.kind is Kind.WIRE:
        # That batten reaches a store says nothing about others, unless its address is routed on the internet: then at
        # most a firewall, which cannot be seen from here, keeps them out.
        public = [a for a in store.addresses.known(()) if _public(a)]
        if public:
            answers_message = f"{store.product} answers at the public address {public[0]}"
            yield Violation(
                StorePrivate.PUBLIC,
                answers_message,
                store.addresses.at,
                remedy=Unpublish(),
                severity=Severity.MEDIUM,
            )
    elif store.published:
        message = f"the port of {store.product} is published"
        milder = Severity.INFO if for_devices(store) else None
        if milder is None and store.product in _FOR_CLIENTS and store.authentication.known(False):
            message, milder = f"{message}; it asks its clients for a login", Severity.LOW
        yield Violation(
            StorePrivate.PUBLISHED, message, store.addresses.at, remedy=Unpublish(), severity=milder
        )
    elif not store.service and not _guarded(store):
        addresses = store.addresses
        wide = [a for a in addresses.known(()) if a in ("*", "0.0.0.0", "::", "[::]", "::*") or _public(a)]
        if wide and not store.contained:
            if addresses.value is ABSENT:
                wide_message = f"{store.product} listens on every interface, its default"
                wide_milder: Severity | None = Severity.MEDIUM
            else:
                wide_message, wide_milder = f"{store.product} listens on {', '.join(wide)}", None
            if store.product in _FOR_CLIENTS and store.authentication.known(False):
                wide_message, wide_milder = f"{wide_message}; it asks its clients for a login", Severity.LOW
            yield Violation(
                StorePrivate.WIDE, wide_message, addresses.at, remedy=Bind(), severity=wide_milder
            )


_FOR_CLIENTS = frozenset(("mosquitto",))  # brokers whose clients are devices and programs elsewhere


def for_devices(store: Store) -> bool:
    """Whether it is a broker that devices reach from outside, and refuses clients without TLS and a login."""
    encrypted = store.tls is not None and store.tls.known(False)
    plain = store.plain is None or store.plain.known(True)
    asks = store.authentication.known(False)
    return store.published and store.product == "mosquitto" and encrypted and not plain and asks


class StoreEncrypted(Case):
    PLAIN = "plain-beside-tls", "Turn off the listener that accepts connections without TLS.", Per.THING
    NO_TLS = "no-tls", "Turn on TLS, or move the store to a private network.", Per.THING
    TRANSIT = "transit-encryption-off", "Turn on encryption in transit and require it.", Per.THING
    PEERS = "peers-plain", "Turn on TLS between the members of the cluster.", Per.THING


@control("Data stores require TLS", Severity.MEDIUM, "S2", "CWE-319")
def store_encrypted(store: Store) -> Iterator[Violation]:
    """Without TLS, the store's password and all data can be read by everyone on the network path."""
    tls, plain = store.tls, store.plain
    if tls is not None and tls.known(False) and plain is not None and plain.known(False):
        if for_outsiders(store):
            message = f"{store.product} has a listener without TLS beside the one with it"
            if store.at.kind is Kind.WIRE:
                message = f"{store.product} accepts unencrypted logins although it offers TLS"
            yield Violation(StoreEncrypted.PLAIN, message, plain.at, remedy=TurnOff(Switch.PLAIN))
    elif tls is not None and tls.known(True) is False and _on_a_public_network(store):
        message = f"{store.product} is on a public network and has no TLS"
        yield Violation(StoreEncrypted.NO_TLS, message, tls.at)


class StoreHardened(Case):
    UNSAFE = "unsafe-setting", "Remove the setting, or give it its safe value."
    UNPROTECTED = "protected-mode-off", "Turn protected mode on."


@control("Dangerous features of data stores are disabled", Severity.LOW, "S2", "CWE-749, CWE-1188")
def store_hardened(store: Store) -> Iterator[Violation]:
    """They turn a leaked password into commands on the store's machine, or remove its last protection."""
    for feature in store.dangerous:
        if isinstance(feature.value, Switch):
            message = f"{store.product} has the unsafe setting `{feature.value.value}`"
            yield Violation(StoreHardened.UNSAFE, message, feature.at, remedy=TurnOff(feature.value))
    protected = store.protected
    if protected is not None and protected.value is False and protected.at.kind is not Kind.BLOCK:
        message = f"protected mode of {store.product} is off"
        yield Violation(
            StoreHardened.UNPROTECTED, message, protected.at, remedy=TurnOn(Switch.PROTECTED_MODE)
        )


def _secret(store: Store, policy: Policy) -> str:
    return policy.secrets.get(store.service) or policy.secrets.get(store.product, "")


def _guarded(store: Store) -> bool:
    """Whether it refuses outsiders by itself as long as it has no password."""
    return (
        store.protected is not None
        and store.protected.known(False)
        and store.authentication.known(True) is False
    )


def for_outsiders(store: Store) -> bool:
    """Whether somebody on another machine can connect, as far as that is known."""
    if store.service or store.published:
        return True
    return any(
        not (
            address == "localhost"
            or address.startswith(("127.", "unix:", "/"))
            or address in ("::1", "[::1]")
        )
        for address in store.addresses.known(())
    )


def _on_a_public_network(store: Store) -> bool:
    if store.at.kind is Kind.WIRE or not store.service:
        return any(_public(address) for address in store.addresses.known(()))
    return store.published


def _public(address: str) -> bool:
    try:
        return ip_address(address.strip("[]")).is_global
    except ValueError:
        return False
