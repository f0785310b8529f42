"""Where stores are asked: what an entry of `stores:` names, and which protocol is usual at which port."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from batten.model.record import record

# scheme -> (protocol, usual port, whether the scheme means TLS; None: whichever the port speaks)
SCHEMES: dict[str, tuple[str, int, bool | None]] = {
    "redis": ("redis", 6379, None),
    "rediss": ("redis", 6379, True),
    "valkey": ("redis", 6379, None),
    "valkeys": ("redis", 6379, True),
    "memcached": ("memcached", 11211, None),
    "memcache": ("memcached", 11211, None),
    "mongodb": ("mongodb", 27017, None),
    "elasticsearch": ("elasticsearch", 9200, None),
    "opensearch": ("elasticsearch", 9200, None),
    "couchdb": ("couchdb", 5984, None),
    "etcd": ("etcd", 2379, None),
    "postgresql": ("postgresql", 5432, None),
    "postgres": ("postgresql", 5432, None),
    "mysql": ("mysql", 3306, None),
    "mariadb": ("mysql", 3306, None),
    "amqp": ("amqp", 5672, None),
    "amqps": ("amqp", 5671, True),
    "rabbitmq": ("amqp", 5672, None),
    "rabbitmq-management": ("rabbitmq-management", 15672, None),
    "kafka": ("kafka", 9092, None),
    "zookeeper": ("zookeeper", 2181, None),
    "cassandra": ("cassandra", 9042, None),
    "influxdb": ("influxdb", 8086, None),
    "minio": ("s3", 9000, None),
    "s3": ("s3", 9000, None),
    "nats": ("nats", 4222, None),
    "mqtt": ("mqtt", 1883, None),
    "mqtts": ("mqtt", 8883, True),
    "mosquitto": ("mqtt", 1883, None),
    "clickhouse": ("clickhouse", 8123, None),
    "clickhouse-native": ("clickhouse-native", 9000, None),
    "consul": ("consul", 8500, None),
    "docker": ("docker", 2375, None),
    "kubelet": ("kubelet", 10250, None),
    "kubernetes": ("kubernetes", 6443, None),
    "prometheus": ("prometheus", 9090, None),
    "grafana": ("grafana", 3000, None),
    "caddy": ("caddy", 2019, None),
    "envoy": ("envoy", 9901, None),
    "haproxy": ("haproxy", 8404, None),
}
# The ports that are asked of a host for which none is named: port -> scheme, "" for whatever answers.
PORTS: dict[int, str] = {
    **{port: scheme for scheme, (_, port, _) in reversed(SCHEMES.items())},
    2376: "docker",
    6380: "redis",
    8501: "consul",
    9000: "",
    9093: "kafka",
    9443: "clickhouse",
    10255: "kubelet",
    27018: "mongodb",
}
SWEEP_SECONDS = 2.0


class NoDoor(ValueError):
    """The entry names no place; the sentence says what to write."""


@record
class Door:
    """One port at which a store may answer. `swept`: nobody named the port, so silence there is no news."""

    scheme: str  # "" when whatever answers is to be recognised
    host: str
    port: int
    tls: bool | None = None  # None: not known yet
    path: str = ""
    base: str = ""  # the folder below which it answers, of one that speaks HTTP; without a slash at its end
    swept: bool = False
    credentials: bool = False  # the vendor's own password may be tried
    guessed: bool = False  # the scheme is only what is usual at the port

    @property
    def protocol(self) -> str:
        return SCHEMES[self.scheme][0] if self.scheme in SCHEMES else self.scheme

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def source(self) -> str:
        return f"{self.scheme or 'tcp'}://{self.place}"

    @property
    def seconds(self) -> float:
        return SWEEP_SECONDS if self.swept else 0.0

    def with_tls(self, tls: bool) -> Door:
        return replace(self, tls=tls)


def doors(entry: str, credentials: bool = False) -> Iterator[Door]:
    """The ports that `host`, `host:port` or `scheme://host[:port][/path]` names; none for what names no place."""
    try:
        yield from _doors(entry.strip(), credentials)
    except NoDoor:
        return


def complaint(entry: str) -> str:
    """What is wrong with an entry, "" when nothing is."""
    try:
        list(_doors(entry.strip(), False))
    except NoDoor as error:
        return str(error)
    return ""


def _doors(entry: str, credentials: bool) -> Iterator[Door]:
    bare = entry if "://" in entry or entry.count(":") < 2 or entry.startswith("[") else f"[{entry}]"
    try:
        parts = urlsplit(bare if "://" in bare else f"//{bare}")
        parts_host, parts_port = parts.hostname or "", parts.port or 0
    except ValueError as error:
        raise NoDoor(
            f"'{_told(entry)}' is not an address: {error}; write host:port or redis://host:port"
        ) from error
    if not re.fullmatch(r"[\w.:%-]+", parts_host):
        raise NoDoor(f"'{_told(entry)}' has no host; write host:port or redis://host:port")
    scheme, host, port, path = parts.scheme, parts_host, parts_port, parts.path.strip("/")
    if scheme in SCHEMES:
        _, usual, tls = SCHEMES[scheme]
        yield Door(scheme, host, port or usual, tls, path, credentials=credentials)
    elif scheme in ("http", "https"):
        number = port or (443 if scheme == "https" else 80)
        yield Door("", host, number, scheme == "https", path, credentials=credentials)
    elif scheme not in ("", "tcp"):
        known = ", ".join(s for s in SCHEMES if not s.startswith("clickhouse-"))
        raise NoDoor(f"batten has no probe for {scheme} stores; supported are {known}")
    elif port:
        usual_scheme = PORTS.get(port, "")
        yield Door(
            usual_scheme,
            host,
            port,
            _tls_at(usual_scheme),
            credentials=credentials,
            guessed=bool(usual_scheme),
        )
    else:
        for number, usual_scheme in sorted(PORTS.items()):
            tls = _tls_at(usual_scheme)
            yield Door(
                usual_scheme,
                host,
                number,
                tls,
                swept=True,
                credentials=credentials,
                guessed=bool(usual_scheme),
            )


def _tls_at(scheme: str) -> bool | None:
    return SCHEMES[scheme][2] if scheme else None


def _told(entry: str) -> str:
    """An entry without a user's name and password."""
    return re.sub(r"//[^/]*@", "//", entry)[:80]
