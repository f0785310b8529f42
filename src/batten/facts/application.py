"""What frameworks and applications are told: settings, routes, connection strings."""

from __future__ import annotations

from enum import Enum

from batten.facts.fact import Fact
from batten.facts.headers import Content
from batten.model import Setting, Switch
from batten.model.record import record


class Peer(Enum):
    """Whom a TLS client talks to."""

    ANY = "any"
    CLUSTER = "cluster"  # another part of its own cluster
    METRICS = "metrics"  # what measurements are read from


@record
class Feature(Fact):
    """A switch of an application or server that is worth a control of its own.

    `on` is its state; `what` names it for people ("Swagger UI at /docs").
    """

    name: Switch
    on: Setting[bool]
    what: str = ""


@record
class UncheckedSocket(Fact):
    """A WebSocket server that opens connections for pages of any origin, as its code says; `what` says so, as people write it."""

    what: str


@record
class Verifying(Fact):
    """Whether a client that a resource declares verifies the certificate of whom it talks to."""

    on: Setting[bool]
    peer: Peer


class Trait(Enum):
    """What an application does by itself, or knows of what is in front of it, beside the headers that it sends."""

    HOSTS_CHECKED = "hosts-checked"  # other host names in requests are refused, or not used
    LOGINS_LIMITED = "logins-limited"  # who guesses passwords is held up
    TLS_BEFORE = "tls-before"  # set up to be behind a server that ends TLS


@record(kw_only=True)
class AppSettings(Fact):
    """One application object and the switches it has."""

    framework: str
    debug: Setting[bool]
    docs: tuple[Feature, ...] = ()  # interactive docs, schema endpoints
    content: Content = Content.UNKNOWN  # what its code shows that it answers with
    hosts: Setting[tuple[str, ...]] | None = None  # allowed Host headers; None: framework has no such thing
    licence: str = ""  # the file at the root by which anyone may read the project's source


@record
class AppRoute(Fact):
    """A path an application registers, and its verbs."""

    path: str  # with parameters as {name}
    methods: tuple[str, ...]
    documented: Setting[bool]  # whether the framework lists it in its own schema


@record
class UnreadRoutes(Fact):
    """Routes that an application registers under paths that its code does not show: no contract is compared with them."""

    what: str  # "NestJS routes"
    why: str  # in a few words
    part: str = ""  # which of the file's, as it is named there


@record(kw_only=True)
class ConnectionString(Fact):
    """A URL that an application uses to reach something: a store, an API, a broker."""

    scheme: str
    host: str  # "" when not known
    port: int
    has_password: bool
    encrypted: Setting[bool]
    verified: Setting[bool]
    local: bool = False
    variable: str = ""  # the environment variable or setting that holds it
