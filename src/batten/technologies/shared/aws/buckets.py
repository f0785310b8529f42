"""What a bucket's parts mean, however they are written: its policy's statements, its rules' origins."""

from __future__ import annotations

import re

from batten.facts import BucketStatement, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.technologies.shared.aws.access.documents import Statement
from batten.technologies.shared.aws.access.verdicts import admission, denies_plain
from batten.technologies.shared.aws.resource import Value

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html: "do not support secure connections".
WEBSITE = (
    "who uses the bucket's website endpoint? it has no TLS, and such a policy closes it: put CloudFront in front of the "
    "bucket first"
)
EVERYBODY = re.compile(r"groups/global/(?:AllUsers|AuthenticatedUsers)$")


def statements(found: list[tuple[Statement, Location]]) -> tuple[BucketStatement, ...]:
    """What each statement of a bucket's policy admits."""
    policy = [one for one, _ in found]
    return tuple(BucketStatement(at, admission(policy, one)) for one, at in found)


def tls_only(found: list[tuple[Statement, Location]], at: Location) -> Setting[bool]:
    """Whether the policy denies all plain HTTP; UNKNOWN where it may, or denies some of it."""
    denied = [denies_plain(one) for one, _ in found]
    if True in denied:
        return Setting(True, found[denied.index(True)][1])
    return Setting(UNKNOWN if UNKNOWN in denied else False, at)


def open_to_all(acl: Setting[str], statements: Setting[tuple[BucketStatement, ...]]) -> bool:
    """Whether the bucket is public anyway."""
    return acl.known("").startswith("public-read") or any(s.admits.public for s in statements.known(()))


def origins(listed: Setting[tuple[str, ...]]) -> Setting[tuple[OriginRule, ...]]:
    """S3 allows one `*` in an origin, for any text."""
    if isinstance(listed.value, Unknown):
        return Setting(UNKNOWN, listed.at)
    rules = tuple(_rule(origin, listed.at) for origin in listed.known(()))
    return Setting(rules or ABSENT, listed.at)


def _rule(origin: str, at: Location) -> OriginRule:
    if origin == "*":
        return OriginRule(OriginKind.ANY, Setting(origin, at))
    if "*" in origin:
        return OriginRule(OriginKind.PATTERN, Setting(re.escape(origin).replace(r"\*", ".*"), at))
    return OriginRule(OriginKind.EXACT, Setting(origin, at))


_FOR_EVERYONE = frozenset(
    ("public", "asset", "assets", "static", "download", "downloads", "cdn", "website", "www")
)
# What a name says of objects that are not for everyone, whatever else it says.
_FOR_SOME_TEXT = """
archive backup backups confidential customer customers data document documents dump dumps export exports internal invoice invoices
log logs private restricted secret secrets staging state tfstate upload uploads user users
"""
_FOR_SOME = frozenset(_FOR_SOME_TEXT.split())


def meant_public(website: bool, origin: bool, *names: Value) -> str:
    """What says that a bucket's objects are meant for everyone: it is a website, the origin of a CDN that sends no credential of
    its own (`origin`), or called so. "" where nothing does."""
    if website:
        return "its website configuration shows"
    if origin:
        return "the CDN that reads it without a credential shows"
    words = {word.lower() for name in names if isinstance(name, str) for word in _words(name)}
    return "its name says" if words & _FOR_EVERYONE and not words & _FOR_SOME else ""


def _words(name: str) -> list[str]:
    return re.split(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])", name)
