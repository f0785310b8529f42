"""From cassandra.yaml to what the node is to its clients.

Source: https://cassandra.apache.org/doc/latest/cassandra/managing/configuration/cass_yaml_file.html. Clients need no credential
unless `authenticator` names a class that requires one; ScyllaDB's and DSE's TransitionalAuthenticator admits those without
(https://docs.scylladb.com/manual/stable/operating-scylla/security/runtime-authentication.html). The file that is shipped has `rpc_address: localhost`; without it a node
listens for clients where it does for nodes, and without `listen_address` at the address of its host name
(DatabaseDescriptor.applyAddressConfig of its source); ScyllaDB's default is `localhost` (db/config.cc). Native encryption is off by
default, and connections without it stay admitted while `optional` is on, or beside `native_transport_port_ssl`, which 5.0 deprecates.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies.shared.settings.offers import secrets, switched_on, tls_listener, unverified
from batten.technologies.shared.settings.settings import Entry, Settings

PORT = 9042
_SCRIPTS = {
    "scripted_user_defined_functions_enabled": Switch.SCRIPTED_FUNCTIONS,
    "enable_scripted_user_defined_functions": Switch.SCRIPTED_FUNCTIONS,
}
_OPEN = ("AllowAllAuthenticator", "TransitionalAuthenticator")
_CLIENTS, _NODES = "client_encryption_options", "server_encryption_options"
_PASSWORDS = ("keystore_password", "truststore_password", "key_password")


def _class(settings: Settings, key: str, default: str) -> Setting[str]:
    """A class by its last name; since 4.1 it may be below `class_name`."""
    named = (
        settings.word(f"{key}.class_name")
        if f"{key}.class_name" in settings.found
        else settings.word(key, default)
    )
    return Setting(named.known("").rpartition(".")[2] if named.is_known else UNKNOWN, named.at)


def store(settings: Settings, service: str = "") -> Store:
    asks = _class(settings, "authenticator", "AllowAllAuthenticator")
    tls = settings.truth(f"{_CLIENTS}.enabled", False)
    open_to_all = asks.known("") in _OPEN
    if "rpc_interface" in settings.found:
        addresses: Setting[tuple[str, ...]] = Setting(UNKNOWN, settings.found["rpc_interface"].at)
    elif "rpc_address" not in settings.found and "listen_address" in settings.found:
        addresses = Setting(settings.words("listen_address").value, settings.missing("rpc_address"))
    else:
        scylla = settings.path.rpartition("/")[2].startswith("scylla")
        addresses = settings.words("rpc_address", ("localhost",) if scylla else UNKNOWN)
    # Code of clients' own that the node runs, and, with logins on, users who all may do everything.
    dangerous = list(switched_on(settings, _SCRIPTS))
    dangerous_asks = _class(settings, "authenticator", "AllowAllAuthenticator").known("AllowAllAuthenticator")
    rights = _class(settings, "authorizer", "AllowAllAuthorizer")
    if dangerous_asks not in _OPEN and rights.known("") == "AllowAllAuthorizer":
        dangerous.append(Setting(Switch.EVERYONE_AUTHORIZED, rights.at))
    return Store(
        settings.at,
        product="apache-cassandra",
        authentication=Setting(UNKNOWN if not asks.is_known else not open_to_all, asks.at),
        addresses=addresses,
        port=settings.number("native_transport_port", PORT),
        version=settings.version,
        tls=tls,
        plain=_plain(settings, tls.known(False)),
        dangerous=tuple(dangerous),
        service=service,
        configured_by=(settings.path,),
    )


def _plain(settings: Settings, offered: bool) -> Setting[bool]:
    """A port without TLS: the one beside that with it, or the one port while TLS is optional."""
    second, first = (
        settings.number("native_transport_port_ssl"),
        settings.number("native_transport_port", PORT),
    )
    if offered and second.written and second.known(0) != first.known(0):
        return Setting(True, second.at)
    return settings.truth(f"{_CLIENTS}.optional", not offered)


def facts(settings: Settings) -> Iterator[Fact]:
    """What TLS offers, whether nodes verify each other's names, and passwords that are written out."""
    yield from tls_listener(
        settings, _CLIENTS, f"{_CLIENTS}.accepted_protocols", f"{_CLIENTS}.cipher_suites", PORT
    )
    if settings.word(f"{_NODES}.internode_encryption", "none").known("none") != "none":
        yield from unverified(settings.truth(f"{_NODES}.require_endpoint_verification", False), Peer.CLUSTER)
    yield from secrets(
        g for g in settings.found.values() if g.key.endswith(_PASSWORDS) and not _shipped(settings, g)
    )


def _shipped(settings: Settings, given: Entry) -> bool:
    """Whether it is the line of the file that 3.11 ships, for a store of keys that is not used (conf/cassandra.yaml)."""
    nodes = settings.word(f"{_NODES}.internode_encryption", "none").known("") == "none"
    clients = settings.truth(f"{_CLIENTS}.enabled", False).known(True) is False
    return given.value == "cassandra" and (nodes if given.key.startswith(_NODES) else clients)
