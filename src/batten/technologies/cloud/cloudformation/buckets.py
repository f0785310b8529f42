"""S3 buckets of a template, with the policies that are beside them.

Defaults (Amazon S3 user guide): since January 2023 every object is encrypted with the service's own key, and
since April 2023 a new bucket has all four public-access blocks on and its ACLs off. A configuration that
sets some of the blocks turns the others off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeAlias

from batten.facts import Bucket, BucketStatement, CorsPolicy, PublicAccessBlock
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting, Unknown
from batten.technologies.cloud.cloudformation.resources import Held, Resource, Stack
from batten.technologies.shared.aws.access.documents import Statement
from batten.technologies.shared.aws.buckets import meant_public, open_to_all, origins, statements, tls_only
from batten.technologies.shared.aws.policies import placed
from batten.technologies.shared.aws.resource import Value
from batten.technologies.shared.aws.settings import setting, text, truth, words

BUCKET, POLICY = "AWS::S3::Bucket", "AWS::S3::BucketPolicy"
FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
ACCESS = "PublicAccessBlockConfiguration"
_NONE: tuple[str, ...] = ()
Written: TypeAlias = tuple[tuple[Statement, Location], ...]
# CloudFormation's spelling of the canned ACLs.
_ACLS = {
    "Private": "private",
    "PublicRead": "public-read",
    "PublicReadWrite": "public-read-write",
    "AuthenticatedRead": "authenticated-read",
}


def buckets(stack: Stack) -> Iterator[Bucket]:
    targets = {
        bucket.refers_to("LoggingConfiguration", "DestinationBucketName") for bucket in stack.of(BUCKET)
    }
    # Buckets that are declared elsewhere, of which the template has the policy only.
    own = [policy_of(bucket, stack) for bucket in stack.of(BUCKET)]
    joined = {id(policy) for policy in own}
    for policy in stack.of(POLICY):
        known = policy.refers_to("Bucket") or id(policy) in joined or UNKNOWN in own
        if known or stack.exists(policy.declared) is not True:
            continue
        elsewhere_written = _written(policy, policy)
        unsure: Setting[bool] = Setting(UNKNOWN, policy.block())
        yield Bucket(
            policy.block(),
            name=policy.name,
            provider="aws",
            acl=Setting(UNKNOWN, policy.block()),
            access_block=None,
            statements=_admitting(elsewhere_written),
            encryption=Setting(UNKNOWN, policy.block()),
            versioning=unsure,
            logging=unsure,
            tls_only=_tls_only(elsewhere_written),
            website=unsure,
        )
    for bucket in stack.of(BUCKET):
        written = _written(bucket, policy_of(bucket, stack))
        admitting = _admitting(written)
        acl, website = _acl(bucket), _present(bucket, "WebsiteConfiguration")
        is_target = bucket.name in targets or acl.known("") == "LogDeliveryWrite"
        rule = "BucketEncryption/ServerSideEncryptionConfiguration/ServerSideEncryptionByDefault"
        # A bucket that takes others' logs is not asked to log into itself.
        held = _present(bucket, "LoggingConfiguration")
        lock = setting(bucket, "ObjectLockEnabled", truth)
        if lock.known(False):
            versioning: Setting[bool] = lock
        else:
            versioning = setting(bucket, "VersioningConfiguration/Status", _enabled, False)
        public = open_to_all(acl, admitting)
        cors: list[CorsPolicy] = []
        for cors_rule in bucket.each("CorsConfiguration", "CorsRules"):
            at = cors_rule.block()
            methods = setting(cors_rule, "AllowedMethods", words, _NONE)
            cors.append(
                CorsPolicy(
                    at,
                    origins=origins(setting(cors_rule, "AllowedOrigins", words, _NONE)),
                    credentials=Setting(ABSENT, at, False),
                    methods=methods,
                    headers=setting(cors_rule, "AllowedHeaders", words, _NONE),
                    varies=Setting(True, at),
                    public=public and set(methods.known(("?",))) <= {"GET", "HEAD"},
                    store=True,
                )
            )
        yield Bucket(
            bucket.block(),
            name=bucket.name,
            provider="aws",
            acl=acl,
            access_block=_access_block(bucket),
            statements=admitting,
            encryption=setting(bucket, f"{rule}/SSEAlgorithm", text, "AES256"),
            versioning=versioning,
            logging=Setting(UNKNOWN, held.at) if is_target and not held.written else held,
            tls_only=_tls_only(written),
            website=website,
            assets=meant_public(
                website.known(False),
                _is_origin(bucket, stack),
                bucket.name,
                bucket.value("BucketName").known(""),
            ),
            cors=tuple(cors),
            expires=any(map(_deletes_all, bucket.each("LifecycleConfiguration", "Rules"))),
        )


def _is_origin(bucket: Resource, stack: Stack) -> bool:
    """Whether a distribution of CloudFront reads the bucket as anyone does: without an access control or an identity."""
    for distribution in stack.of("AWS::CloudFront::Distribution"):
        for origin in distribution.each("DistributionConfig", "Origins"):
            identity = origin.value("S3OriginConfig", "OriginAccessIdentity").value
            signs = origin.value("OriginAccessControlId").written or identity not in (ABSENT, "")
            if origin.refers_to("DomainName") == bucket.name and not signs:
                return True
    return False


def _admitting(written: Setting[Written]) -> Setting[tuple[BucketStatement, ...]]:
    found = written.known(())
    return Setting(UNKNOWN if isinstance(written.value, Unknown) else statements(list(found)), written.at)


def policy_of(bucket: Resource, stack: Stack) -> Resource | Unknown | None:
    """The policy of a bucket. UNKNOWN when one may be, and it cannot be told."""
    doubtful = not stack.complete or stack.handed_on(bucket.address)
    pointing = stack.pointing(POLICY, "Bucket")
    for policy in pointing.get(bucket.address, []):
        if stack.exists(policy.declared) is True:
            return policy
        doubtful = True
    for policy in pointing.get("", []):
        named = policy.value("Bucket")
        if named.is_known and named.value == bucket.value("BucketName").known(0):
            return policy
        doubtful = doubtful or not named.is_known
    return UNKNOWN if doubtful else None


def _acl(bucket: Resource) -> Setting[str]:
    held = setting(bucket, "AccessControl", text, "private")
    owned = bucket.each("OwnershipControls", "Rules")
    if any(rule.value("ObjectOwnership").value == "BucketOwnerEnforced" for rule in owned):
        return Setting(ABSENT, held.at, "private")  # S3 rejects ACLs, and those that are there have no effect
    value = held.known("")
    return Setting(_ACLS[value], held.at) if value in _ACLS else held


def _access_block(bucket: Resource) -> PublicAccessBlock | None:
    """None where the cloud's default, or what cannot be known, decides."""
    held = bucket.held(ACCESS)
    if not isinstance(held, Held) or isinstance(bucket.value(ACCESS).value, Unknown):
        return None
    at = bucket.place(held.span, ACCESS, kind=Kind.BLOCK)
    acls, ignored, policy, restricted = (_flag(bucket, flag, at) for flag in FLAGS)
    return PublicAccessBlock(
        at, block_acls=acls, ignore_acls=ignored, block_policy=policy, restrict_buckets=restricted
    )


