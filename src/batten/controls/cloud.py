"""Controls on cloud services: object stores."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.controls.assets import AssetsEncrypted
from batten.facts import Admission, Admitted, Bucket
from batten.model import (
    ABSENT,
    Case,
    Per,
    Remedy,
    Setting,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)
from batten.model.record import record
from batten.policy import Policy

PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")


@record
class LogTo(Remedy):
    """Write access logs to this bucket. Empty: the user must name one."""

    bucket: str = ""


class BucketPrivate(Case):
    ACL = (
        "public-acl",
        "Set the ACL to private, or disable ACLs, and serve public files through a CDN.",
        Per.THING,
    )
    POLICY = (
        "public-policy",
        "Name the principals that may use the bucket, or add a condition that fixes the caller (aws:PrincipalOrgID, aws:SourceVpce).",
        Per.THING,
    )
    BLOCK = "public-access-unblocked", "Turn on all four settings of the bucket's public access block."


@control(
    "Buckets are private",
    Severity.CRITICAL,
    "V1 P2",
    "CWE-284, CWE-732",
    explained=True,
)
def bucket_private(bucket: Bucket) -> Iterator[Violation]:
    """Everyone who guesses the name of a public bucket can read, and often list, its objects. Scanners
    guess names all the time."""
    block = bucket.access_block
    statements = bucket.statements.known(()) if not _on(block.restrict_buckets if block else None) else ()
    admitting = [statement for statement in statements if statement.admits.public]
    reads = bool(admitting) and all(_reads_objects(statement.admits) for statement in admitting)
    if bucket.acl.known("private") in PUBLIC_ACLS and not _on(block.ignore_acls if block else None):
        message = f"bucket `{bucket.name}` has the public ACL `{bucket.acl.known('')}`"
        milder = None
        if bucket.assets and bucket.acl.known("") == "public-read" and bucket.website.known(False):
            message += ", which lists its objects, too; that anyone may read them is meant, as its website configuration shows"
            milder = Severity.MEDIUM
        remedy = TurnOff(Switch.PUBLIC_ACL)
        yield Violation(BucketPrivate.ACL, message, bucket.acl.at, remedy=remedy, severity=milder)
    for statement in admitting:
        message = f"the policy of bucket `{bucket.name}` allows {allowed(statement.admits)}"
        if bucket.assets and _reads_objects(statement.admits):
            message += f"; it is meant for everyone, as {bucket.assets}"
            low = Severity.LOW
            yield Violation(BucketPrivate.POLICY, message, statement.at, severity=low, advice=_BY_CDN)
        else:
            yield Violation(BucketPrivate.POLICY, message, statement.at)
    if block is not None:
        # Flags of the block that are off. What is `meant` for everyone needs those for policies off, and those for
        # ACLs on.
        meant = bool(bucket.assets) and (reads or bucket.website.known(False))
        flags = {
            "BlockPublicAcls": block.block_acls,
            "IgnorePublicAcls": block.ignore_acls,
            "BlockPublicPolicy": block.block_policy,
            "RestrictPublicBuckets": block.restrict_buckets,
        }
        off = {what: flag for what, flag in flags.items() if flag.known(True) is False}
        if meant:
            off = {what: flag for what, flag in off.items() if what.endswith("Acls")}
        if off:
            # Without an ACL of its own a bucket has none that counts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
            milder = Severity.LOW if bucket.acl.written else Severity.INFO
            at = next((flag.at for flag in off.values() if flag.written), block.at)
            message = f"the public access block of bucket `{bucket.name}` is off for {', '.join(off)}"
            if meant:
                message += f", which its readers do not need; it is meant for everyone, as {bucket.assets}"
            yield Violation(
                BucketPrivate.BLOCK,
                message,
                at,
                remedy=None if meant else TurnOn(Switch.PUBLIC_ACCESS_BLOCK),  # which turns on all four
                severity=milder if meant else Severity.HIGH,
                advice="Turn on BlockPublicAcls and IgnorePublicAcls." if meant else "",
            )


# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
_BY_CDN = "Serve it through CloudFront with an origin access control, and make the bucket private; allow no listing."


def _reads_objects(admits: Admission) -> bool:
    """Whether all that anyone gets is to read an object whose name is known: no listing, no earlier version, no writing."""
    return bool(admits.actions) and all(action.lower() == "s3:getobject" for action in admits.actions)


def _on(flag: Setting[bool] | None) -> bool:
    return flag is not None and flag.known(False)


def allowed(admits: Admission) -> str:
    """Who gets what by a statement, and which of its conditions do not prevent it."""
    who = admits.who.value if isinstance(admits.who, Admitted) else "unknown principals"
    what = _quoted(admits.actions) or "some actions"
    return f"{who} {what}{despite(admits)}"


def despite(admits: Admission) -> str:
    """What to add to a sentence about a statement that has conditions, all of which those it admits can satisfy."""
    if not admits.despite:
        return ""
    verb = "condition on {} does" if len(admits.despite) == 1 else "conditions on {} do"
    return f"; the {verb.format(_quoted(admits.despite))} not exclude them"


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words if word)


class BucketTlsOnly(Case):
    PLAIN = (
        "plain-http-accepted",
        "Add a bucket policy that denies requests whose aws:SecureTransport is false.",
    )


@control("Buckets refuse plain HTTP", Severity.INFO, "V4 P2", "CWE-319")
def bucket_tls_only(bucket: Bucket) -> Iterator[Violation]:
    """S3 accepts plain HTTP unless the bucket's policy denies it: objects, and presigned URLs that are
    still valid, then cross the network unencrypted. The vendor's clients use TLS by default."""
    if bucket.tls_only.known(True) is False:
        message = f"bucket `{bucket.name}` accepts requests without TLS"
        yield Violation(BucketTlsOnly.PLAIN, message, bucket.tls_only.at, remedy=TurnOn(Switch.TLS_ONLY))


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def websites_encrypted(bucket: Bucket) -> Iterator[Violation]:
    """The website endpoint of a bucket supports plain HTTP only; a CDN in front of it adds TLS."""
    block = bucket.access_block
    opened = bucket.acl.known("") in PUBLIC_ACLS and not _on(block.ignore_acls if block else None)
    if not _on(block.restrict_buckets if block else None):
        opened = opened or any(s.admits.public for s in bucket.statements.known(()))
    if opened and bucket.website.known(False):
        message = f"the website of bucket `{bucket.name}` is served over plain HTTP by the bucket itself"
        yield Violation(AssetsEncrypted.BUCKET_WEBSITE, message, bucket.website.at)


