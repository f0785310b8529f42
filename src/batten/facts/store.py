from __future__ import annotations

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
    composed: bool = False  # it is on networks of a Compose file only, and publishes no port
    clustered: bool = False  # its operator serves it inside the cluster only
    answers: bool = False  # on the wire: it answered without a credential
    gains: str = ""  # completes "anyone can …", for one that answers; "" where it is not known
    close: str = ""  # the sentence that says what to set
    source: str = ""  # the page of the vendor's documentation that says so
