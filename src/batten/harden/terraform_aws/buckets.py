"""A bucket for the API's files, and one for the record of who asks for them: private, encrypted, over TLS only.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.terraform_aws.hcl import Block, Raw, Value, block, data, resource
from batten.harden.terraform_aws.keys import KEY

FILES, RECORD = "files", "record"


def blocks() -> Iterator[Block]:
    for name in (FILES, RECORD):
        yield from _bucket(name)
    yield resource(
        "aws_s3_bucket_logging",
        FILES,
        {"bucket": _id(FILES), "target_bucket": _id(RECORD), "target_prefix": "files/"},
    )


def _id(name: str) -> Raw:
    return Raw(f"aws_s3_bucket.{name}.id")


def _bucket(name: str) -> Iterator[Block]:
    own = Raw(f'"${{var.name}}-{name}-${{data.aws_caller_identity.current.account_id}}"')
    yield resource("aws_s3_bucket", name, {"bucket": own})
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    yield resource(
        "aws_s3_bucket_public_access_block", name, {"bucket": _id(name), **dict.fromkeys(closed, True)}
    )
    yield resource(
        "aws_s3_bucket_ownership_controls",
        name,
        {"bucket": _id(name)},
        block("rule", {"object_ownership": "BucketOwnerEnforced"}),
    )
    # Amazon S3 delivers its record of requests with keys of its own only.
    default: dict[str, Value] = {"sse_algorithm": "AES256"}
    if name == FILES:
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}
    rule: dict[str, Value] = {"bucket_key_enabled": True} if name == FILES else {}
    encryption = block("rule", rule, block("apply_server_side_encryption_by_default", default))
    yield resource(
        "aws_s3_bucket_server_side_encryption_configuration", name, {"bucket": _id(name)}, encryption
    )
    yield resource(
        "aws_s3_bucket_versioning",
        name,
        {"bucket": _id(name)},
        block("versioning_configuration", {"status": "Enabled"}),
    )
    yield resource(
        "aws_s3_bucket_lifecycle_configuration",
        name,
        {"bucket": _id(name)},
        block(
            "rule",
            {"id": "age", "status": "Enabled"},
            block("filter", {}),
            block("noncurrent_version_expiration", {"noncurrent_days": 90}),
            block("abort_incomplete_multipart_upload", {"days_after_initiation": 7}),
        ),
    )
    yield data("aws_iam_policy_document", f"{name}_bucket", {}, *_policy(name))
    policy = Raw(f"data.aws_iam_policy_document.{name}_bucket.json")
    yield resource("aws_s3_bucket_policy", name, {"bucket": _id(name), "policy": policy})


def _policy(name: str) -> Iterator[Block]:
    arn = f"aws_s3_bucket.{name}.arn"
    body: dict[str, Value] = {
        "sid": "TlsOnly",
        "effect": "Deny",
        "actions": ["s3:*"],
        "resources": [Raw(arn), Raw(f'"${{{arn}}}/*"')],
    }
    everyone = block("principals", {"type": "*", "identifiers": ["*"]})
    plain = block("condition", {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]})
    yield block("statement", body, everyone, plain)
    if name == RECORD:
        service = block("principals", {"type": "Service", "identifiers": ["logging.s3.amazonaws.com"]})
        source = block(
            "condition",
            {"test": "ArnEquals", "variable": "aws:SourceArn", "values": [Raw(f"aws_s3_bucket.{FILES}.arn")]},
        )
        account = block(
            "condition",
            {
                "test": "StringEquals",
                "variable": "aws:SourceAccount",
                "values": [Raw("data.aws_caller_identity.current.account_id")],
            },
        )
        put: dict[str, Value] = {
            "sid": "Record",
            "actions": ["s3:PutObject"],
            "resources": [Raw(f'"${{{arn}}}/files/*"')],
        }
        yield block("statement", put, service, source, account)


def use() -> Iterator[Block]:
    """What the running application may do with its files."""
    objects: list[Value] = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    inside = Raw(f'"${{aws_s3_bucket.{FILES}.arn}}/*"')
    yield block("statement", {"actions": objects, "resources": [inside]})
    yield block("statement", {"actions": ["kms:Decrypt", "kms:GenerateDataKey"], "resources": [KEY]})
