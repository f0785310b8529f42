"""Which store an image's name, its command and its variables say that it is.

A mirror or a private registry keeps the last part of a name, and people who build on a store's image keep its word in
theirs: `registry.corp/mirror/library/redis`, `ghcr.io/shop/postgres-custom`. The same word stands in names of what only
talks to a store (`redis-exporter`, `postgres-backup`), so every other word of the name must be one that stores have.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from batten.facts import Mount
from batten.model.record import record
from batten.technologies.shared.containers import images

# Images of stores whose tags are no versions of the store, or that no release-cycle table knows.
_IMAGES = {
    "postgis/postgis": "postgresql",
    "timescale/timescaledb": "postgresql",
    "timescale/timescaledb-ha": "postgresql",
    "pgvector/pgvector": "postgresql",
    "ankane/pgvector": "postgresql",
    "citusdata/citus": "postgresql",
    "paradedb/paradedb": "postgresql",
    "tensorchord/pgvecto-rs": "postgresql",
    "percona": "mysql",
    "percona/percona-server": "mysql",
    "mongodb/mongodb-community-server": "mongodb",
    "mongodb/mongodb-enterprise-server": "mongodb",
    "percona/percona-server-mongodb": "mongodb",
    "redis/redis-stack-server": "redis",
    "eqalpha/keydb": "keydb",
    "dragonflydb/dragonfly": "dragonfly",
    "minio/minio": "minio",
    "coreos/etcd": "etcd",
    "etcd-development/etcd": "etcd",
    "registry.k8s.io/etcd": "etcd",
    "zookeeper": "zookeeper",
    "confluentinc/cp-zookeeper": "zookeeper",
    "apache/kafka": "kafka",
    "apache/kafka-native": "kafka",
    "apache/couchdb": "couchdb",
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
}
_BITNAMI = {"cassandra": "apache-cassandra", "mongodb-sharded": "mongodb", "mariadb-galera": "mariadb"}
# Words of names, by the store that they are of.
_WORDS = {
    "redis": "redis",
    "valkey": "valkey",
    "keydb": "keydb",
    "dragonfly": "dragonfly",
    "dragonflydb": "dragonfly",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "postgis": "postgresql",
    "timescaledb": "postgresql",
    "pgvector": "postgresql",
    "mysql": "mysql",
    "percona": "mysql",
    "mariadb": "mariadb",
    "mongo": "mongodb",
    "mongodb": "mongodb",
    "elasticsearch": "elasticsearch",
    "opensearch": "opensearch",
    "rabbitmq": "rabbitmq",
    "memcached": "memcached",
    "minio": "minio",
    "neo4j": "neo4j",
    "influxdb": "influxdb",
    "couchdb": "couchdb",
    "nats": "nats",
    "cassandra": "apache-cassandra",
    "etcd": "etcd",
    "zookeeper": "zookeeper",
    "kafka": "kafka",
    "clickhouse": "clickhouse",
    "arangodb": "arangodb",
    "weaviate": "weaviate",
    "mosquitto": "mosquitto",
}
# What a store's image may be called beside its own word.
_NEUTRAL_TEXT = (
    "custom customized db dbs database databases server srv store storage cache broker local dev develop prod "
    "production staging alpine debian ubuntu bookworm bullseye rhel ubi our my own base image images docker container "
    "ha cluster clustered primary master main replica slave node standalone single patched hardened secure plus "
    "extended extensions ext with and oss enterprise community ce ee edition full minimal slim fips arm amd x "
    "stable latest lts gis vector timescale rs json rejson search stack sharded galera repmgr cdc logical wal "
    "pgcron partman pgroonga citus age multi multidb kraft native library official core data persistent ssl tls"
)
_NEUTRAL = frozenset(_NEUTRAL_TEXT.split())
# Words of names of what talks to a store, and is given the store's variables.
_TOOLS_TEXT = (
    "exporter backup backups dump restore insight express commander ui gui web admin pgadmin operator proxy client "
    "cli tool tools init migrate migration migrations migrator sidecar agent controller console connect connector rest "
    "schema registry bridge monitor metrics curator browser test tests api app service worker consumer producer seed "
    "seeder setup bouncer pgbouncer pool pooler pgpool router manager webhook adapter gateway sync job archive archiver "
    "dashboard dashboards sentinel hq health check checker wait"
)
_TOOLS = frozenset(_TOOLS_TEXT.split())
_PARTS = re.compile(r"[^a-z]+")
# The programs that are the stores, and programs in their images that only talk to one.
_SERVERS = {
    "redis-server": "redis",
    "valkey-server": "valkey",
    "keydb-server": "keydb",
    "dragonfly": "dragonfly",
    "postgres": "postgresql",
    "mysqld": "mysql",
    "mysqld_safe": "mysql",
    "mariadbd": "mariadb",
    "mongod": "mongodb",
    "memcached": "memcached",
    "rabbitmq-server": "rabbitmq",
    "nats-server": "nats",
    "etcd": "etcd",
    "mosquitto": "mosquitto",
    "clickhouse-server": "clickhouse",
    "couchdb": "couchdb",
    "kafka-server-start.sh": "kafka",
}
_CLIENTS_TEXT = (
    "redis-cli valkey-cli keydb-cli redis-benchmark redis-sentinel psql pg_dump pg_dumpall pg_restore pg_isready "
    "pg_basebackup pgbench mysql mysqldump mysqladmin mariadb mariadb-dump mariadb-admin mongo mongosh mongodump "
    "mongorestore mongoimport mongoexport mc rabbitmqadmin rabbitmqctl etcdctl kafka-topics kafka-topics.sh "
    "kafka-console-consumer kafka-console-consumer.sh kafka-console-producer kafka-console-producer.sh "
    "clickhouse-client cqlsh influx mosquitto_sub mosquitto_pub connect-distributed.sh"
)
_CLIENTS = frozenset(_CLIENTS_TEXT.split())
# Variables that only the images of the stores themselves read, and where they keep their data.
_OWN = {
    "postgresql": (("POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS", "PGDATA"), "/var/lib/postgresql"),
    "mysql": (("MYSQL_ROOT_PASSWORD", "MYSQL_ALLOW_EMPTY_PASSWORD"), "/var/lib/mysql"),
    "mariadb": (("MARIADB_ROOT_PASSWORD", "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD"), "/var/lib/mysql"),
    "mongodb": (("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD"), "/data/db"),
    "rabbitmq": (("RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_USER"), "/var/lib/rabbitmq"),
    "minio": (("MINIO_ROOT_PASSWORD", "MINIO_ROOT_USER"), "/data"),
    "neo4j": (("NEO4J_AUTH",), "/data"),
}


@record
class Named:
    """A store by its image: `image` is the name that its documentation knows, "" for an image of others'."""

    product: str
    image: str = ""


