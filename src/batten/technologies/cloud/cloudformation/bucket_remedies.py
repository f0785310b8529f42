"""Remedies for S3 buckets."""

from __future__ import annotations

from batten.controls.cloud import LogTo
from batten.formats.tree import Plain
from batten.model import Edit, Fix, Location, Remedy, Safety, Switch, Unknown
from batten.model import remedy as want
from batten.technologies.cloud.cloudformation import cors_remedies
from batten.technologies.cloud.cloudformation.buckets import ACCESS, FLAGS, policy_of
from batten.technologies.cloud.cloudformation.edits import add_item, add_resource, path_to, put
from batten.technologies.cloud.cloudformation.resources import Held, Resource, Stack
from batten.technologies.shared.aws.buckets import WEBSITE

_UNSIGNED = "anonymous clients that read objects"


def fix_of(stack: Stack, bucket: Resource, remedy: Remedy, at: Location) -> Fix | None:
    match remedy:
        case want.TurnOff(Switch.PUBLIC_ACL):
            path = path_to(bucket.template, at.span) if at.span is not None else None
            if path is None:
                return None
            return Fix(
                "make the ACL private",
                tuple(put(bucket.template, path, "Private")),
                safety=Safety.RISKY,
                breaks=_UNSIGNED,
            )
        case want.TurnOn(Switch.PUBLIC_ACCESS_BLOCK):
            held = bucket.held(ACCESS)
            if not isinstance(held, Held) or held.path is None:
                return None
            edits: list[Edit] = []
            for flag in FLAGS:
                if bucket.value(ACCESS, flag).known(False) is not True:
                    edits += put(bucket.template, (*held.path, flag), True)
            return (
                Fix("block public access", tuple(edits), safety=Safety.RISKY, breaks=_UNSIGNED)
                if edits
                else None
            )
        case want.TurnOn(Switch.TLS_ONLY):
            return _tls_only(stack, bucket)
        case LogTo(target):
            title = "turn access logging on"
            if not target:
                question = "which bucket receives access logs? name it under `answers: {bucket-logged: …}` in batten.yaml"
                return Fix(title, (), safety=Safety.VALUE, question=question)
            written = bucket.written("LoggingConfiguration")
            if written is None:
                return None
            value: dict[str, Plain] = {"DestinationBucketName": target, "LogFilePrefix": f"{bucket.name}/"}
            return Fix(title, tuple(put(bucket.template, written, value)))
        case want.AllowOrigins() | want.AllowMethods() | want.AllowHeaders():
            return cors_remedies.fix_of(bucket, remedy, at)
        case want.TurnOn(Switch.VERSIONING):
            return _set(
                bucket, "keep earlier versions of objects", "Enabled", "VersioningConfiguration", "Status"
            )
    return None


def _set(bucket: Resource, title: str, value: Plain, *path: str) -> Fix | None:
    written = bucket.written(*path)
    return None if written is None else Fix(title, tuple(put(bucket.template, written, value)))


def _tls_only(stack: Stack, bucket: Resource) -> Fix | None:
    """A statement in the policy that is there, or a policy of its own beside the bucket."""
    title, breaks = "refuse requests without TLS", "callers that use plain HTTP"
    policy = policy_of(bucket, stack)
    if isinstance(policy, Unknown) or bucket.declared.loop:
        return None
    if bucket.value("WebsiteConfiguration").written:
        return Fix(title, (), safety=Safety.VALUE, question=WEBSITE)
    if policy is not None:
        held = policy.held("PolicyDocument", "Statement")
        if not isinstance(held, Held) or held.path is None:
            return None
        edits = add_item(bucket.template, held.path, _statement(bucket.name))
    else:
        # It is made under the condition that the bucket is made under.
        condition = bucket.declared.body.text("Condition")
        made: dict[str, Plain] = {"Type": "AWS::S3::BucketPolicy"}
        if condition is not None:
            made["Condition"] = condition
        document: dict[str, Plain] = {"Version": "2012-10-17", "Statement": [_statement(bucket.name)]}
        edits = add_resource(
            bucket.template,
            f"{bucket.name}TlsOnly",
            {**made, "Properties": {"Bucket": {"Ref": bucket.name}, "PolicyDocument": document}},
        )
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _statement(name: str) -> dict[str, Plain]:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [{"Fn::GetAtt": f"{name}.Arn"}, {"Fn::Sub": f"${{{name}.Arn}}/*"}],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
