"""In which Secret the files keep a credential, and which pods connect to a store.

Sources: https://external-secrets.io/latest/api/externalsecret/ and https://github.com/bitnami-labs/sealed-secrets
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.model.record import record
from batten.technologies.orchestration.kubernetes.cluster import Cluster, Pod, same_namespace
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

# A client's variable, and those of the store that hold the same password; the client's variable that names the store.
_OF_THE_STORE = {
    "PGPASSWORD": ("PGHOST", ("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")),
    "POSTGRES_PASSWORD": ("POSTGRES_HOST", ("POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD")),
    "MYSQL_PWD": ("MYSQL_HOST", ("MYSQL_PASSWORD", "MARIADB_PASSWORD")),
    "REDIS_PASSWORD": ("REDIS_HOST", ("REDIS_PASSWORD", "VALKEY_PASSWORD")),
    "RABBITMQ_PASSWORD": ("RABBITMQ_HOST", ("RABBITMQ_DEFAULT_PASS",)),
}


@record
class Stored:
    """A key of a Secret."""

    secret: str
    key: str


def stored(name: str, own: KubernetesObject, cluster: Cluster) -> Stored | None:
    """The one Secret of the object's namespace that the files show to have the variable, by its key or by the variable of
    another container; None where they show none, or several."""
    found = {
        Stored(secret, key)
        for held in cluster.objects
        if same_namespace(held.namespace, own.namespace)
        for secret, key in _keys(held)
        if key == name
    }
    if not found:
        found = set(
            _referenced(
                (name,), (pod for pod in cluster.pods if same_namespace(pod.namespace, own.namespace))
            )
        )
    if not found and name in _OF_THE_STORE:
        found = set(_of_the_store(name, own, cluster))
    return next(iter(found)) if len(found) == 1 else None


def _keys(held: KubernetesObject) -> Iterator[tuple[str, str]]:
    """The keys of the Secret that the object is, or that a controller makes of it."""
    if held.kind == "Secret":
        for part in ("data", "stringData"):
            yield from ((held.name, key) for key, _ in held.body[part].entries())
    elif held.kind == "SealedSecret":
        name = held.spec["template"]["metadata"]["name"].text or held.name
        yield from ((name, key) for key, _ in held.spec["encryptedData"].entries())
    elif held.kind == "ExternalSecret":
        target = held.spec["target"]
        name = target["name"].text or held.name
        made = target["template"]["data"]
        listed = (item["secretKey"].text for item in held.spec["data"].items())
        yield from ((name, key) for key in ([k for k, _ in made.entries()] if made.exists else listed))


def _referenced(names: tuple[str, ...], pods: Iterator[Pod]) -> Iterator[Stored]:
    """The keys of Secrets that variables of these names have their values of."""
    for pod in pods:
        for container in pod.containers:
            for item in container.body["env"].items():
                held = item["valueFrom"]["secretKeyRef"]
                secret, key = held["name"].text, held["key"].text
                if item["name"].text in names and secret and key:
                    yield Stored(secret, key)


def _of_the_store(name: str, own: KubernetesObject, cluster: Cluster) -> Iterator[Stored]:
    """The key of the store that the client's variables name as the host."""
    variable, names = _OF_THE_STORE[name]
    pod = cluster.running.get(id(own))
    hosts = {
        item["value"].text.partition(".")[0]
        for container in (pod.containers if pod is not None else ())
        for item in container.body["env"].items()
        if item["name"].text == variable
    }
    for service in cluster.of("Service"):
        if service.name in hosts and same_namespace(service.namespace, own.namespace):
            yield from _referenced(names, iter(cluster.pods_of(service)))


def clients(store: Pod, cluster: Cluster) -> list[str]:
    """The workloads and ConfigMaps that name a Service of the store as a host."""
    hosts = [service.name for service in cluster.services(store)]
    if not hosts:
        return []
    said = re.compile(  # ours: names of Services between what stands around a host
        rf"(?<![\w.-])(?:{'|'.join(map(re.escape, hosts))})(?=[.:/\"'\s,;?)\]]|\Z)"
    )
    found = [
        other.name
        for other in cluster.pods
        if other is not store and any(said.search(text) for text in _texts(other))
    ]
    for held in cluster.of("ConfigMap"):
        if same_namespace(held.namespace, store.namespace) and any(
            said.search(value.text) for _, value in held.body["data"].entries()
        ):
            found.append(held.name)
    return list(dict.fromkeys(found))


def _texts(pod: Pod) -> Iterator[str]:
    for container in pod.containers:
        for item in container.body["env"].items():
            yield item["value"].text
        yield from (*container.body["command"].words(), *container.body["args"].words())


def same_value(own: Field, cluster: Cluster) -> list[str]:
    """Other variables that hold the same value, and of which no Secret is shown: the ends of a connection change together."""
    value = own.text
    if len(value) < 4:
        return []
    within = re.compile(  # ours: a value at the places of a password
        rf"(?:(?i:password|pwd)\s*=\s*|://[^/\s:@]*:){re.escape(value)}(?=[;@\"'\s]|\Z)"
    )
    return list(
        dict.fromkeys(
            item["name"].text
            for pod in cluster.pods
            for container in pod.containers
            for item in container.body["env"].items()
            if item["value"].exists
            and (item["value"].source, item["value"].span) != (own.source, own.span)
            and _credential(item["name"].text, item["value"].text, value, within)
            and stored(item["name"].text, pod.owner, cluster) is None
        )
    )


def _credential(name: str, text: str, value: str, within: re.Pattern[str]) -> bool:
    """Whether a variable has the value as a password: of its own, or in the text of a connection."""
    if text == value:
        return "PASS" in name.upper() or name.upper().endswith(("PWD", "_PW", "TOKEN", "SECRET", "KEY"))
    return within.search(text) is not None


def probed(store: Pod) -> bool:
    """Whether a probe asks the store over HTTP without a login."""
    return any(
        container.body[probe]["httpGet"].exists and not container.body[probe]["httpGet"]["httpHeaders"].exists
        for container in store.containers
        for probe in ("readinessProbe", "livenessProbe", "startupProbe")
    )
