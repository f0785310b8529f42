"""What gateways read out of a contract: Amazon API Gateway takes the CORS policy of an HTTP API from it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract, Place
from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.formats.tree import Plain
from batten.model import ABSENT, UNKNOWN, Absent, Setting, Unknown

KEY = "x-amazon-apigateway-cors"


def cors_of(contract: Contract) -> Iterator[CorsPolicy]:
    """The gateway compares whole origins, and sends Vary itself. `${…}` and `Fn::…` are filled in later."""
    document = contract.references.sources.files[contract.path].data
    declared = document.get(KEY) if isinstance(document, dict) else None
    if not isinstance(declared, dict):
        return
    place = Place(contract.path, (KEY,))
    at = contract.block(place)
    credentials = declared.get("allowCredentials", False)
    origins = declared.get("allowOrigins")
    if origins is None:
        rules: tuple[OriginRule, ...] | Absent | Unknown = ABSENT
    elif not isinstance(origins, list):
        rules = UNKNOWN
    else:
        rules = tuple(
            OriginRule(
                _kind(origin),
                Setting(
                    UNKNOWN if "${" in origin else origin, contract.value(place / "allowOrigins" / str(index))
                ),
            )
            for index, origin in enumerate(origins)
            if isinstance(origin, str)
        )
    yield CorsPolicy(
        at,
        origins=Setting(rules, contract.block(place / "allowOrigins")),
        credentials=Setting(
            credentials if isinstance(credentials, bool) else UNKNOWN,
            contract.block(place / "allowCredentials"),
        ),
        methods=_words(contract, declared, place, "allowMethods"),
        headers=_words(contract, declared, place, "allowHeaders"),
        varies=Setting(True, at),
    )


def _kind(origin: str) -> OriginKind:
    if origin in ("*", "http://*", "https://*"):
        return OriginKind.ANY
    return OriginKind.NULL if origin == "null" else OriginKind.EXACT


def _words(
    contract: Contract, declared: dict[str, Plain], place: Place, key: str
) -> Setting[tuple[str, ...]]:
    words = declared.get(key)
    if words is None:
        return Setting(ABSENT, contract.block(place))
    at = contract.block(place / key)
    if not isinstance(words, list):
        return Setting(UNKNOWN, at)
    return Setting(tuple(w for w in words if isinstance(w, str)), at)
