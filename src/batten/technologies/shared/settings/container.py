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
from batten.technologies._wings import package_of
from batten.technologies.shared.containers import images
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.settings import merge
from batten.technologies.shared.stores.mounted import mounted_file, mounted_files

_BITNAMI = "/opt/bitnami"
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_OPTIONS = ("-c", "-config", "--config", "-f", "--config-file")


@record(kw_only=True)
class Kept:
    """Where the image of a product keeps its file, in which form; with `options`, a word of the command names another.

    Files of `folder` with this ending are read after it, by their names.
    """

    technology: str
    form: str
    places: tuple[str, ...]
    options: tuple[str, ...] = ()
    folder: tuple[str, str] = ("", "")
    opens: bool = False  # what the file opens, the image's variables do not close

    def files(self, container: Container, workspace: Workspace) -> tuple[str, ...]:
        """Those that are on disk here, in the order in which they are read."""
        named = container.option(*self.options) if self.options else None
        inside = (named.known(""),) if named is not None else self.places
        file = next((p for i in inside if i and (p := mounted_file(container, i, workspace))), "")
        more = mounted_files(container, *self.folder, workspace) if self.folder[0] else ()
        return tuple(dict.fromkeys((*((file,) if file else ()), *sorted(more))))


KEPT = {
    "apache-cassandra": Kept(technology="cassandra", form="YAML", places=("/etc/cassandra/cassandra.yaml",)),
    # https://docs.couchdb.org/en/stable/config/intro.html: local.d is read after local.ini, by alphabet
    "couchdb": Kept(
        technology="couchdb",
        form="INI",
        places=("/opt/couchdb/etc/local.ini",),
        folder=("/opt/couchdb/etc/local.d", ".ini"),
        opens=True,  # COUCHDB_PASSWORD makes an administrator, who is not needed where everyone may read and write
    ),
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
    paths = kept.files(container, workspace)
    made = _told(kept, paths, _version(container), workspace) if paths else None
    if made is None:
        return found
    opened = kept.opens and made.authentication.value is False
    # What the file says of well-known passwords, where it says anything; else what the variables do. The image of
    # RabbitMQ has a file in conf.d that lets `guest` in from anywhere (10-defaults.conf). It stays beside one that is
    # mounted alone, unless that names users or imports definitions: then there is no `guest`.
    said, known = made.default_credentials, found.default_credentials
    if said is not None and said.written and said.is_known:
        credentials: Setting[bool] | None = said
    else:
        alone = any(mount.target in kept.places for mount in container.workload.mounts)
        if (
            made.product == "rabbitmq"
            and alone
            and not container.bitnami
            and said is not None
            and said.is_known
        ):
            credentials = known if known is None or known.written else container.missing(True)
        else:
            credentials = known
    return replace(
        found,
        authentication=found.authentication
        if found.authentication.written and not opened
        else made.authentication,
        default_credentials=credentials,
        port=made.port if made.port.written and made.port.is_known else found.port,
        tls=made.tls if found.tls is None or not found.tls.written else found.tls,
        plain=made.plain,
        dangerous=(*found.dangerous, *made.dangerous),
        configured_by=paths,
    )


def _version(container: Container) -> str:
    """That of the product; of one that no table of releases knows, what the tag begins with."""
    tag = images.parse(container.workload.image.known("")).tag
    found = _NUMBER.match(tag)
    return container.version or (found[0] if found else "")


def _told(kept: Kept, paths: tuple[str, ...], version: str, workspace: Workspace) -> Store | None:
    forms = import_module("batten.technologies.shared.settings.forms")
    store = import_module(f"{package_of(kept.technology)}.store").store
    try:
        read = [forms.reading(getattr(forms, kept.form), path, workspace, version) for path in paths]
        made = store(read[0] if len(read) == 1 else merge(read))
    except (SyntaxProblem, Unreadable):
        return None  # the file's own reader reports it
    return made if isinstance(made, Store) else None
