"""Stores that a container runs with a file of its own, which is mounted where the image or a word of the command says.

A product's reader is imported when a container runs it with such a file, and not before.
"""

from __future__ import annotations

import re
from dataclasses import replace
from importlib import import_module

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model import Setting
from batten.model.record import record
from batten.technologies._containers import images
from batten.technologies._containers.container import Container
from batten.technologies._stores.mounted import mounted_file

_BITNAMI = "/opt/bitnami"
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_OPTIONS = ("-c", "-config", "--config", "-f", "--config-file")


@record(kw_only=True)
class Kept:
    """Where the image of a product keeps its file, in which form; with `options`, a word of the command names another."""

    technology: str
    form: str
    places: tuple[str, ...]
    options: tuple[str, ...] = ()

    def file(self, container: Container, workspace: Workspace) -> str:
        """The file on disk here; "" where it is not."""
        named = container.option(*self.options) if self.options else None
        inside = (named.known(""),) if named is not None else self.places
        return next((p for i in inside if i and (p := mounted_file(container, i, workspace))), "")


KEPT = {
    "apache-cassandra": Kept(technology="cassandra", form="YAML", places=("/etc/cassandra/cassandra.yaml",)),
    "couchdb": Kept(technology="couchdb", form="INI", places=("/opt/couchdb/etc/local.ini",)),
    "elasticsearch": Kept(
        technology="elasticsearch",
        form="DOTTED_YAML",
        places=("/usr/share/elasticsearch/config/elasticsearch.yml",),
    ),
    "influxdb": Kept(
        technology="influxdb", form="TOML", places=("/etc/influxdb/influxdb.conf",), options=_OPTIONS
    ),
    "kafka": Kept(
        technology="kafka",
        form="PROPERTIES",
        places=(
            "/mnt/shared/config/server.properties",
            "/opt/kafka/config/server.properties",
            f"{_BITNAMI}/kafka/config/server.properties",
        ),
    ),
    "mongodb": Kept(
        technology="mongodb", form="YAML", places=(f"{_BITNAMI}/mongodb/conf/mongodb.conf",), options=_OPTIONS
    ),
    "mosquitto": Kept(
        technology="mosquitto",
        form="SPACED",
        places=("/mosquitto/config/mosquitto.conf",),
        options=_OPTIONS,
    ),
    "nats": Kept(technology="nats", form="NATS", places=("/nats-server.conf",), options=_OPTIONS),
    "opensearch": Kept(
        technology="opensearch",
        form="DOTTED_YAML",
        places=("/usr/share/opensearch/config/opensearch.yml",),
    ),
    "rabbitmq": Kept(technology="rabbitmq", form="EQUALS", places=("/etc/rabbitmq/rabbitmq.conf",)),
    "zookeeper": Kept(technology="zookeeper", form="PROPERTIES", places=("/conf/zoo.cfg",)),
}


def completed(kept: Kept, found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what its file says, where no variable and no word of the command says it already."""
    path = kept.file(container, workspace)
    made = _told(kept, path, _version(container), workspace) if path else None
    if made is None:
        return found
    return replace(
        found,
        authentication=found.authentication if found.authentication.written else made.authentication,
        default_credentials=_credentials(kept, found, made, container),
        port=made.port if made.port.written and made.port.is_known else found.port,
        tls=made.tls if found.tls is None or not found.tls.written else found.tls,
        plain=made.plain,
        dangerous=(*found.dangerous, *made.dangerous),
        configured_by=(path,),
    )


def _credentials(kept: Kept, found: Store, made: Store, container: Container) -> Setting[bool] | None:
    """What the file says of well-known passwords, where it says anything; else what the variables do.

    The image of RabbitMQ has a file in conf.d that lets `guest` in from anywhere (10-defaults.conf). It stays beside one
    that is mounted alone, unless that names users or imports definitions: then there is no `guest`.
    """
    said, known = made.default_credentials, found.default_credentials
    if said is not None and said.written and said.is_known:
        return said
    alone = any(mount.target in kept.places for mount in container.workload.mounts)
    if made.product == "rabbitmq" and alone and not container.bitnami and said is not None and said.is_known:
        return known if known is None or known.written else container.missing(True)
    return known


def _version(container: Container) -> str:
    """That of the product; of one that no table of releases knows, what the tag begins with."""
    tag = images.parse(container.workload.image.known("")).tag
    found = _NUMBER.match(tag)
    return container.version or (found[0] if found else "")


def _told(kept: Kept, path: str, version: str, workspace: Workspace) -> Store | None:
    forms = import_module("batten.technologies._settings.forms")
    store = import_module(f"batten.technologies.{kept.technology}.store").store
    try:
        made = store(forms.reading(getattr(forms, kept.form), path, workspace, version))
    except (SyntaxProblem, Unreadable):
        return None  # the file's own reader reports it
    return made if isinstance(made, Store) else None
