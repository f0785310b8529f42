"""One log-in with a provider: the way to it, and the way back.

What has to be known on the way back is in a cookie of the browser that went, for ten minutes: it binds the log-in to this
browser, and strangers who begin a million log-ins fill no table. A code is worth nothing twice, which the provider enforces.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from batten.model.record import record
from batten.watch.access.ids import random_id
from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.claims import Claims, verified
from batten.watch.access.oidc.remote import Remote

LASTS = 600  # seconds for a log-in at the provider
_LONGEST = 1_500  # characters of a path to go on to, in a cookie
_ERROR = re.compile(r"[a-z_]{1,60}")


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """A log-in under way, as its cookie keeps it."""

    state: str
    nonce: str
    verifier: str
    goal: str


@record
class Way:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    cookie: str


def begin(remote: Remote, back: str, goal: str, now: int) -> Way:
    """The way to the provider, which sends the browser to `back`. Raises OidcProblem."""
    begun = Begun(random_id(), random_id(), random_id(), goal if len(goal) <= _LONGEST else "/")
    endpoint = remote.metadata(now).authorization_endpoint
    query = urlencode({
        "response_type": "code", "client_id": remote.provider.client, "redirect_uri": back,
        "scope": " ".join(remote.provider.scopes), "state": begun.state, "nonce": begun.nonce,
        "code_challenge": urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).decode().rstrip("="), "code_challenge_method": "S256",
    })  # fmt: skip
    joined = f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"
    return Way(joined, urlsafe_b64encode(msgspec.json.encode(begun)).decode().rstrip("="))


def begun_of(cookie: str) -> Begun:
    """The log-in that a browser began. Raises OidcProblem."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)), type=Begun)
    except (msgspec.DecodeError, ValueError):
        raise OidcProblem("the log-in was not begun in this browser, or took more than ten minutes") from None


def complete(
    remote: Remote, begun: Begun, answer: Mapping[str, str], back: str, secret: str, now: int
) -> Claims:
    """Who logged in, from what the provider sent the browser back with. Raises OidcProblem."""
    if not hmac.compare_digest(answer.get("state", "").encode("utf-8", "replace"), begun.state.encode()):
        raise OidcProblem("the log-in is not the one that this browser began")
    # RFC 9207: that no other provider answered.
    must = remote.metadata(now).authorization_response_iss_parameter_supported
    if ("iss" in answer or must) and answer.get("iss") != remote.provider.issuer:
        raise OidcProblem("another provider answered")
    if error := answer.get("error", ""):
        said = error if _ERROR.fullmatch(error) else "error"
        raise OidcProblem(f"the provider refused the log-in: {said}")
    form = {
        "grant_type": "authorization_code", "code": answer.get("code", "")[:4096], "redirect_uri": back,
        "code_verifier": begun.verifier,
    }  # fmt: skip
    return verified(remote, remote.id_token(form, secret, now), begun.nonce, now)
