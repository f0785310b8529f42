"""The provider as it is over the network: what it says of itself (OpenID Connect Discovery 1.0), its keys, and its tokens."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote_plus

import httpx
import jwt
import msgspec

from batten import masking
from batten.watch.access.oidc import OidcProblem
from batten.watch.access.oidc.described import is_safe
from batten.watch.model import HOUR, MINUTE, SECOND
from batten.watch.settings import Provider

T = TypeVar("T")

_LARGEST = 1024 * 1024  # bytes of an answer
_TIMEOUT = httpx.Timeout(10.0)  # of each step
_LONGEST = 20.0  # seconds, of all of it
_AGAIN = 10 * SECOND  # how long a failure is not tried again
_KEYS_LAST = 6 * HOUR


class Metadata(msgspec.Struct, frozen=True):
    """What is needed of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


@lru_cache(maxsize=4)
def remote(provider: Provider) -> Remote:
    """What is known of a provider, the same for all threads."""
    return Remote(provider)


class Remote:
    """A provider; what it said is kept for a while, and that it did not answer for some seconds."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._lock = threading.Lock()
        self._metadata: tuple[int, Metadata] | None = None
        self._keys: tuple[int, list[dict[str, Any]]] | None = None
        self._failed: tuple[int, str] | None = None

    def metadata(self, now: int) -> Metadata:
        """Its endpoints. Raises OidcProblem."""
        with self._lock:
            if self._metadata is None or not 0 <= now - self._metadata[0] < HOUR:
                self._metadata = now, self._guarded(self._discovered, now)
            return self._metadata[1]

    def key(self, kid: str | None, algorithm: str, now: int) -> jwt.PyJWK:
        """The key of a signature. A key that is unknown may be new: its keys are asked for again, once a minute. Raises OidcProblem."""
        uri = self.metadata(now).jwks_uri
        with self._lock:
            at, known = self._keys or (-_KEYS_LAST, [])
            found = _suiting(known, kid, algorithm) if 0 <= now - at < _KEYS_LAST else []
            if not found and not 0 <= now - at < MINUTE:
                known = self._guarded(lambda: _decoded(_asked("GET", uri), _Keys).keys, now)
                self._keys = now, known
                found = _suiting(known, kid, algorithm)
        if len(found) != 1:
            raise OidcProblem("the provider has no key, or several, for the signature of the ID token")
        try:
            return jwt.PyJWK(found[0], algorithm)
        except jwt.PyJWTError:
            raise OidcProblem("the provider's key for the ID token cannot be used") from None

    def id_token(self, form: Mapping[str, str], secret: str, now: int) -> str:
        """The ID token for a code. Raises OidcProblem."""
        metadata, headers, sent = self.metadata(now), {}, {**form, "client_id": self.provider.client}
        if secret and _by_post(metadata):
            sent["client_secret"] = secret
        elif secret:  # RFC 6749, 2.3.1
            pair = f"{quote_plus(self.provider.client)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return _decoded(_asked("POST", metadata.token_endpoint, sent, headers), _Tokens).id_token

    def _discovered(self) -> Metadata:
        issuer = self.provider.issuer
        url = issuer.rstrip("/") + "/.well-known/openid-configuration"
        found = _decoded(_asked("GET", url), Metadata)
        if found.issuer != issuer:
            raise OidcProblem("the provider's discovery document names another issuer")
        endpoints = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if not all(is_safe(endpoint, issuer) for endpoint in endpoints):
            raise OidcProblem("the provider's discovery document names an endpoint without TLS")
        return found

    def _guarded(self, ask: Callable[[], T], now: int) -> T:
        if self._failed is not None and 0 <= now - self._failed[0] < _AGAIN:
            raise OidcProblem(self._failed[1])
        try:
            return ask()
        except OidcProblem as problem:
            self._failed = now, str(problem)
            raise


def _by_post(metadata: Metadata) -> bool:
    """Whether the secret goes into the form: only where the provider does not take it in a header."""
    methods = metadata.token_endpoint_auth_methods_supported or []
    return "client_secret_post" in methods and "client_secret_basic" not in methods


def _suiting(keys: list[dict[str, Any]], kid: str | None, algorithm: str) -> list[dict[str, Any]]:
    return [
        key
        for key in keys
        if (kid is None or key.get("kid") == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("kty") == _TYPES[algorithm[:2]]
    ]


_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


def _decoded(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OidcProblem("the provider's answer does not follow OpenID Connect") from None


def _asked(
    method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """The body of a successful answer, bounded; no redirect is followed."""
    wanted = {"Accept": "application/json", **(headers or {})}
    end = time.monotonic() + _LONGEST
    try:
        with (
            httpx.Client(timeout=_TIMEOUT) as client,
            client.stream(method, url, data=form, headers=wanted) as answer,
        ):
            if answer.status_code != 200:
                raise OidcProblem(f"the provider answered {answer.status_code}")
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > _LARGEST or time.monotonic() > end:
                    raise OidcProblem("the provider's answer is too long, or too slow")
            return body
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OidcProblem(
            f"the provider cannot be reached: {masking.sentence(type(error).__name__)}"
        ) from error
