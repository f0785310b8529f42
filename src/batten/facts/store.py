from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.facts.fact import Fact
from batten.model import Setting, Switch
from batten.model.record import record


@record(kw_only=True)
class Store(Fact):
    """A database, cache, queue or search engine: who can reach it and what it asks of them.

    None: the product has no such setting, or this source says nothing about it.
    """

    product: str  # "redis", "valkey", "postgresql" …
    authentication: Setting[bool]  # anyone must log in
    addresses: Setting[tuple[str, ...]]  # where it listens
    port: Setting[int]
    version: str = ""
    default_credentials: Setting[bool] | None = None
    protected: Setting[bool] | None = None  # refuses outsiders while it has no password (redis)
    tls: Setting[bool] | None = None
    plain: Setting[bool] | None = None  # a listener without TLS is on
    dangerous: tuple[Setting[Switch], ...] = ()  # commands or scripts left on that should be off
    service: str = ""  # the workload that runs it, by name
    configured_by: tuple[str, ...] = ()  # files whose settings are already merged in here
    published: bool = False
    contained: bool = False  # its file configures a program of a container, whose interfaces are its own
    unpublished: bool = False  # its file is copied into an image, and nothing here publishes a port of that
    composed: bool = False  # it is on networks of a Compose file only, and publishes no port
    clustered: bool = False  # its operator serves it inside the cluster only
    answers: bool = False  # on the wire: it answered without a credential
    gains: str = ""  # completes "anyone can …", for one that answers; "" where it is not known
    close: str = ""  # the sentence that says what to set
    source: str = ""  # the page of the vendor's documentation that says so
    protocols: Setting[tuple[str, ...]] | None = None  # TLS versions of its listeners: "TLSv1", "TLSv1.2" …
    ciphers: Setting[str] | None = None  # OpenSSL cipher string of its listeners (TLS 1.2 and older)
    # Further settings by the vendor's name and with his default; what is wrong in one: controls/_store_rows.py
    options: Mapping[str, Setting[str]] = field(default_factory=dict)


class Clients(Enum):
    """Where the clients are whom a rule for logins is about."""

    SOCKET = "local programs"
    LOOPBACK = "programs on the same machine"
    NETWORK = "clients of a network"
    ANY = "clients of any address"
    UNKNOWN = "clients"


@record(kw_only=True)
class LoginRule(Fact):
    """A rule of a store's own about logins: who is asked for what. The first one that fits a client decides."""

    product: str
    rule: str  # as people name it: "host all all 0.0.0.0/0"
    clients: Clients
    method: str  # the vendor's word: "trust", "md5", "scram-sha-256" …
    plain: bool = False  # clients may connect without TLS although the store offers it
    encrypted: bool = False  # it is for clients with TLS only
    defeat: str = ""  # why it has no effect, as people read it behind a colon
