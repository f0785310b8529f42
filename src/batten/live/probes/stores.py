"""Whether a store answers anonymous clients: one harmless exchange, never a write, and a vendor's default password
only where the environment's policy says so (`default-credentials: true`)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from struct import error as StructError
from urllib.parse import urlsplit

from batten.facts import Endpoint, Store
from batten.live.catalogue.item import keys, text, titled
from batten.live.exchange import (
    Answer,
    CertificateWanted,
    NotAnswered,
    OtherProduct,
    Probe,
    Question,
    Response,
    Steps,
    Unreachable,
)
from batten.live.probes.scenes import hops
from batten.live.probes.transport import after_store
from batten.live.products import PRODUCTS
from batten.live.products.product import either
from batten.live.proofs import is_page
from batten.live.scene import BROWSER, looked
from batten.live.stores import (
    amqp,
    cassandra,
    clickhouse,
    consoles,
    couchdb,
    edges,
    elasticsearch,
    etcd,
    influxdb,
    kafka,
    memcached,
    mongodb,
    mqtt,
    mysql,
    nats,
    orchestrators,
    postgresql,
    rabbitmq_management,
    redis,
    s3,
    unknown,
    zookeeper,
)
from batten.live.stores.door import Door, complaint, doors
from batten.live.stores.sighting import Sighting, facts
from batten.live.survey import Survey

_PROBES: dict[str, Callable[[Door], Steps]] = {
    "redis": redis.probe,
    "memcached": memcached.probe,
    "mongodb": mongodb.probe,
    "elasticsearch": elasticsearch.probe,
    "couchdb": couchdb.probe,
    "etcd": etcd.probe,
    "postgresql": postgresql.probe,
    "mysql": mysql.probe,
    "amqp": amqp.probe,
    "rabbitmq-management": rabbitmq_management.probe,
    "kafka": kafka.probe,
    "zookeeper": zookeeper.probe,
    "cassandra": cassandra.probe,
    "influxdb": influxdb.probe,
    "s3": s3.probe,
    "nats": nats.probe,
    "mqtt": mqtt.probe,
    "clickhouse": clickhouse.probe,
    "clickhouse-native": clickhouse.native,
    "consul": consoles.consul,
    "docker": orchestrators.docker,
    "kubelet": orchestrators.kubelet,
    "kubernetes": orchestrators.kubernetes,
    "prometheus": consoles.prometheus,
    "grafana": consoles.grafana,
    "caddy": edges.caddy,
    "envoy": edges.envoy,
    "haproxy": edges.haproxy,
}
FOLDERS = (
    "/elasticsearch",
    "/es",
    "/opensearch",
    "/couchdb",
    "/influxdb",
    "/prometheus",
    "/grafana",
    "/rabbitmq",
    "/consul",
)
_OWN = (
    ("/version", keys("etcdserver"), "etcd"),
    ("/version", keys("ApiVersion", "MinAPIVersion"), "docker"),
    ("/config/", either(keys("apps"), keys("admin.listen")), "caddy"),
    ("/pods", text(r'"kind"\s*:\s*"PodList"'), "kubelet"),
    ("/ping", influxdb.recognised, "influxdb"),
    ("/v1/agent/self", keys("Config.Datacenter", "Member"), "consul"),
    ("/stats", titled(r"Statistics Report for HAProxy"), "haproxy"),
    ("/haproxy?stats", titled(r"Statistics Report for HAProxy"), "haproxy"),
)
_ORCHESTRATORS = ("docker", "kubelet", "kubernetes")
_CONSOLES = ("prometheus", "grafana", "rabbitmq-management", "caddy", "envoy", "haproxy")
_NO_STORES = frozenset((*_ORCHESTRATORS, *_CONSOLES, ""))


def plan(survey: Survey) -> Iterator[Probe]:
    environment = survey.environment
    seen: set[tuple[str, int]] = set()
    for entry in environment.stores:
        wrong = complaint(entry)
        if wrong:
            yield Probe("a store", _cannot(wrong))
        for door in doors(entry, environment.default_credentials):
            if (door.host, door.port) not in seen:
                seen.add((door.host, door.port))
                steps = after_store(_asked(door), door.host, door.port, door.source, environment.ca)
                yield Probe(f"store {door.source}", steps)


def probe_of(door: Door) -> Steps | None:
    """The steps that ask a door as the store that is usual there; None where none is."""
    return _PROBES[door.protocol](door) if door.protocol in _PROBES else None


def by_address(survey: Survey) -> Iterator[Probe]:
    """A store that speaks HTTP, at the address of an API: recognised by what the root answers, and asked as that store. Not
    where an open product was found, which is then what answers there."""
    parts = urlsplit(survey.environment.url)
    tls = parts.scheme == "https"
    place = (parts.hostname or "", parts.port or (443 if tls else 80))
    named = {(d.host, d.port) for entry in survey.environment.stores for d in doors(entry) if not d.swept}
    if place not in named and not (survey.scene.refuses or survey.scene.opened):
        credentials = survey.environment.default_credentials
        yield Probe("a store at the address", _at(survey, Door("", *place, tls, credentials=credentials)))


def _at(survey: Survey, door: Door) -> Steps:
    mounts = {
        mount.rstrip("/") for product in PRODUCTS for mount in product.mounts
    }  # asked for with the products
    for base in dict.fromkeys((survey.prefix, "", *(f for f in FOLDERS if f not in mounts))):
        scheme = yield from _spoken(survey, base)
        if scheme:
            try:
                found = list((yield from _asked(replace(door, scheme=scheme, base=base))))
            except OtherProduct:
                continue
            store = any(isinstance(fact, Store) and fact.answers for fact in found)
            # An open store is said once, whichever of its ways in are open.
            return [fact for fact in found if not (store and isinstance(fact, Endpoint))]
    return []


def _spoken(survey: Survey, base: str) -> Generator[Question, Answer, str]:
    """The scheme of the store whose root this is. Where the root says nothing, a few of their own paths are asked for."""
    scene = survey.scene
    own = base in ("", survey.prefix)
    if not own and scene.uniform:
        return ""
    answers = yield from hops(survey, f"{base}/", () if own else BROWSER)
    seen = [a for a in answers if isinstance(a, Response) and (own or not scene.as_nothing(a))]
    if own:
        seen += [root for root in scene.roots if root.request.path == f"{base}/"]
    scheme = next((name for answer in seen if (name := unknown.named(answer))), "")
    if scheme or not own or any(is_page(answer) for answer in seen):
        return scheme
    for path, sign, name in _OWN:
        answer = yield from looked(scene, survey.origin, base + path)
        if isinstance(answer, Response) and answer.status in (200, 204) and sign(answer):
            return name
    return ""


def _cannot(reason: str) -> Steps:
    """A store that is named but not understood is never silently passed."""
    yield from ()  # a generator fails when it is asked, not when it is planned
    raise NotAnswered(reason)


def _asked(door: Door) -> Steps:
    """What answers at a door. At a port that nobody named, silence and other servers are no news."""
    try:
        return (yield from _recognised(door))
    except (Unreachable, OtherProduct):
        if door.swept:
            return []
        raise
    except CertificateWanted:
        if door.protocol in _NO_STORES:
            return []
        locked = Sighting(
            door.protocol, False, "a TLS handshake", "a client certificate is required", tls=True
        )
        return facts(door, locked)
    except (ValueError, LookupError, StructError, RecursionError) as error:
        raise NotAnswered(
            f"the answer cannot be parsed as {door.scheme or 'any protocol that batten supports'}"
        ) from error


def _recognised(door: Door) -> Steps:
    if door.scheme:
        try:
            return (yield from _PROBES[door.protocol](door))
        except OtherProduct:
            if not door.guessed or door.swept:
                raise
    scheme = yield from unknown.recognise(door)
    found = replace(door, scheme=scheme, guessed=False)
    return (yield from _PROBES[found.protocol](found))
