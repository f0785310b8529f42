"""Which images, commands and variables are a store's."""

from __future__ import annotations

from pathlib import Path

import pytest

from batten.facts import Store
from batten.formats import Workspace
from batten.technologies import Unit, technologies
from batten.technologies.shared.containers import images
from batten.technologies.shared.stores import names
from batten.technologies.shared.stores.recognition import product_of


@pytest.mark.parametrize(
    ("image", "product"),
    [
        ("redis", "redis"),
        ("docker.io/library/redis:7", "redis"),
        ("registry.corp:5000/mirror/library/redis:7", "redis"),
        ("public.ecr.aws/docker/library/postgres:16", "postgresql"),
        ("mirror.gcr.io/library/mongo:8.0", "mongodb"),
        ("registry.corp/dockerhub/bitnami/redis:7.4", "redis"),
        ("quay.io/minio/minio", "minio"),
        ("registry.corp/quay/minio/minio", "minio"),
        ("gcr.io/etcd-development/etcd:v3.6.0", "etcd"),
        ("ghcr.io/shop/postgres-custom@sha256:00", "postgresql"),
        ("timescale/timescaledb-ha:pg17", "postgresql"),
        ("ghcr.io/shop/postgres15-pgvector", "postgresql"),
        ("valkey/valkey:8", "valkey"),
        ("eqalpha/keydb", "keydb"),
        ("percona/percona-server-mongodb:8.0", "mongodb"),
        ("opensearchproject/opensearch:3", "opensearch"),
        ("acme/redis", "redis"),
        ("oliver006/redis_exporter", ""),
        ("redis/redisinsight", ""),
        ("prodrigestivill/postgres-backup-local", ""),
        ("mongo-express", ""),
        ("provectuslabs/kafka-ui", ""),
        ("confluentinc/cp-kafka-connect", ""),
        ("bitnami/postgres-exporter", ""),
        ("docker.elastic.co/kibana/kibana", ""),
        ("edoburu/pgbouncer", ""),
        ("minio/mc", ""),
        ("acme/orders-with-mysql-and-redis", ""),
        ("", ""),
    ],
)
def test_an_image_is_the_store_that_its_name_says(image: str, product: str) -> None:
    assert product_of(image) == product


def test_only_what_the_documentation_knows_has_the_documented_defaults() -> None:
    known = {"registry.corp/mirror/library/redis": "redis", "acme/redis-custom": "", "acme/redis": ""}
    assert {image: found.image for image in known if (found := names.named(image))} == known


def test_the_last_part_of_a_name_is_an_official_image_below_a_host_or_a_folder_of_copies() -> None:
    assert "registry" in images.familiar("registry.corp/registry")
    assert "traefik" in images.familiar("registry.corp/hub/traefik")
    assert "registry" not in images.familiar("acme/registry")
    assert "registry" not in images.familiar("registry.corp/acme/registry")
    assert images.familiar("redis") == ("redis",)


@pytest.mark.parametrize(
    ("words", "product", "client"),
    [
        (["redis-server", "--appendonly", "yes"], "redis", False),
        (["/usr/local/bin/docker-entrypoint.sh", "postgres", "-c", "ssl=on"], "postgresql", False),
        (["--user", "mysql"], "", False),
        (["sh", "-c", "pg_dump", "orders"], "", True),
        (["psql"], "", True),
        ([], "", False),
    ],
)
def test_a_command_starts_a_store_or_only_talks_to_one(words: list[str], product: str, client: bool) -> None:
    assert (names.started(words), names.only_talks(words)) == (product, client)


