"""Databases, caches and queues, recognised by the images that workloads run.

Compose and Kubernetes say the same in other words: a workload, the words that start it, its variables.
"""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store, Workload
from batten.formats import Workspace
from batten.model import ABSENT, Location, Setting
from batten.technologies._containers import images
from batten.technologies._containers.container import Container
from batten.technologies._stores.logins import RECOGNISERS
from batten.technologies._stores.mosquitto import mosquitto
from batten.technologies._stores.options import dangerous, tls
from batten.technologies.redis.container import redis_store

PORTS = {
    "redis": 6379,
    "valkey": 6379,
    "postgresql": 5432,
    "mysql": 3306,
    "mariadb": 3306,
    "mongodb": 27017,
    "elasticsearch": 9200,
    "opensearch": 9200,
    "rabbitmq": 5672,
    "memcached": 11211,
    "minio": 9000,
    "neo4j": 7687,
    "influxdb": 8086,
    "couchdb": 5984,
    "nats": 4222,
    "apache-cassandra": 9042,
    "etcd": 2379,
    "zookeeper": 2181,
    "kafka": 9092,
    "clickhouse": 8123,
    "sqlserver": 1433,
    "arangodb": 8529,
    "weaviate": 8080,
    "mosquitto": 1883,
}
_MORE_PORTS = {"clickhouse": (9000,), "neo4j": (7474,), "mosquitto": (8883,), "rabbitmq": (5671,)}
# Images of stores whose tags are no versions of the store, or that no release-cycle table knows.
_IMAGES = {
    "postgis/postgis": "postgresql",
    "timescale/timescaledb": "postgresql",
    "timescale/timescaledb-ha": "postgresql",
    "pgvector/pgvector": "postgresql",
    "percona": "mysql",
    "percona/percona-server": "mysql",
    "mongodb/mongodb-community-server": "mongodb",
    "percona/percona-server-mongodb": "mongodb",
    "quay.io/minio/minio": "minio",
    "quay.io/coreos/etcd": "etcd",
    "gcr.io/etcd-development/etcd": "etcd",
    "registry.k8s.io/etcd": "etcd",
    "zookeeper": "zookeeper",
    "confluentinc/cp-zookeeper": "zookeeper",
    "apache/kafka": "kafka",
    "apache/kafka-native": "kafka",
    "confluentinc/cp-kafka": "kafka",
    "confluentinc/confluent-local": "kafka",
    "clickhouse": "clickhouse",
    "clickhouse/clickhouse-server": "clickhouse",
    "eclipse-mosquitto": "mosquitto",
    "mcr.microsoft.com/mssql/server": "sqlserver",
    "mcr.microsoft.com/azure-sql-edge": "sqlserver",
    "arangodb": "arangodb",
    "arangodb/arangodb": "arangodb",
    "semitechnologies/weaviate": "weaviate",
    "cr.weaviate.io/semitechnologies/weaviate": "weaviate",
}
_BITNAMI = {"cassandra": "apache-cassandra", "mongodb-sharded": "mongodb", "mariadb-galera": "mariadb"}


def product_of(image: str) -> str:
    """The store that an image holds; "" for others."""
    name = images.parse(image).name
    vendor, _, last = name.rpartition("/")
    if vendor.rpartition("/")[2] in ("bitnami", "bitnamilegacy", "bitnamisecure"):
        found = _BITNAMI.get(last, last)
    else:
        found = _IMAGES.get(name) or images.PRODUCTS.get(name, "")
    return found if found in PORTS else ""


def store(
    workload: Workload, arguments: tuple[tuple[str, Location], ...], complete: bool, workspace: Workspace
) -> Store | None:
    """The store that a workload runs, if its image is a known one that is not built here.

    `arguments` are the words of its entry point and command, each with its place; `complete` says that
    every variable it gets is known by name.
    """
    product = product_of(workload.image.known(""))
    if workload.build_context or not product:
        return None
    reference = images.parse(workload.image.known(""))
    version = next((v for p, v in images.components(reference) if p == product), "")
    container = Container(workload, product, version, arguments, complete)
    if product in ("redis", "valkey"):
        return placed(redis_store(container, workspace), workload)
    default: Setting[bool] | None = None
    if product == "mosquitto":
        authentication = mosquitto(container, workspace)
    else:
        authentication, default = RECOGNISERS[product](container)
    made = Store(
        workload.at,
        product=product,
        authentication=authentication,
        addresses=Setting(ABSENT, workload.at, ("0.0.0.0",)),
        port=Setting(ABSENT, workload.at, PORTS[product]),
        version=version,
        default_credentials=default,
        tls=tls(container),
        dangerous=tuple(dangerous(container)),
        service=workload.name,
    )
    return placed(made, workload)


def placed(found: Store, workload: Workload) -> Store:
    """The store with the port that lets others in, when one is published beyond the host."""
    inner = (found.port.known(0), *_MORE_PORTS.get(found.product, ()))
    for port in workload.ports:
        if port.container_port in inner and port.outside:
            addresses: tuple[str, ...] = (port.host_address.known("0.0.0.0"),)
            return replace(found, published=True, addresses=Setting(addresses, port.at))
    return found
