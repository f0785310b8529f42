"""Whether a request carries the credentials that its operation requires: their presence, not their validity."""

from __future__ import annotations

from collections.abc import Mapping

from batten.contract import Contract, Operation, SecurityScheme
from batten.formats.tree import Plain
from batten.model.record import record


@record
class Credential:
    """One scheme. `prefixes` are what an Authorization header may begin with, in lower case; none is any."""

    where: str  # "header", "query", "cookie", or "" where it cannot be seen
    name: bytes
    prefixes: tuple[bytes, ...] = ()
    challenge: bytes = b""

    def is_in(self, fields: Mapping[bytes, bytes], query: bytes) -> bool:
        match self.where:
            case "header":
                return self._fits(fields.get(self.name, b""))
            case "query":
                return _named(self.name, query.split(b"&"))
            case "cookie":
                return _named(self.name, [part.strip() for part in fields.get(b"cookie", b"").split(b";")])
        return True

    def sent(self, fields: Mapping[bytes, bytes], query: bytes) -> bytes:
        """What is in its place, "" where it cannot be seen."""
        match self.where:
            case "header":
                return fields.get(self.name, b"")
            case "query":
                return _value(self.name, query.split(b"&"))
            case "cookie":
                return _value(self.name, [part.strip() for part in fields.get(b"cookie", b"").split(b";")])
        return b""

    def _fits(self, value: bytes) -> bool:
        if not self.prefixes:
            return bool(value.strip())
        scheme, _, rest = value.strip().partition(b" ")
        return scheme.lower() in self.prefixes and bool(rest.strip())


def _named(name: bytes, pairs: list[bytes]) -> bool:
    prefix = name + b"="
    return any(pair.startswith(prefix) and len(pair) > len(prefix) for pair in pairs)


def _value(name: bytes, pairs: list[bytes]) -> bytes:
    prefix = name + b"="
    return next((pair for pair in pairs if pair.startswith(prefix)), b"")


@record
class Demand:
    """Alternatives, each a set of credentials that are all required; no alternative requires none."""

    alternatives: tuple[tuple[Credential, ...], ...] = ()

    def is_met(self, fields: Mapping[bytes, bytes], query: bytes) -> bool:
        return not self.alternatives or any(
            all(credential.is_in(fields, query) for credential in alternative)
            for alternative in self.alternatives
        )

    @property
    def challenges(self) -> tuple[bytes, ...]:
        found = (c.challenge for alternative in self.alternatives for c in alternative if c.challenge)
        return tuple(dict.fromkeys(found)) or (b"Bearer",)

    @property
    def headers(self) -> tuple[bytes, ...]:
        """The request headers that carry them."""
        return tuple(c.name for alternative in self.alternatives for c in alternative if c.where == "header")


_UNSEEN = Credential("", b"")  # a client certificate, or a scheme that the contract does not explain


def credentials(contract: Contract) -> Mapping[str, Credential]:
    """The contract's schemes by name."""
    return {scheme.name: _credential(contract, scheme) for scheme in contract.schemes}


def demand(operation: Operation, known: Mapping[str, Credential]) -> Demand:
    alternatives = operation.security or ()
    if () in alternatives:
        return Demand()
    return Demand(tuple(tuple(known.get(name, _UNSEEN) for name in names) for names in alternatives))


def _credential(contract: Contract, scheme: SecurityScheme) -> Credential:
    match scheme.kind:
        case "http" | "basic":
            kind = (scheme.scheme or scheme.kind).lower()
            challenge = kind.capitalize() + (' realm="api"' if kind in ("basic", "digest") else "")
            return Credential("header", b"authorization", (_bytes(kind),), _bytes(challenge))
        case "oauth2" | "openIdConnect":
            return Credential("header", b"authorization", (b"bearer", b"dpop"), b"Bearer")
        case "apiKey" if scheme.location in ("header", "query", "cookie"):
            # The header, parameter or cookie; `scheme.name` is what the contract calls the scheme.
            written: Plain = contract.references.sources.files[scheme.place.source].value(scheme.place.tokens)
            key_name = written.get("name") if isinstance(written, dict) else None
            name = _bytes(key_name if isinstance(key_name, str) and key_name.isascii() else "")
            name = name.lower() if scheme.location == "header" else name
            return Credential(scheme.location, name, challenge=b'ApiKey realm="api"') if name else _UNSEEN
    return _UNSEEN


def _bytes(text: str) -> bytes:
    return text.encode("ascii", "ignore")
