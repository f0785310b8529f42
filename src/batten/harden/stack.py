"""What a deployment consists of, beside its edge: one application and the data stores that it uses."""

from __future__ import annotations

from batten.harden.entry import Entry, Kind
from batten.harden.options import HardenProblem
from batten.model.record import record

# Each is `stores/<name>.py`, and its port as the vendor documents it (with TLS).
STORES = {
    "postgresql": 5432, "mariadb": 3306, "valkey": 6379, "redis": 6379, "rabbitmq": 5671, "mosquitto": 8883,
    "nats": 4222, "etcd": 2379, "mongodb": 27017, "elasticsearch": 9200,
}  # fmt: skip
APPLICATION, EDGE, CLIENT = "api", "edge", "acme"
BASE, BUILD = "base", "build"  # the images of an image's last stage, and of the one that builds


@record(kw_only=True)
class Application:
    """The API's own container: `image` names a digest, `port` is where it listens, `health` a path that answers without
    credentials ("" where there is none), `user` a number."""

    image: str = ""
    port: int = 8000
    health: str = ""
    user: int = 10001
    writable: tuple[str, ...] = ("/tmp",)  # folders that it writes to; each becomes a tmpfs


@record(kw_only=True)
class Store:
    """`name` is what the application calls it by; `kind` is one of STORES."""

    kind: str
    name: str
    image: str = ""

    @property
    def port(self) -> int:
        return STORES[self.kind]


@record
class Flow:
    """Who connects to whom, at which TCP port. "" is the outside world, or the entry that stands for it."""

    source: str
    target: str
    port: int


@record(kw_only=True)
class Stack:
    """`name` names the project, `edge` the engine (one of targets.EDGES)."""

    name: str = "api"
    edge: str = "nginx"
    edge_image: str = ""
    client_image: str = ""  # of a client of ACME, for an edge and a platform that have none
    application: Application = Application()
    stores: tuple[Store, ...] = ()
    entry: Entry = Entry()

    def __post_init__(self) -> None:
        for store in self.stores:
            if store.kind not in STORES:
                raise HardenProblem(f"'{store.kind}' is not a store; choose from {', '.join(sorted(STORES))}")
        names = [store.name for store in self.stores]
        if len(names) != len({*names, APPLICATION, EDGE}) - 2:
            raise HardenProblem("two parts of the stack have one name; give each store its own: KIND=NAME")
        if self.name == self.entry.namespace:
            raise HardenProblem(
                f"the namespace {self.name} denies all but the flows of its own stack, and the entry's pods would not be reached "
                "there; name theirs with --entry-namespace, or another --project"
            )

    @property
    def flows(self) -> tuple[Flow, ...]:
        """All connections that the stack needs, and no others; at port 80 the edge redirects to HTTPS, where
        nothing in front of it does."""
        inner = (Flow(APPLICATION, store.name, store.port) for store in self.stores)
        redirect = (Flow("", EDGE, 80),) if self.entry.kind is Kind.SERVICE else ()
        return (
            Flow("", EDGE, 443),
            *redirect,
            Flow(EDGE, APPLICATION, self.application.port),
            *inner,
        )
