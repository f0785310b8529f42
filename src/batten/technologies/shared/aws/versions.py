"""Database engines, function runtimes and cluster versions as components with a support date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Component
from batten.model import ABSENT, Setting, Unknown
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, setting, text

_ENGINES = {
    "postgres": "rds-postgresql",
    "mysql": "rds-mysql",
    "mariadb": "rds-mariadb",
    "aurora": "aurora-mysql",
    "aurora-mysql": "aurora-mysql",
    "aurora-postgresql": "aurora-postgresql",
}
_DATABASES = ("aws_db_instance", "aws_rds_cluster", "aws_rds_cluster_instance", "aws_rds_global_cluster",
              "AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::GlobalCluster")  # fmt: skip
_BROKERS = {"activemq": "amazon-mq-activemq", "rabbitmq": "amazon-mq-rabbitmq"}
# Services with one engine: its product, its types, and the key of its version in each language.
_SINGLE = (
    ("eks", ("aws_eks_cluster", "AWS::EKS::Cluster"), ("version", "Version")),
    ("eks", ("aws_eks_node_group", "AWS::EKS::Nodegroup"), ("version", "Version")),
    ("amazon-documentdb", ("aws_docdb_cluster", "AWS::DocDB::DBCluster"), ("engine_version", "EngineVersion")),
    ("amazon-neptune", ("aws_neptune_cluster", "AWS::Neptune::DBCluster"), ("engine_version", "EngineVersion")),
    ("amazon-msk", ("aws_msk_cluster", "AWS::MSK::Cluster"), ("kafka_version", "KafkaVersion")),
    ("amazon-elasticsearch", ("aws_elasticsearch_domain", "AWS::Elasticsearch::Domain"),
     ("elasticsearch_version", "ElasticsearchVersion")),
)  # fmt: skip
_SEARCH = {"opensearch_": "amazon-opensearch", "elasticsearch_": "amazon-elasticsearch"}
_RUNTIME = re.compile(r"(nodejs|python|ruby|java|dotnetcore|dotnet|go)(\d+(?:\.\d+)?)")


def components(resources: Resources) -> Iterator[Component]:
    for database in resources.of(*_DATABASES):
        yield from _chosen(database, _ENGINES, ("engine", "Engine"))
    for broker in resources.of("aws_mq_broker", "AWS::AmazonMQ::Broker"):
        yield from _chosen(broker, _BROKERS, ("engine_type", "EngineType"))
    for product, types, keys in _SINGLE:
        for resource in resources.of(*types):
            yield from _component(resource, product, of(resource, *keys))
    # Caches; of a replication group Redis is the engine where none is named (ElastiCache API reference,
    # CreateReplicationGroup).
    groups = ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup")
    for cache in resources.of(*groups, "aws_elasticache_cluster", "AWS::ElastiCache::CacheCluster"):
        default = "redis" if cache.type in groups else ABSENT
        if setting(cache, of(cache, "engine", "Engine"), text, default).known("") == "redis":
            yield from _component(cache, "elasticache-redis", of(cache, "engine_version", "EngineVersion"))
    for domain in resources.of("aws_opensearch_domain", "AWS::OpenSearchService::Domain"):
        # A search domain, whose version begins with the name of its engine.
        version = setting(domain, of(domain, "engine_version", "EngineVersion"), text)
        engine, sign, number = version.known("").partition("_")
        domain_product = _SEARCH.get(f"{engine.lower()}{sign}")
        if domain_product is not None:
            yield Component(domain.block(), product=domain_product, version=Setting(number, version.at))
    for function in resources.of("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function"):
        runtime = setting(function, of(function, "runtime", "Runtime"), text)
        found = _RUNTIME.match(runtime.known(""))
        if found:
            runtime_product = f"lambda-{found[1]}"
            yield Component(
                function.block(),
                product=runtime_product,
                version=Setting(found[2], runtime.at),
                evidence=found[0],
            )


def _chosen(resource: Resource, products: dict[str, str], keys: tuple[str, str]) -> Iterator[Component]:
    """The engine that a resource names, with its version."""
    engine = setting(resource, of(resource, *keys), text).known("").lower()
    if engine in products:
        yield from _component(resource, products[engine], of(resource, "engine_version", "EngineVersion"))


def _component(resource: Resource, product: str, key: str) -> Iterator[Component]:
    version = setting(resource, key, _number)
    if version.value is not ABSENT:
        yield Component(resource.block(), product=product, version=version)


def _number(value: Value) -> str | Unknown:
    """A version, which templates may write as a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)
