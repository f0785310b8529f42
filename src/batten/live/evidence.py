"""Exchanges as evidence: what was sent and what came back, without the secrets in it."""

from __future__ import annotations

import re

from batten import masking
from batten.live.exchange import CREDENTIALS, Headers, Request, Response
from batten.masking import MASK, masked, noted
from batten.model import Exchange, Kind, Location
from batten.model.record import record

BODY_SHOWN = 1500
HEADER_SHOWN = 400
_READ = BODY_SHOWN * 4  # bytes of a body

_LAST_WORD = re.compile(r"""[^\s"',;<>{}\[\]()]*\Z""")
_COOKIE_VALUE = re.compile(r"^([^=;]+)=[^;]*")


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text without configured secrets, and without what looks like a credential."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return masked(text)


def shown(name: str, value: str, secrets: tuple[str, ...] = ()) -> str:
    """A header's value as it may be shown."""
    name = name.lower()
    if name == "set-cookie":
        masking.register(value.partition(";")[0].partition("=")[2])
        return _COOKIE_VALUE.sub(rf"\1={MASK}", value)
    if name in CREDENTIALS:
        masking.heard((value, *value.split()))
        return MASK
    value = redact(value, secrets)
    return value if len(value) <= HEADER_SHOWN else value[:HEADER_SHOWN] + "…"


def exchange_of(request: Request, response: Response, body: str | None = None) -> Exchange:
    """Evidence of one exchange. `body` is shown instead of the answer's, where that is a secret itself."""
    secrets = response.secrets
    asked = f"{request.method} {redact(request.path, secrets)} HTTP/1.1\n{_head(request.headers, secrets)}"
    if request.body:
        asked += "\n" + _cut(request.body, False, secrets)
    status = f"HTTP/{response.http_version} {response.status} {response.reason}".rstrip()
    text = body if body is not None else _cut(response.body, response.truncated, secrets)
    return Exchange(asked, f"{status}\n{_head(response.headers, secrets)}" + (f"\n{text}" if text else ""))


def _head(headers: Headers, secrets: tuple[str, ...]) -> str:
    return "".join(f"{n}: {shown(n, v, secrets)}\n" for n, v in headers[:100])


def _cut(body: bytes, truncated: bool, secrets: tuple[str, ...]) -> str:
    if b"\0" in body[:1000]:
        return f"({len(body)} bytes of binary content)"
    # Redacted before it is cut, so that no secret is cut in two and slips through; what an answer shows once is
    # hidden in whatever is told of the others.
    text = body[:_READ].decode("utf-8", "replace")
    if len(body) > _READ:
        text = _LAST_WORD.sub("", text)  # half of it: its form as a secret may begin or end in the other half
    noted(text)
    text = redact(text, secrets)
    more = truncated or len(text) > BODY_SHOWN or len(body) > _READ
    return text[:BODY_SHOWN] + ("\n… (cut)" if more else "")


@record
class Sight:
    """An answer, and the evidence of it, made once for all facts that it shows."""

    request: Request
    response: Response
    exchange: Exchange
    path: str  # redacted, for people

    def at(self, pointer: str) -> Location:
        """Where the answer shows something: the source is scheme, host and port; the pointer has the path
        only, so that two environments can be compared."""
        where = f"{self.request.method} {self.path} {pointer}"
        return Location(self.request.origin, where, kind=Kind.WIRE, exchange=self.exchange)


def sight(response: Response, body: str | None = None) -> Sight:
    """`body` is shown instead of the answer's, where that is a secret itself."""
    path = redact(response.request.path, response.secrets)[:200]
    return Sight(response.request, response, exchange_of(response.request, response, body), path)
