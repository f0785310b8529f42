"""One key for what the stack keeps, rotated every year (https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html)."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.stack import Stack
from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, data, resource

KEY = Raw("aws_kms_key.main.arn")
_ADMINISTRATION: list[Value] = [
    "kms:CancelKeyDeletion", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus", "kms:ListAliases", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListResourceTags",
    "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription",
]  # fmt: skip
_USE: list[Value] = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
]


def blocks(stack: Stack) -> Iterator[Block]:
    yield data("aws_caller_identity", "current", {})
    yield data("aws_partition", "current", {})
    account = Raw(
        '"arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root"'
    )
    yield data("aws_iam_policy_document", "key", {}, *_statements(account))
    body: dict[str, Value] = {
        "description": "Logs, secrets and data of the API",
        "enable_key_rotation": True,
        "rotation_period_in_days": 365,
        "deletion_window_in_days": 30,
        "policy": Raw("data.aws_iam_policy_document.key.json"),
    }
    yield resource("aws_kms_key", "main", body)
    yield resource(
        "aws_kms_alias",
        "main",
        {"name": Raw('"alias/${var.name}"'), "target_key_id": Raw("aws_kms_key.main.key_id")},
    )


def _statements(account: Raw) -> Iterator[Block]:
    """Who administers the account administers the key; services use it for this account and region only."""
    yield _statement("Administration", _ADMINISTRATION, "AWS", account)
    via: dict[str, Value] = {
        "test": "StringEquals",
        "variable": "kms:ViaService",
        "values": [
            Raw(f'"{name}.${{var.region}}.amazonaws.com"')
            for name in ("rds", "secretsmanager", "elasticache", "s3")
        ],
    }
    caller: dict[str, Value] = {
        "test": "StringEquals",
        "variable": "kms:CallerAccount",
        "values": [Raw("data.aws_caller_identity.current.account_id")],
    }
    yield _statement(
        "Services",
        [*_USE, "kms:CreateGrant"],
        "AWS",
        account,
        block("condition", via),
        block("condition", caller),
    )
    groups: dict[str, Value] = {
        "test": "ArnLike",
        "variable": "kms:EncryptionContext:aws:logs:arn",
        "values": [
            Raw(
                '"arn:${data.aws_partition.current.partition}:logs:${var.region}:'
                '${data.aws_caller_identity.current.account_id}:log-group:/${var.name}/*"'
            )
        ],
    }
    service = Raw('"logs.${var.region}.amazonaws.com"')
    yield _statement("Logs", _USE, "Service", service, block("condition", groups))


def _statement(sid: str, actions: list[Value], kind: str, who: Raw, *conditions: Block) -> Block:
    principals = block("principals", {"type": kind, "identifiers": [who]})
    body: dict[str, Value] = {"sid": sid, "actions": actions, "resources": ["*"]}
    return block("statement", body, principals, *conditions)
