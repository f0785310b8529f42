from __future__ import annotations

from batten.facts.cors import CorsPolicy
from batten.facts.fact import Fact
from batten.model import Setting
from batten.model.record import record


@record
class PublicAccessBlock(Fact):
    block_acls: Setting[bool]
    ignore_acls: Setting[bool]
    block_policy: Setting[bool]
    restrict_buckets: Setting[bool]


@record
class BucketStatement(Fact):
    effect: Setting[str]  # "Allow", "Deny"
    principals: Setting[tuple[str, ...]]  # "*" is anybody
    actions: Setting[tuple[str, ...]]
    conditioned: Setting[bool]  # a Condition narrows it
    denies_plain: bool = False  # denies what comes with aws:SecureTransport false


@record
class Bucket(Fact):
    """An object store's bucket, its split resources joined."""

    name: str
    provider: str
    acl: Setting[str]
    access_block: PublicAccessBlock | None  # None: no such resource (ABSENT); cloud default applies
    statements: Setting[tuple[BucketStatement, ...]]
    encryption: Setting[str]
    versioning: Setting[bool]
    logging: Setting[bool]
    tls_only: Setting[bool]
    website: Setting[bool]
    cors: tuple[CorsPolicy, ...] = ()
    mfa_delete: Setting[bool] | None = None
