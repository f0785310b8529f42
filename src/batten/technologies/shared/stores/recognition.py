"""Databases, caches and queues, recognised by the images, commands and variables of workloads.

Compose and Kubernetes say the same in other words: a workload, the words that start it, its variables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import cast

from batten.facts import Store, Workload
from batten.formats import Workspace
from batten.model import ABSENT, Location, Setting
from batten.technologies._wings import package_of
from batten.technologies.shared.containers import images
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.container import KEPT, completed
from batten.technologies.shared.stores import names
from batten.technologies.shared.stores.logins import RECOGNISERS
from batten.technologies.shared.stores.mosquitto import mosquitto
from batten.technologies.shared.stores.options import dangerous, tls

PORTS = {
    "redis": 6379,
    "valkey": 6379,
    "keydb": 6379,
    "dragonfly": 6379,
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
# What a product's own file and command say beside the image's variables.
Completion = Callable[[Store, Container, Workspace], Store]
# The technology's folder: its `container` module is imported where a container runs it.
_COMPLETED = {
    "clickhouse": "clickhouse",
    "etcd": "etcd",
    "mariadb": "mysql",
    "memcached": "memcached",
    "mysql": "mysql",
    "postgresql": "postgresql",
}
_REDIS = ("redis", "valkey", "keydb")


def looked_for(product: str) -> tuple[str, ...]:
    """Where images of a store look for option files by themselves."""
    if product in KEPT:
        return tuple(filter(None, (*KEPT[product].places, KEPT[product].folder[0])))
    module = _module(product)
    return (*getattr(module, "PLACES", ()), *getattr(module, "FOLDERS", ()))


def _module(product: str) -> ModuleType | None:
    folder = _COMPLETED.get(product)
    return import_module(f"{package_of(folder)}.container") if folder is not None else None


def product_of(image: str) -> str:
    """The store that an image holds; "" for others."""
    found = names.named(image)
    return found.product if found is not None else ""


def recognised(workload: Workload, words: Sequence[str]) -> names.Named | None:
    """The store that a workload runs: by its command where that says it, then by its image, then by its variables."""
    if names.only_talks(words):
        return None
    image = workload.image.known("")
    by_image, started = names.named(image), names.started(words)
    if by_image is not None and started in ("", by_image.product):
        return by_image
    last = images.parse(image).name.rpartition("/")[2]
    product = started or names.by_variables(last, workload.environment, workload.mounts)
    return names.Named(product) if product else None


def store(
    workload: Workload, arguments: tuple[tuple[str, Location], ...], complete: bool, workspace: Workspace
) -> Store | None:
    """The store that a workload runs, if it is a known one.

    `arguments` are the words of its entry point and command, each with its place; `complete` says that every variable
    it gets is known by name. What an image of others' does where nothing is written is not known.
    """
    found = recognised(workload, [word for word, _ in arguments])
    if found is None:
        return None
    product, reference = found.product, images.parse(workload.image.known(""))
    known = images.Reference(found.image, reference.tag)
    version = next((v for p, v in images.components(known) if p == product), "")
    container = Container(workload, product, version, arguments, complete and found.image != "")
    if product in _REDIS:
        redis = import_module(f"{package_of('redis')}.container")
        return placed(redis.redis_store(container, workspace), workload)
    default: Setting[bool] | None = None
    if product == "mosquitto":
        authentication = mosquitto(container)
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
    module = _module(product)
    if module is not None:
        made = cast(Completion, module.completed)(made, container, workspace)
    elif product in KEPT:
        made = completed(KEPT[product], made, container, workspace)
    return placed(made, workload)


def placed(found: Store, workload: Workload) -> Store:
    """The store with the port that lets others in, when one is published beyond the host."""
    default = PORTS.get(found.product, 0)  # a port that is published is one that is listened at
    inner = (found.port.known(default), *_MORE_PORTS.get(found.product, ()))
    for port in workload.ports:
        if port.container_port in inner and port.outside:
            addresses: tuple[str, ...] = (port.host_address.known("0.0.0.0"),)
            return replace(found, published=True, addresses=Setting(addresses, port.at))
    return replace(found, composed=bool(workload.networks))
