"""JSON web tokens among an environment's own credentials (RFC 7519): what they say, which key made them, and what is sent
to see whether their signature is checked (RFC 8725, 2.1 and 3.1). Nothing of their content is kept or shown."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Iterator, Mapping

from batten.controls._guessing import Guessed, tried
from batten.facts import Forgery
from batten.live.exchange import Headers
from batten.model.record import record

_TOKEN = re.compile(r"\beyJ[\w-]{4,4000}\.(?:[\w-]{2,12000})\.[\w-]{0,4000}")
_DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}

Json = Mapping[str, object]


@record
class Token:
    """A token in the header `carrier`, whose whole value is `value`."""

    carrier: str
    value: str
    text: str
    head: Json
    claims: Json

    @property
    def algorithm(self) -> str:
        return str(self.head.get("alg", ""))

    def number(self, claim: str) -> float | None:
        """A date of the claims, in seconds (RFC 7519, 2)."""
        found = self.claims.get(claim)
        return float(found) if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def tokens(headers: Headers) -> list[Token]:
    """The tokens of a request's headers, each once."""
    found: dict[str, Token] = {}
    for name, value in headers:
        for match in _TOKEN.finditer(value):
            head, claims = (_json(part) for part in match[0].split(".")[:2])
            if "alg" in head and claims:
                found.setdefault(match[0], Token(name, value, match[0], head, claims))
    return list(found.values())


def key_of(token: Token) -> Guessed | None:
    """How the key can be guessed that signed a token; None where none of those that are tried did."""
    digest = _DIGESTS.get(token.algorithm)
    signed, _, signature = token.text.rpartition(".")
    wanted = _bytes(signature)
    if digest is None or not wanted:
        return None
    content = signed.encode()
    matches = (how for key, how in tried() if hmac.digest(key.encode(), content, digest) == wanted)
    return next(matches, None)


def forgeries(token: Token) -> Iterator[tuple[Forgery, Headers]]:
    """The header with a token of the same claims that the key's owner did not make."""
    signed, _, signature = token.text.rpartition(".")
    claims = signed.partition(".")[2]
    if signature:
        other = "B" if signature[0] == "A" else "A"
        yield Forgery.ALTERED, _sent(token, f"{signed}.{other}{signature[1:]}")
    for word in ("none", "None"):  # some compare with the lower case only
        head = _written({**token.head, "alg": word})
        yield Forgery.UNSIGNED, _sent(token, f"{head}.{claims}.")


def _sent(token: Token, other: str) -> Headers:
    return ((token.carrier, token.value.replace(token.text, other)),)


def _written(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _json(part: str) -> Json:
    try:
        found = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return b""