class BucketEncrypted(Case):
    ABSENT = "absent", "Turn on default server-side encryption for the bucket."


@control("Buckets encrypt objects at rest", Severity.MEDIUM, "V1 P2", "CWE-311")
def bucket_encrypted(bucket: Bucket) -> Iterator[Violation]:
    """Objects that are not encrypted on disk can be read from every copy of the disk."""
    if bucket.encryption.effective is ABSENT:
        message = (
            f"bucket `{bucket.name}` has no default encryption, and its service does not encrypt by itself"
        )
        remedy = TurnOn(Switch.ENCRYPTION_AT_REST)
        yield Violation(BucketEncrypted.ABSENT, message, bucket.encryption.at, remedy=remedy)


class BucketRecoverable(Case):
    UNVERSIONED = "unversioned", "Turn on versioning for the bucket."


@control("Buckets keep earlier versions of objects", Severity.LOW, "V1 P2", "CWE-693")
def bucket_recoverable(bucket: Bucket) -> Iterator[Violation]:
    """Without versioning, a mistaken or hostile delete or overwrite cannot be undone."""
    if bucket.versioning.known(True) is False:
        message = f"bucket `{bucket.name}` keeps no earlier versions of its objects"
        at, remedy, milder = bucket.versioning.at, TurnOn(Switch.VERSIONING), None
        if bucket.expires:
            message, milder = f"{message}, all of which expire", Severity.INFO
        yield Violation(BucketRecoverable.UNVERSIONED, message, at, remedy=remedy, severity=milder)


class BucketLogged(Case):
    OFF = "logging-off", "Write the bucket's access logs to another bucket."


@control("Access to buckets is logged", Severity.INFO, "V1 P2", "CWE-778")
def bucket_logged(bucket: Bucket, policy: Policy) -> Iterator[Violation]:
    """Without an access log, a leak cannot be traced or measured afterwards."""
    if bucket.logging.known(True) is False:
        message = f"bucket `{bucket.name}` keeps no access log"
        remedy = LogTo(policy.answers.get("bucket-logged", ""))
        yield Violation(BucketLogged.OFF, message, bucket.logging.at, remedy=remedy)
