"""Controls on cloud services: object stores."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Bucket, BucketStatement, PublicAccessBlock
from batten.model import ABSENT, UNTOLD, Remedy, Setting, Severity, Switch, TurnOff, TurnOn, Violation
from batten.model.record import record
from batten.policy import Policy

PUBLIC_ACLS = ("public-read", "public-read-write", "authenticated-read", "website")


@record
class LogTo(Remedy):
    """Write access logs to this bucket. Empty: the user must name one."""

    bucket: str = ""


@control("Buckets are private", Severity.CRITICAL, "V1 P2", "CWE-284, CWE-732")
def bucket_private(bucket: Bucket) -> Iterator[Violation]:
    """A public bucket is read, and often listed, by anybody who guesses its name; there are programs
    that do nothing but guess."""
    block = bucket.access_block
    if bucket.acl.known("private") in PUBLIC_ACLS and not _on(block.ignore_acls if block else None):
        message = f"the ACL of bucket '{bucket.name}' is open to strangers: {bucket.acl.known('')}"
        yield Violation(UNTOLD, message, bucket.acl.at, TurnOff(Switch.PUBLIC_ACL))
    if not _on(block.restrict_buckets if block else None):
        for statement in bucket.statements.known(()):
            if _for_everybody(statement):
                message = f"the policy of bucket '{bucket.name}' allows everybody {_actions(statement)}"
                yield Violation(UNTOLD, message, statement.at)
    if block is not None:
        yield from _blocks(bucket, block)


def _blocks(bucket: Bucket, block: PublicAccessBlock) -> Iterator[Violation]:
    flags = {
        "public ACLs are accepted": block.block_acls,
        "public ACLs count": block.ignore_acls,
        "public policies are accepted": block.block_policy,
        "public policies count": block.restrict_buckets,
    }
    off = {what: flag for what, flag in flags.items() if flag.known(True) is False}
    if off:
        at = next((flag.at for flag in off.values() if flag.written), block.at)
        message = f"bucket '{bucket.name}' does not block public access: {', '.join(off)}"
        yield Violation(UNTOLD, message, at, TurnOn(Switch.PUBLIC_ACCESS_BLOCK), Severity.HIGH)


def _on(flag: Setting[bool] | None) -> bool:
    return flag is not None and flag.known(False)


def _for_everybody(statement: BucketStatement) -> bool:
    return (
        statement.effect.known("") == "Allow"
        and "*" in statement.principals.known(())
        and not statement.conditioned.known(True)
    )


def _actions(statement: BucketStatement) -> str:
    return ", ".join(statement.actions.known(())) or "some actions"


@control("Buckets refuse plain HTTP", Severity.MEDIUM, "V4 P2", "CWE-319")
def bucket_tls_only(bucket: Bucket) -> Iterator[Violation]:
    """S3 answers plain HTTP unless the bucket's policy refuses it: objects, and signed URLs that still
    work, go out in clear text."""
    if bucket.tls_only.known(True) is False:
        message = f"bucket '{bucket.name}' answers requests that come without TLS"
        yield Violation(UNTOLD, message, bucket.tls_only.at, TurnOn(Switch.TLS_ONLY))


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def websites_encrypted(bucket: Bucket) -> Iterator[Violation]:
    """The website endpoint of a bucket speaks plain HTTP only; a CDN before it speaks TLS."""
    block = bucket.access_block
    opened = bucket.acl.known("") in PUBLIC_ACLS and not _on(block.ignore_acls if block else None)
    if not _on(block.restrict_buckets if block else None):
        opened = opened or any(_for_everybody(s) for s in bucket.statements.known(()))
    if opened and bucket.website.known(False):
        message = f"the website of bucket '{bucket.name}' is served over plain HTTP, by the bucket itself"
        yield Violation(UNTOLD, message, bucket.website.at)


@control("Buckets encrypt what they hold", Severity.MEDIUM, "V1 P2", "CWE-311")
def bucket_encrypted(bucket: Bucket) -> Iterator[Violation]:
    """What is not encrypted on disk leaks with every copy of it."""
    if bucket.encryption.effective is ABSENT:
        message = f"bucket '{bucket.name}' has no default encryption, and its service has none of its own"
        yield Violation(UNTOLD, message, bucket.encryption.at, TurnOn(Switch.ENCRYPTION_AT_REST))


@control("What a bucket held can be had back", Severity.LOW, "V1 P2", "CWE-693")
def bucket_recoverable(bucket: Bucket) -> Iterator[Violation]:
    """Without versions, one wrong or hostile command deletes for good."""
    if bucket.versioning.known(True) is False:
        message = f"bucket '{bucket.name}' keeps no earlier versions of its objects"
        yield Violation(UNTOLD, message, bucket.versioning.at, TurnOn(Switch.VERSIONING))


@control("Access to buckets is logged", Severity.LOW, "V1 P2", "CWE-778")
def bucket_logged(bucket: Bucket, policy: Policy) -> Iterator[Violation]:
    """Without a log nobody can say afterwards what was taken."""
    if bucket.logging.known(True) is False:
        message = f"bucket '{bucket.name}' does not log who reads and writes it"
        yield Violation(UNTOLD, message, bucket.logging.at, LogTo(policy.answers.get("bucket-logged", "")))
