"""The API on Fargate: not root, no file system that it can write to, no way in but the gateway's link, no public address.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.stack import APPLICATION, Stack
from batten.harden.terraform_aws import buckets
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, data, expression, resource
from batten.harden.terraform_aws.keys import KEY
from batten.harden.terraform_aws.logs import trust
from batten.harden.terraform_aws.network import SUBNETS, group

_SQL = ("postgresql", "mariadb")


def blocks(stack: Stack) -> Iterator[Block]:
    yield resource("aws_service_discovery_private_dns_namespace", "main", {
        "name": Raw('"${var.name}.internal"'),
        "description": "Names of the stack",
        "vpc": Raw("aws_vpc.main.id"),
    })  # fmt: skip
    records = (block("dns_records", {"ttl": 10, "type": kind}) for kind in ("SRV",))
    found: dict[str, Value] = {
        "namespace_id": Raw("aws_service_discovery_private_dns_namespace.main.id"),
        "routing_policy": "MULTIVALUE",
    }
    yield resource(
        "aws_service_discovery_service", "api", {"name": APPLICATION}, block("dns_config", found, *records)
    )
    yield data("aws_iam_policy_document", "task_trust", {}, trust("ecs-tasks.amazonaws.com"))
    for name in ("execution", "task"):
        yield resource("aws_iam_role", name, {
            "name": Raw(f'"${{var.name}}-{name}"'),
            "assume_role_policy": Raw("data.aws_iam_policy_document.task_trust.json"),
        })  # fmt: skip
    yield data("aws_iam_policy_document", "execution", {}, *_starting(stack))
    yield resource("aws_iam_role_policy", "execution", {
        "name": "start",
        "role": Raw("aws_iam_role.execution.id"),
        "policy": Raw("data.aws_iam_policy_document.execution.json"),
    })  # fmt: skip
    # What the running application may do: use its files, and log in to its caches.
    logins = [*buckets.use()]
    for store in stack.stores:
        if store.kind not in _SQL:
            allowed_name = store.name.replace("-", "_")
            users = (
                f"aws_elasticache_replication_group.{allowed_name}.arn",
                f"aws_elasticache_user.{allowed_name}.arn",
            )
            actions: list[Value] = ["elasticache:Connect"]
            logins.append(block("statement", {"actions": actions, "resources": list(map(Raw, users))}))
    yield data("aws_iam_policy_document", "task", {}, *logins)
    policy: dict[str, Value] = {
        "name": "use",
        "role": Raw("aws_iam_role.task.id"),
        "policy": Raw("data.aws_iam_policy_document.task.json"),
    }
    yield resource("aws_iam_role_policy", "task", policy)
    yield resource(
        "aws_ecs_cluster",
        "main",
        {"name": Raw("var.name")},
        block("setting", {"name": "containerInsights", "value": "enabled"}),
    )
    container = expression([_container(stack)], 1)
    yield resource(
        "aws_ecs_task_definition",
        "api",
        {
            "family": Raw("var.name"),
            "requires_compatibilities": ["FARGATE"],
            "network_mode": "awsvpc",
            "cpu": 512,
            "memory": 1024,
            "execution_role_arn": Raw("aws_iam_role.execution.arn"),
            "task_role_arn": Raw("aws_iam_role.task.arn"),
            "container_definitions": Raw(f"jsonencode({container})"),
        },
        *(
            Block(("volume",), {"name": f"scratch-{number}"})
            for number, _ in enumerate(stack.application.writable)
        ),
        block("runtime_platform", {"operating_system_family": "LINUX", "cpu_architecture": "X86_64"}),
    )
    network: dict[str, Value] = {
        "subnets": SUBNETS,
        "security_groups": [group(APPLICATION)],
        "assign_public_ip": False,
    }
    registry: dict[str, Value] = {
        "registry_arn": Raw("aws_service_discovery_service.api.arn"),
        "container_name": APPLICATION,
        "container_port": stack.application.port,
    }
    breaker = block("deployment_circuit_breaker", {"enable": True, "rollback": True})
    yield resource(
        "aws_ecs_service",
        "api",
        {
            "name": APPLICATION,
            "cluster": Raw("aws_ecs_cluster.main.id"),
            "task_definition": Raw("aws_ecs_task_definition.api.arn"),
            "desired_count": 2,
            "launch_type": "FARGATE",
            "platform_version": "LATEST",
            "enable_execute_command": False,
            "propagate_tags": "SERVICE",
        },
        block("network_configuration", network),
        block("service_registries", registry),
        breaker,
    )


def _starting(stack: Stack) -> Iterator[Block]:
    """What it takes to start a task: its image, its log, its secrets."""
    yield block("statement", {"actions": ["ecr:GetAuthorizationToken"], "resources": ["*"]})
    repository = Raw(
        '"arn:${data.aws_partition.current.partition}:ecr:${var.region}:${data.aws_caller_identity.current.account_id}:repository/${var.name}"'
    )
    pull: list[Value] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    yield block("statement", {"actions": pull, "resources": [repository]})
    write: list[Value] = ["logs:CreateLogStream", "logs:PutLogEvents"]
    yield block(
        "statement", {"actions": write, "resources": [Raw('"${aws_cloudwatch_log_group.application.arn}:*"')]}
    )
    secrets = [secret(store.name) for store in stack.stores if store.kind in _SQL]
    if secrets:
        yield block("statement", {"actions": ["secretsmanager:GetSecretValue"], "resources": list(secrets)})
        yield block("statement", {"actions": ["kms:Decrypt"], "resources": [KEY]})


def secret(name: str) -> Raw:
    """ARN of the secret that holds a database's password."""
    return Raw(f"aws_db_instance.{name.replace('-', '_')}.master_user_secret[0].secret_arn")


def _container(stack: Stack) -> Value:
    application = stack.application
    variables: list[Value] = [
        {"name": "PORT", "value": str(application.port)},
        {"name": "FILES_BUCKET", "value": Raw("aws_s3_bucket.files.id")},
    ]
    secrets: list[Value] = []
    for store in stack.stores:
        key, identifier = store.name.upper().replace("-", "_"), store.name.replace("-", "_")
        variables.append({"name": f"{key}_HOST", "value": address(store.kind, identifier)})
        variables.append({"name": f"{key}_PORT", "value": str(store.port)})
        if store.kind in _SQL:
            value = Raw(f'"${{{secret(store.name).text}}}:password::"')
            secrets.append({"name": f"{key}_PASSWORD", "valueFrom": value})
        else:
            variables.append(
                {"name": f"{key}_USER", "value": Raw(f"aws_elasticache_user.{identifier}.user_name")}
            )
    made: dict[str, Value] = {
        "name": APPLICATION,
        "image": Raw("var.image"),
        "essential": True,
        "user": str(application.user),
        "readonlyRootFilesystem": True,
        "privileged": False,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "portMappings": [{"containerPort": application.port, "protocol": "tcp"}],
        "environment": variables,
        "secrets": secrets,
        "mountPoints": [
            {"sourceVolume": f"scratch-{number}", "containerPath": path, "readOnly": False}
            for number, path in enumerate(application.writable)
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": Raw("aws_cloudwatch_log_group.application.name"),
                "awslogs-region": Raw("var.region"),
                "awslogs-stream-prefix": APPLICATION,
            },
        },
    }
    return {name: value for name, value in made.items() if value != []}


def address(kind: str, identifier: str) -> Raw:
    if kind in _SQL:
        return Raw(f"aws_db_instance.{identifier}.address")
    return Raw(f"aws_elasticache_replication_group.{identifier}.primary_endpoint_address")