MOUNTED = (
    ("rabbitmq:4.1", "/etc/rabbitmq/rabbitmq.conf", "loopback_users = none\n", "default_credentials", True),
    ("rabbitmq:4.1", "/etc/rabbitmq/rabbitmq.conf", "heartbeat = 30\n", "default_credentials", True),
    ("rabbitmq:4.1", "/etc/rabbitmq/rabbitmq.conf", "load_definitions = /etc/d.json\n", "default_credentials", None),
    ("nats:2.11", "/nats-server.conf", "port: 4222\n", "authentication", False),
    ("nats:2.11", "/nats-server.conf", "authorization { token: $TOKEN }\n", "authentication", True),
    ("cassandra:5.0", "/etc/cassandra/cassandra.yaml", "authenticator: PasswordAuthenticator\n", "authentication", True),
    ("influxdb:1.11", "/etc/influxdb/influxdb.conf", "[http]\nauth-enabled = true\n", "authentication", True),
    ("zookeeper:3.9", "/conf/zoo.cfg", "clientPort=2181\nenforce.auth.enabled=true\n", "authentication", True),
    ("couchdb:3.5", "/opt/couchdb/etc/local.ini", "[couchdb]\ndefault_security = everyone\n", "authentication", False),
    ("elasticsearch:8.19.0", "/usr/share/elasticsearch/config/elasticsearch.yml", "cluster.name: a\n", "authentication", True),
    ("apache/kafka:4.1.0", "/mnt/shared/config/server.properties", "listeners=SASL_SSL://:9093\n", "authentication", True),
)  # fmt: skip


@pytest.mark.parametrize(("image", "inside", "text", "field", "value"), MOUNTED)
def test_a_file_that_is_mounted_where_the_image_reads_it(
    image: str, inside: str, text: str, field: str, value: bool | None, tmp_path: Path
) -> None:
    compose = f"services:\n  s:\n    image: {image}\n    volumes: ['./told:{inside}']\n"
    workspace = Workspace(tmp_path, {"compose.yaml": compose, "told": text})
    adapter = technologies()["compose"].adapter()
    facts = adapter.read(Unit("compose", ("compose.yaml",)), workspace)
    found = next(one for one in facts if isinstance(one, Store))
    assert getattr(found, field).known(None) is value
    assert found.configured_by == ("told",)


def test_couchdb_lays_its_files_over_each_other_and_an_administrator_closes_nothing(tmp_path: Path) -> None:
    etc = "/opt/couchdb/etc"
    mounts = f"['./told:{etc}/local.ini', './b:{etc}/local.d/b.ini', './a:{etc}/local.d/a.ini']"
    compose = f"services:\n  s:\n    image: couchdb:3.5\n    environment: {{COUCHDB_PASSWORD: x}}\n    volumes: {mounts}\n"
    default = "[couchdb]\ndefault_security = "
    files = {"compose.yaml": compose, "told": "[log]\nlevel = info\n", "a": f"{default}admin_only\n"}
    workspace = Workspace(tmp_path, files | {"b": f"{default}everyone\n"})
    facts = technologies()["compose"].adapter().read(Unit("compose", ("compose.yaml",)), workspace)
    found = next(one for one in facts if isinstance(one, Store))
    assert found.configured_by == ("told", "a", "b")
    assert found.authentication.value is False
    assert found.authentication.at.source == "b"


def test_a_file_in_a_manifest_is_recognised_and_lacks_a_setting_at_its_own_start(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
    files = {
        "nats.conf": "port: 4222",
        "cassandra.yaml": "rpc_address: 0.0.0.0\ncluster_name: a",
        "influxdb.conf": '[http]\nbind-address = ":8086"',
        "zoo.cfg": "clientPort=2181",
    }
    for name, held in files.items():
        text += f"  {name}: |\n" + "".join(f"    {line}\n" for line in held.splitlines())
    adapter = technologies()["kubernetes"].adapter()
    workspace = Workspace(tmp_path, {"a.yaml": text})
    found = [f for f in adapter.read(Unit("kubernetes", ("a.yaml",)), workspace) if isinstance(f, Store)]
    lines = {f.product: workspace.text("a.yaml").line_of(f.at.span.start) for f in found if f.at.span}
    assert lines == {"nats": 6, "apache-cassandra": 8, "influxdb": 11, "zookeeper": 14}
    assert [f.authentication.known(None) for f in found] == [False] * 4
