"""Whether a store answers anonymous clients: one harmless exchange, never a write, and a vendor's default password
only where the environment's policy says so (`default-credentials: true`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from struct import error as StructError

from batten.live.exchange import CertificateWanted, NotAnswered, OtherProduct, Probe, Steps, Unreachable
from batten.live.probes.transport import after_store
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
