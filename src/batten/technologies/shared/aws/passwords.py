"""Credentials written into resources: passwords of stores, variables of functions, start-up scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from batten.facts import Secret
from batten.model import Setting, Unknown
from batten.technologies.shared.aws.resource import Resource, Resources, Value
from batten.technologies.shared.aws.settings import of, path, setting, text
from batten.technologies.shared.secrets.commands import typed
from batten.technologies.shared.secrets.credentials import in_config, placeholder, recognise, token

# Keys whose value is a password by what they are.
_KEYS = (
    ("aws_db_instance", "AWS::RDS::DBInstance", "password", "MasterUserPassword"),
    ("aws_rds_cluster", "AWS::RDS::DBCluster", "master_password", "MasterUserPassword"),
    ("aws_docdb_cluster", "AWS::DocDB::DBCluster", "master_password", "MasterUserPassword"),
    ("aws_redshift_cluster", "AWS::Redshift::Cluster", "master_password", "MasterUserPassword"),
    ("aws_redshiftserverless_namespace", "AWS::RedshiftServerless::Namespace", "admin_user_password",
     "AdminUserPassword"),
    ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup", "auth_token", "AuthToken"),
    ("aws_opensearch_domain", "AWS::OpenSearchService::Domain",
     "advanced_security_options/master_user_options/master_user_password",
     "AdvancedSecurityOptions/MasterUserOptions/MasterUserPassword"),
    ("aws_secretsmanager_secret_version", "AWS::SecretsManager::Secret", "secret_string", "SecretString"),
    ("aws_dms_endpoint", "AWS::DMS::Endpoint", "password", "Password"),
    ("aws_directory_service_directory", "AWS::DirectoryService::MicrosoftAD", "password", "Password"),
    ("aws_iam_user_login_profile", "", "password", ""),
    ("aws_elasticache_user", "AWS::ElastiCache::User", "passwords", "Passwords"),
    ("aws_memorydb_user", "AWS::MemoryDB::User", "authentication_mode/passwords", "AuthenticationMode/Passwords"),
    ("aws_vpn_connection", "", "tunnel1_preshared_key", ""),
    ("aws_vpn_connection", "", "tunnel2_preshared_key", ""),
    ("aws_api_gateway_api_key", "AWS::ApiGateway::ApiKey", "value", "Value"),
    ("aws_lightsail_database", "AWS::Lightsail::Database", "master_password", "MasterUserPassword"),
)  # fmt: skip
_VARIABLES = (
    (("aws_lambda_function", "AWS::Lambda::Function"), "environment/variables", "Environment/Variables"),
    (("AWS::Serverless::Function",), "", "Environment/Variables"),
    (("aws_apprunner_service", ""), "source_configuration/image_repository/image_configuration/runtime_environment_variables", ""),
)  # fmt: skip
# Definitions of containers that are a text of JSON; what is written as a map is found where it stands.
_CONTAINERS = (
    ("aws_ecs_task_definition", "container_definitions"),
    ("aws_batch_job_definition", "container_properties"),
)
_SCRIPTS = (
    ("aws_instance", "user_data"),
    ("aws_instance", "user_data_base64"),
    ("aws_launch_template", "user_data"),
    ("aws_launch_configuration", "user_data"),
    ("AWS::EC2::Instance", "UserData"),
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateData/UserData"),
    ("AWS::AutoScaling::LaunchConfiguration", "UserData"),
)


_OF_A_NAME = re.compile(
    r"(?:user(?:_?name)?|login|email|host(?:name)?|address|endpoint|url|port|region|account(?:_?id)?|client_?id|bucket|arn)\W*$",
    re.IGNORECASE,
)


def secrets(resources: Resources) -> Iterator[Secret]:
    for terraform, cloudformation, key, property_ in _KEYS:
        for resource in resources.of(*filter(None, (terraform, cloudformation))):
            yield from _password(resource, of(resource, key, property_))
    for broker in resources.of("aws_mq_broker", "AWS::AmazonMQ::Broker"):
        for user in broker.each(of(broker, "user", "Users")):
            yield from _password(user, of(user, "password", "Password"))
    for parameter in resources.of("aws_ssm_parameter"):
        if setting(parameter, "type", text).known("") == "SecureString":
            yield from _password(parameter, "value")
    for types, key, property_ in _VARIABLES:
        for resource in resources.of(*filter(None, types)):
            variables_key = of(resource, key, property_)
            held = resource.value(*path(variables_key)) if variables_key else None
            if held is not None and isinstance(held.value, dict):
                yield from _named(resource, variables_key, held.value)
    for type_, key in _CONTAINERS:
        for resource in resources.of(type_):
            for container in resource.each(key):
                yield from _pairs(container)
    for type_, key in _SCRIPTS:
        for resource in resources.of(type_):
            yield from _script(resource.value(*path(key)))


def _password(resource: Resource, key: str) -> Iterator[Secret]:
    held = resource.value(*path(key))
    value = held.value[0] if isinstance(held.value, list) and held.value else held.value
    if key == "secret_string" and _OF_A_NAME.search(held.at.pointer.partition("/")[0]):
        return  # secrets hold names of users and hosts, too
    if isinstance(value, str) and value and not placeholder(value) and not value.startswith("{{resolve:"):
        yield in_config(held.at, key.rpartition("/")[2], token(value) or "password")
    elif isinstance(value, dict):
        yield from _named(resource, key, value)


def _named(resource: Resource, key: str, values: dict[str, Value]) -> Iterator[Secret]:
    for name, value in values.items():
        kind = recognise(name, value) if isinstance(value, str) and not isinstance(value, Unknown) else None
        if kind:
            yield in_config(resource.value(*path(key), name).at, name, kind)


def _pairs(container: Resource) -> Iterator[Secret]:
    """Variables of a container, a name and a value each."""
    for variable in container.each("environment"):
        name, held = setting(variable, "name", text).known(""), variable.value("value")
        kind = recognise(name, held.value) if isinstance(held.value, str) else None
        if kind:
            yield in_config(replace(held.at, pointer=f"{held.at.pointer}/{name}"), name, kind)


def _script(held: Setting[Value]) -> Iterator[Secret]:
    if not isinstance(held.value, str):
        return
    seen: set[str] = set()
    for line in held.value.splitlines()[:2000]:
        for found in typed(line):
            if found.name not in seen:
                seen.add(found.name)
                yield in_config(
                    replace(held.at, pointer=f"{held.at.pointer}/{found.name}"), found.name, found.kind
                )
