"""Ports, and who is behind one.

A number is the weakest evidence: n8n answers at debugpy's 5678, an API at Kafka's 9092. Image, command and names decide
first. What is known to be something else makes the number say nothing; where nothing is known, a number that hardly
anybody else uses is a guess, and any other says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.model.record import record
from batten.technologies.shared.containers import images


@record
class Behind:
    """What answers at a port, by the word of the table below; `guessed` where only the number says it."""

    what: str = ""
    guessed: bool = False


@record(kw_only=True)
class Evidence:
    """What is known of who listens: the images it runs or is built on, the words of its command, names of it."""

    images: tuple[str, ...] = ()
    words: Sequence[str] = ()
    names: tuple[str, ...] = ()


# Ports at which something answers that only its operators and its own clients should reach.
ADMIN = {
    22: "ssh",
    23: "telnet",
    111: "rpcbind",
    445: "smb",
    1433: "sqlserver",
    1521: "oracle",
    2049: "nfs",
    2181: "zookeeper",
    2375: "docker",
    2376: "docker",
    2379: "etcd",
    2380: "etcd",
    3306: "mysql",
    3389: "rdp",
    4369: "epmd",
    5005: "java-debugger",
    5432: "postgresql",
    5672: "rabbitmq",
    5678: "python-debugger",
    5900: "vnc",
    5984: "couchdb",
    6379: "redis",
    6380: "redis",
    7687: "neo4j",
    8086: "influxdb",
    8123: "clickhouse",
    8500: "consul",
    9042: "cassandra",
    9092: "kafka",
    9200: "elasticsearch",
    9229: "node-inspector",
    9300: "elasticsearch",
    10250: "kubelet",
    11211: "memcached",
    15672: "rabbitmq-management",
    27017: "mongodb",
    27018: "mongodb",
    33060: "mysql",
}
# Numbers that are often somebody else's: they say nothing without other evidence.
_SHARED = frozenset((5005, 5672, 5678, 5984, 6380, 7687, 8086, 8123, 8500, 9092, 9200, 9300))
# Words of images, commands and names that stand for what the table calls so.
_CALLED = {
    "ssh": "ssh sshd openssh sftp bastion jumphost",
    "telnet": "telnet telnetd",
    "rpcbind": "rpcbind nfs",
    "smb": "smb smbd samba cifs",
    "sqlserver": "mssql sqlserver",
    "oracle": "oracle",
    "nfs": "nfs",
    "zookeeper": "zookeeper zk",
    "docker": "docker dind dockerd",
    "etcd": "etcd",
    "mysql": "mysql mysqld mariadb mariadbd percona",
    "rdp": "rdp xrdp windows",
    "epmd": "rabbitmq ejabberd erlang couchdb emqx",
    "java-debugger": "jdwp",
    "postgresql": "postgres postgresql postgis timescaledb pgvector pgbouncer pgpool citus cockroach",
    "rabbitmq": "rabbitmq amqp",
    "python-debugger": "debugpy ptvsd",
    "vnc": "vnc novnc tigervnc x11vnc",
    "couchdb": "couchdb",
    "redis": "redis valkey keydb dragonfly dragonflydb",
    "neo4j": "neo4j",
    "influxdb": "influxdb influx",
    "clickhouse": "clickhouse",
    "consul": "consul",
    "cassandra": "cassandra scylla scylladb",
    "kafka": "kafka redpanda",
    "elasticsearch": "elasticsearch opensearch elastic",
    "node-inspector": "inspect",
    "kubelet": "kubelet",
    "memcached": "memcached memcache",
    "rabbitmq-management": "rabbitmq",
    "mongodb": "mongo mongodb mongod",
}
_WORDS = {what: frozenset(words.split()) for what, words in _CALLED.items()}
_STORES = frozenset(
    (
        "sqlserver",
        "oracle",
        "mysql",
        "postgresql",
        "couchdb",
        "redis",
        "neo4j",
        "cassandra",
        "mongodb",
        "memcached",
    )
)
_A_STORE = frozenset(("db", "database", "sql", "cache", "store"))
_TALKS = frozenset(
    (
        "admin",
        "api",
        "app",
        "backup",
        "client",
        "commander",
        "connect",
        "console",
        "consumer",
        "dashboard",
        "exporter",
        "express",
        "insight",
        "producer",
        "redisinsight",
        "service",
        "ui",
        "web",
        "worker",
    )
)
_DAEMONS = frozenset(
    ("sshd", "dockerd", "kubelet", "consul", "vncserver", "x11vnc", "smbd", "rpcbind", "xrdp")
)
_DEBUGGER = re.compile(r"jdwp|debugpy|ptvsd|--inspect")
_PARTS = re.compile(r"[^a-z0-9]+|(?<=[a-z])(?=\d)")


def behind(number: int, evidence: Evidence) -> Behind:
    """Who listens at a container's TCP port that outsiders should not reach."""
    what = ADMIN.get(number, "")
    if not what:
        return Behind()
    told = {part for name in (*evidence.names, *map(_last, evidence.images)) for part in _of_name(name)}
    told |= {part for word in _programs(evidence.words) for part in _PARTS.split(word)}
    if told & _WORDS[what] or (what in _STORES and told & _A_STORE):
        return Behind(what)
    if number in _SHARED or any(map(images.specific, evidence.images)):
        return Behind()
    return Behind(what, guessed=True)


def _of_name(name: str) -> set[str]:
    """The words of a name; none of what only talks to what its name says (`redis-exporter`)."""
    parts = set(_PARTS.split(name.lower()))
    return set() if parts & _TALKS else parts


def _programs(words: Sequence[str]) -> Iterator[str]:
    """The program that a command starts, daemons that a script starts, and debuggers among the options."""
    for number, word in enumerate(words):
        name = word.rpartition("/")[2].lower()
        if (number < 2 and not word.startswith("-")) or name in _DAEMONS or _DEBUGGER.search(word):
            yield name


def _last(image: str) -> str:
    return images.parse(image).name.rpartition("/")[2].lower()
