"""Documents in which a provider of identities describes itself: OpenID Connect Discovery 1.0 (3) and RFC 8414 (2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from batten.facts import Provider
from batten.live.evidence import Sight

DOCUMENT = "/.well-known/openid-configuration"
METADATA = "/.well-known/oauth-authorization-server"
MOST = 50  # entries of one list
_ENDPOINTS = (
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "end_session_endpoint",
)


def provider_facts(seen: Sight) -> Iterator[Provider]:
    """What such a document says, where the answer is one."""
    response = seen.response
    if response.status != 200 or "/.well-known/o" not in seen.request.path or response.truncated:
        return
    try:
        said = json.loads(response.text)
    except (ValueError, RecursionError):
        return
    if not isinstance(said, dict) or not _text(said, "issuer") or not _text(said, "token_endpoint"):
        return
    yield Provider(
        seen.at("response.body"),
        issuer=_text(said, "issuer"),
        grants=_list(said, "grant_types_supported"),
        responses=_list(said, "response_types_supported"),
        signing=_list(said, "id_token_signing_alg_values_supported"),
        endpoints=tuple(filter(None, (_text(said, "issuer"), *(_text(said, name) for name in _ENDPOINTS)))),
        registration=_text(said, "registration_endpoint"),
    )


def _text(said: Mapping[str, object], name: str) -> str:
    found = said.get(name)
    return found[:500] if isinstance(found, str) else ""


def _list(said: Mapping[str, object], name: str) -> tuple[str, ...]:
    found = said.get(name)
    return tuple(v for v in found[:MOST] if isinstance(v, str)) if isinstance(found, list) else ()