def _flag(bucket: Resource, flag: str, block: Location) -> Setting[bool]:
    held = setting(bucket, f"{ACCESS}/{flag}", truth, False)
    return held if held.written else Setting(ABSENT, block, False)


def _written(bucket: Resource, policy: Resource | Unknown | None) -> Setting[Written]:
    """The statements of the bucket's policy, each with its place."""
    at = bucket.place(bucket.span, "policy", kind=Kind.BLOCK)
    if policy is None:
        return Setting(ABSENT, at, ())
    if isinstance(policy, Unknown):
        return Setting(UNKNOWN, at)
    whole = replace(at, span=policy.span)
    document = policy.value("PolicyDocument")
    if isinstance(document.value, Unknown) or not policy.whole("PolicyDocument", "Statement"):
        return Setting(UNKNOWN, whole)
    written = [replace(place, kind=Kind.VALUE) for place in policy.parts("PolicyDocument", "Statement")]
    found = placed(Setting(document.value, whole), written)
    return Setting(tuple(found if len(written) == len(found) else ((one, whole) for one, _ in found)), whole)


def _tls_only(written: Setting[Written]) -> Setting[bool]:
    if not written.written:
        return Setting(ABSENT, written.at, False)
    if isinstance(written.value, Unknown):
        return Setting(UNKNOWN, written.at)
    return tls_only(list(written.known(())), written.at)


def _enabled(value: Value) -> bool | Unknown:
    return value == "Enabled" if isinstance(value, str) else UNKNOWN


def _present(bucket: Resource, name: str) -> Setting[bool]:
    held = bucket.value(name)
    if not held.written:
        return Setting(ABSENT, held.at, False)
    return Setting(UNKNOWN if isinstance(held.value, Unknown) else True, held.at)


def _deletes_all(rule: Resource) -> bool:
    """Whether a rule of the life cycle is for every object, and deletes it.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html
    """
    ends = ("ExpirationInDays", "ExpirationDate")
    narrowed = ("Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
    return (
        rule.value("Status").known("") == "Enabled"
        and any(rule.value(key).is_known and rule.value(key).written for key in ends)
        and not any(rule.value(key).value is not ABSENT and rule.value(key).value != "" for key in narrowed)
    )
