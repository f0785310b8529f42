"""From cassandra.yaml to what the node is to its clients.

Source: https://cassandra.apache.org/doc/latest/cassandra/managing/configuration/cass_yaml_file.html. Clients need no credential
unless `authenticator` names a class that requires one; `rpc_address` is `localhost` by default. Native encryption is off by
default, and connections without it stay admitted while `optional` is on.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact, Store
from batten.facts.application import Peer
from batten.model import UNKNOWN, Setting, Switch
from batten.technologies._settings.offers import ciphers, listener, secrets, unverified, versions
from batten.technologies._settings.told import Told

PORT = 9042
_CLIENTS, _NODES = "client_encryption_options", "server_encryption_options"
_PASSWORDS = ("keystore_password", "truststore_password", "key_password")


def _class(told: Told, key: str, default: str) -> Setting[str]:
    """A class by its last name; since 4.1 it may be below `class_name`."""
    named = told.word(f"{key}.class_name") if f"{key}.class_name" in told.found else told.word(key, default)
    return Setting(named.known("").rpartition(".")[2] if named.is_known else UNKNOWN, named.at)


def store(told: Told, service: str = "") -> Store:
    asks = _class(told, "authenticator", "AllowAllAuthenticator")
    tls = told.truth(f"{_CLIENTS}.enabled", False)
    optional = told.truth(f"{_CLIENTS}.optional", not tls.known(False))
    open_to_all = asks.known("") == "AllowAllAuthenticator"
    return Store(
        told.at,
        product="apache-cassandra",
        authentication=Setting(UNKNOWN if not asks.is_known else not open_to_all, asks.at),
        addresses=_addresses(told),
        port=told.number("native_transport_port", PORT),
        version=told.version,
        tls=tls,
        plain=optional,
        dangerous=tuple(_dangerous(told)),
        service=service,
        configured_by=(told.path,),
    )


def _addresses(told: Told) -> Setting[tuple[str, ...]]:
    if "rpc_interface" in told.found:
        return Setting(UNKNOWN, told.found["rpc_interface"].at)
    return told.words("rpc_address", ("localhost",))


def _dangerous(told: Told) -> Iterator[Setting[Switch]]:
    """Code of clients' own that the node runs, and, with logins on, users who all may do everything."""
    for key in ("scripted_user_defined_functions_enabled", "enable_scripted_user_defined_functions"):
        scripts = told.truth(key, False)
        if scripts.known(False):
            yield Setting(Switch.SCRIPTED_FUNCTIONS, scripts.at)
    asks = _class(told, "authenticator", "AllowAllAuthenticator").known("AllowAllAuthenticator")
    rights = _class(told, "authorizer", "AllowAllAuthorizer")
    if asks != "AllowAllAuthenticator" and rights.known("") == "AllowAllAuthorizer":
        yield Setting(Switch.EVERYONE_AUTHORIZED, rights.at)


def facts(told: Told) -> Iterator[Fact]:
    """What TLS offers, whether nodes verify each other's names, and passwords that are written out."""
    offered = told.words(f"{_CLIENTS}.accepted_protocols")
    protocols = versions(offered) if offered.written else None
    suites = ciphers(told, f"{_CLIENTS}.cipher_suites")
    yield from listener(told.missing(_CLIENTS), protocols, suites, PORT)
    if told.word(f"{_NODES}.internode_encryption", "none").known("none") != "none":
        yield from unverified(told.truth(f"{_NODES}.require_endpoint_verification", False), Peer.CLUSTER)
    yield from secrets(g for g in told.found.values() if g.key.endswith(_PASSWORDS))
