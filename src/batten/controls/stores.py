"""Controls on databases, caches, queues and search engines."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from batten.controls._registry import control
from batten.facts import Store
from batten.model import (
    ABSENT,
    UNTOLD,
    Bind,
    Kind,
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


@control("Data stores ask who is there", Severity.CRITICAL, "S2", REFERENCES)
def store_authenticated(store: Store, policy: Policy) -> Iterator[Violation]:
    """Whoever reaches a store without a password reads and changes all it holds, and often runs code
    on its machine."""
    if store.answers:
        yield Violation(UNTOLD, f"{store.product} obeys commands without a password", store.authentication.at)
        return
    if store.authentication.known(True) or not _for_outsiders(store) or _guarded(store):
        return
    protected, at = store.protected, store.authentication.at
    opened = protected is not None and protected.value is False
    if protected is not None and opened and not store.authentication.written and not store.service:
        at = protected.at
    message = f"{store.product} lets in everybody who can connect: it asks for no password"
    if opened:
        message += ", and protected mode is off"
    milder = Severity.HIGH if protected is not None and not protected.is_known else None
    yield Violation(UNTOLD, message, at, RequireAuth(_secret(store, policy)), milder)


@control("No store has a default or empty password", Severity.CRITICAL, "S2", "OWASP API8:2023, CWE-1392")
def store_default_credentials(store: Store, policy: Policy) -> Iterator[Violation]:
    """The vendor's passwords are the first that are tried, by programs that do nothing else."""
    credentials = store.default_credentials
    if credentials is not None and credentials.known(False):
        message = f"{store.product} has a password that everybody knows"
        yield Violation(UNTOLD, message, credentials.at, RequireAuth(_secret(store, policy)))


@control("Data stores are not reachable from outside", Severity.HIGH, "S2", "OWASP API8:2023, CWE-668")
def store_private(store: Store) -> Iterator[Violation]:
    """A store has no business with strangers: one hole in it, or one leaked password, and its port is
    all that is needed."""
    if store.at.kind is Kind.WIRE:
        yield from _answers_in_public(store)
    elif store.published:
        yield Violation(UNTOLD, f"the port of {store.product} is published", store.addresses.at, Unpublish())
    elif not store.service and not _guarded(store):
        yield from _wide(store)


def _answers_in_public(store: Store) -> Iterator[Violation]:
    """What batten reaches from where it runs says nothing about strangers, unless the address is one that is
    routed everywhere: then at most a firewall, which cannot be seen from here, keeps them out."""
    public = [a for a in store.addresses.known(()) if _public(a)]
    if public:
        message = f"{store.product} answers at the public address {public[0]}"
        yield Violation(UNTOLD, message, store.addresses.at, Unpublish(), Severity.MEDIUM)


def _wide(store: Store) -> Iterator[Violation]:
    addresses = store.addresses
    wide = [a for a in addresses.known(()) if _anywhere(a)]
    if not wide:
        return
    if addresses.value is ABSENT:
        message = f"{store.product} listens on every interface, because nothing says otherwise"
        yield Violation(UNTOLD, message, addresses.at, Bind(), Severity.MEDIUM)
    else:
        yield Violation(UNTOLD, f"{store.product} listens on {', '.join(wide)}", addresses.at, Bind())


@control("Data stores speak TLS and encrypt what they hold", Severity.MEDIUM, "S2", "CWE-319, CWE-311")
def store_encrypted(store: Store) -> Iterator[Violation]:
    """In clear text the password of a store, and all that is read from it, are for whoever listens on
    the way."""
    tls, plain = store.tls, store.plain
    if tls is not None and tls.known(False) and plain is not None and plain.known(False):
        if _for_outsiders(store):
            message = f"{store.product} has a listener without TLS beside the one with it"
            if store.at.kind is Kind.WIRE:
                message = f"{store.product} takes log-ins in clear text although it speaks TLS"
            yield Violation(UNTOLD, message, plain.at, TurnOff(Switch.PLAIN))
    elif tls is not None and tls.known(True) is False and _on_a_public_network(store):
        yield Violation(UNTOLD, f"{store.product} is open to a public network and speaks no TLS", tls.at)
    if store.at_rest is not None and store.at_rest.known(True) is False:
        message = f"what {store.product} holds is not encrypted at rest"
        yield Violation(UNTOLD, message, store.at_rest.at, TurnOn(Switch.ENCRYPTION_AT_REST))


@control("Dangerous features of data stores are off", Severity.LOW, "S2", "CWE-749, CWE-1188")
def store_hardened(store: Store) -> Iterator[Violation]:
    """They turn a leaked password into a shell, or take away the last net when there is none."""
    for feature in store.dangerous:
        if isinstance(feature.value, Switch):
            yield Violation(
                UNTOLD, f"{feature.value.value} is on for every client", feature.at, TurnOff(feature.value)
            )
    protected = store.protected
    if protected is not None and protected.value is False and protected.at.kind is not Kind.BLOCK:
        message = f"{store.product} would let everybody in once its password is gone: protected mode is off"
        yield Violation(UNTOLD, message, protected.at, TurnOn(Switch.PROTECTED_MODE))
    if store.logging is not None and store.logging.known(True) is False:
        yield Violation(UNTOLD, f"{store.product} logs no access", store.logging.at, TurnOn(Switch.STORE_LOG))


def _secret(store: Store, policy: Policy) -> str:
    return policy.secrets.get(store.service) or policy.secrets.get(store.product, "")


def _guarded(store: Store) -> bool:
    """Whether it refuses outsiders by itself as long as it has no password."""
    return (
        store.protected is not None
        and store.protected.known(False)
        and store.authentication.known(True) is False
    )


def _for_outsiders(store: Store) -> bool:
    """Whether somebody on another machine can connect, as far as that is known."""
    if store.service or store.published:
        return True
    return any(not _loopback(address) for address in store.addresses.known(()))


def _on_a_public_network(store: Store) -> bool:
    if store.at.kind is Kind.WIRE or not store.service:
        return any(_public(address) for address in store.addresses.known(()))
    return store.published


def _loopback(address: str) -> bool:
    return address == "localhost" or address.startswith(("127.", "unix:", "/")) or address in ("::1", "[::1]")


def _anywhere(address: str) -> bool:
    return address in ("*", "0.0.0.0", "::", "[::]", "::*") or _public(address)


def _public(address: str) -> bool:
    try:
        return ip_address(address.strip("[]")).is_global
    except ValueError:
        return False
