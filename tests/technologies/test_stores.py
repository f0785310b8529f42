"""Which images, commands and variables are a store's."""

from __future__ import annotations

import pytest

from batten.technologies._containers import images
from batten.technologies._stores import names
from batten.technologies._stores.recognition import product_of


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
