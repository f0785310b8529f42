"""Logs of the network, the gateway and the tasks, encrypted, for a year."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.stack import Stack
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, data, resource
from batten.harden.terraform_aws.keys import KEY

DAYS = 365


def group(name: str) -> Raw:
    return Raw(f"aws_cloudwatch_log_group.{name}.arn")


def blocks(stack: Stack) -> Iterator[Block]:
    for name in ("network", "gateway", "application"):
        body: dict[str, Value] = {
            "name": Raw(f'"/${{var.name}}/{name}"'),
            "retention_in_days": DAYS,
            "kms_key_id": KEY,
        }
        yield resource("aws_cloudwatch_log_group", name, body)
    # The record of connections, and the role that writes it.
    yield data("aws_iam_policy_document", "network_logs_trust", {}, trust("vpc-flow-logs.amazonaws.com"))
    yield resource(
        "aws_iam_role",
        "network_logs",
        {
            "name": Raw('"${var.name}-network-logs"'),
            "assume_role_policy": Raw("data.aws_iam_policy_document.network_logs_trust.json"),
        },
    )
    write = block(
        "statement",
        {
            "actions": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "resources": [Raw('"${aws_cloudwatch_log_group.network.arn}:*"')],
        },
    )
    yield data("aws_iam_policy_document", "network_logs", {}, write)
    yield resource(
        "aws_iam_role_policy",
        "network_logs",
        {
            "name": "write",
            "role": Raw("aws_iam_role.network_logs.id"),
            "policy": Raw("data.aws_iam_policy_document.network_logs.json"),
        },
    )
    yield resource(
        "aws_flow_log",
        "main",
        {
            "vpc_id": Raw("aws_vpc.main.id"),
            "traffic_type": "ALL",
            "log_destination": group("network"),
            "iam_role_arn": Raw("aws_iam_role.network_logs.arn"),
        },
    )


def trust(service: str) -> Block:
    account = block(
        "condition",
        {
            "test": "StringEquals",
            "variable": "aws:SourceAccount",
            "values": [Raw("data.aws_caller_identity.current.account_id")],
        },
    )
    principals = block("principals", {"type": "Service", "identifiers": [service]})
    return block("statement", {"actions": ["sts:AssumeRole"]}, principals, account)
