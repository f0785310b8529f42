"""The file that describes a provider: TOML, so that it can be kept and reviewed beside a deployment's other files."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from batten.files import Refused
from batten.files.named import read_named
from batten.watch.access.hosts import is_loopback
from batten.watch.access.oidc import OidcProblem
from batten.watch.model import Role
from batten.watch.settings import GroupRole, Provider

_SECRET = re.compile(r"\$\{(OIDC_[A-Z0-9_]{1,90})\}")  # no name that an environment or a channel could use


class _Role(msgspec.Struct, forbid_unknown_fields=True):
    group: str
    role: str
    team: str = ""
    environment: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    issuer: str
    client: str
    secret: str = ""
    label: str = "single sign-on"
    scopes: list[str] = msgspec.field(default_factory=lambda: ["openid", "profile"])
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    roles: list[_Role] = msgspec.field(default_factory=list)


def provider_of(path: Path) -> Provider:
    """The provider that a file describes. Raises OidcProblem."""
    try:
        return provider(read_named(path))
    except (OSError, Refused) as error:
        raise OidcProblem(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    except OidcProblem as problem:
        raise OidcProblem(f"{path}: {problem}") from problem


def provider(data: bytes) -> Provider:
    """The provider that TOML describes. Raises OidcProblem."""
    try:
        read = msgspec.toml.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise OidcProblem(f"{error}; docs/watch.md shows the keys") from error
    named = _SECRET.fullmatch(read.secret)
    if read.secret and named is None:
        raise OidcProblem(
            "secret: name the client's secret as `${OIDC_NAME}`, and set it with `batten watch secret OIDC_NAME`"
        )
    if not is_safe(read.issuer, read.issuer):
        raise OidcProblem("issuer: write the provider's https URL, as its discovery document spells it")
    if "openid" not in read.scopes:
        raise OidcProblem("scopes: `openid` must be among them")
    return Provider(
        issuer=read.issuer, client=read.client, secret=named[1] if named else "", label=read.label,
        scopes=tuple(read.scopes), groups_claim=read.groups_claim, name_claim=read.name_claim,
        roles=tuple(_role(one) for one in read.roles),
    )  # fmt: skip


def is_safe(url: str, issuer: str) -> bool:
    """Whether a URL of the provider may be used: https, or for a provider on this machine alone loopback."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname) and not parts.username
    local = is_loopback(urlsplit(issuer).netloc)
    return parts.scheme == "http" and local and is_loopback(parts.netloc)


def _role(read: _Role) -> GroupRole:
    labels = {role.label: role for role in Role}
    if read.role not in labels:
        raise OidcProblem(f"roles: {read.role!r} is not one of {', '.join(labels)}")
    if read.team and read.environment:
        raise OidcProblem("roles: `team` and `environment` exclude each other")
    return GroupRole(group=read.group, role=labels[read.role], team=read.team, environment=read.environment)