def named(reference: str) -> Named | None:
    """The store that an image's name says that it holds."""
    name = images.parse(reference).name
    vendor, _, last = name.rpartition("/")
    if vendor.rpartition("/")[2] in ("bitnami", "bitnamilegacy", "bitnamisecure"):
        found = _BITNAMI.get(last, last)
        return Named(found, name) if found in _WORDS.values() else None
    for known in images.familiar(name):
        product = _IMAGES.get(known) or images.PRODUCTS.get(known, "")
        if product in _PRODUCTS:
            return Named(product, known)
    # The store in a name of others', where every other word is one that stores' images have.
    words = [w for w in _PARTS.split(last.lower()) if w not in ("", "v", "pg")]
    words_found = {_WORDS[w] for w in words if w in _WORDS}
    if len(words_found) != 1 or any(w not in _WORDS and w not in _NEUTRAL for w in words):
        product = ""
    else:
        product = words_found.pop()
    return Named(product) if product else None


_PRODUCTS = frozenset((*_WORDS.values(), *_IMAGES.values()))


def started(words: Sequence[str]) -> str:
    """The store that a command line starts; "" for another program, and for options alone."""
    program = words[0].rpartition("/")[2] if words else ""
    after = words[1].rpartition("/")[2] if program.endswith("docker-entrypoint.sh") and len(words) > 1 else ""
    return _SERVERS.get(after or program, "")


def only_talks(words: Sequence[str]) -> bool:
    """Whether a command line runs a client of a store, not the store: a backup, or a job that sets it up."""
    if not words or words[0].startswith("-"):
        return False
    programs = {word.rpartition("/")[2] for word in words}
    return not programs & _SERVERS.keys() and any(p in _CLIENTS for p in programs if p)


def by_variables(name: str, variables: Iterable[str], mounts: Iterable[Mount]) -> str:
    """The store whose own variables are set, where its folder of data is mounted or the image's name has its word."""
    given, targets = set(variables), [m.target.rstrip("/") for m in mounts]
    words = set(_PARTS.split(name.lower()))
    for product, (own, folder) in _OWN.items():
        kept = folder != "/data" and any(t.startswith(folder) for t in targets)
        called = product in mentioned(name) and not words & _TOOLS
        if given.intersection(own) and (kept or called):
            return product
    return ""


def mentioned(text: str) -> frozenset[str]:
    """The stores that the words of a name are of, whatever else is in it."""
    return frozenset(_WORDS[w] for w in _PARTS.split(text.lower()) if w in _WORDS)
