"""What an ID token says, after all was verified that OpenID Connect Core 1.0, 3.1.3.7, and RFC 8725 say."""

from __future__ import annotations

import hmac

import jwt

from batten.model.record import record
from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.remote import Remote

# Signatures with a public key alone: with `none` anyone, with a shared secret every client could write tokens.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LARGEST = 64 * 1024
_LEEWAY = 60  # seconds
_MOST_GROUPS = 10_000


@record(kw_only=True)
class Claims:
    """Who logged in: the subject is who it is, the name what it is called, the groups decide what it may do."""

    subject: str
    name: str
    groups: frozenset[str]


def verified(remote: Remote, token: str, nonce: str, now: int) -> Claims:
    """The claims of an ID token for one log-in. Raises OidcProblem."""
    provider = remote.provider
    # The number of the key, and the algorithm.
    if len(token) > _LARGEST:
        raise OidcProblem("the ID token is too long")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise OidcProblem("the ID token cannot be read") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header or str(header.get("typ", "JWT")).upper() != "JWT":
        raise OidcProblem("the ID token is signed in a way that is not accepted")
    key = remote.key(*(kid if isinstance(kid, str) else None, str(algorithm)), now)
    try:
        said = jwt.decode(
            token, key, algorithms=[key.algorithm_name], audience=provider.client, issuer=provider.issuer, leeway=_LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise OidcProblem(f"the ID token is not valid: {type(error).__name__}") from None
    audience, party = said["aud"], said.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several and party is None) or party not in (None, provider.client):
        raise OidcProblem("the ID token is for another client")
    if not hmac.compare_digest(str(said["nonce"]).encode("utf-8", "replace"), nonce.encode()):
        raise OidcProblem("the ID token is of another log-in")
    subject, name = said["sub"], said.get(provider.name_claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise OidcProblem("the ID token names no subject")
    return Claims(
        subject=subject,
        name=name if isinstance(name, str) else "",
        groups=_groups(said.get(provider.groups_claim)),
    )


def _groups(said: object) -> frozenset[str]:
    listed = said if isinstance(said, list) else [said]
    return frozenset(group for group in listed[:_MOST_GROUPS] if isinstance(group, str))
