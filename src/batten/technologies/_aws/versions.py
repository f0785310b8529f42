"""Database engines, function runtimes and cluster versions as components with a support date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Component
from batten.model import ABSENT, Setting
from batten.technologies._aws.resource import Resource, Resources
from batten.technologies._aws.settings import of, setting, text

# Aurora's versions end with, or before, those of the engine that they are compatible with.
_ENGINES = {
    "postgres": "rds-postgresql",
    "mysql": "rds-mysql",
    "mariadb": "rds-mariadb",
    "aurora": "rds-mysql",
    "aurora-mysql": "rds-mysql",
    "aurora-postgresql": "rds-postgresql",
}
_RUNTIME = re.compile(r"(nodejs|python|ruby|java|dotnetcore|dotnet|go)(\d+(?:\.\d+)?)")


def components(resources: Resources) -> Iterator[Component]:
    for database in resources.of(
        "aws_db_instance", "aws_rds_cluster", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"
    ):
        engine = setting(database, of(database, "engine", "Engine"), text).known("")
        if engine in _ENGINES:
            yield from _component(database, _ENGINES[engine], of(database, "engine_version", "EngineVersion"))
    for cluster in resources.of("aws_eks_cluster", "AWS::EKS::Cluster"):
        yield from _component(cluster, "eks", of(cluster, "version", "Version"))
    for function in resources.of("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function"):
        yield from _runtime(function)


def _component(resource: Resource, product: str, key: str) -> Iterator[Component]:
    version = setting(resource, key, text)
    if version.value is not ABSENT:
        yield Component(resource.block(), product=product, version=version)


def _runtime(function: Resource) -> Iterator[Component]:
    runtime = setting(function, of(function, "runtime", "Runtime"), text)
    found = _RUNTIME.match(runtime.known(""))
    if found:
        product = f"lambda-{found[1]}"
        yield Component(
            function.block(), product=product, version=Setting(found[2], runtime.at), evidence=found[0]
        )
