"""Who may read answers from other origins: the CORS options of the `headers` middleware."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.edges.traefik.configuration import Configuration
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.edges.origins import origin, pattern


def policies(whole: Configuration) -> Iterator[CorsPolicy]:
    for _, middleware in whole.of("middlewares"):
        found = policy_of(middleware["headers"])
        if found is not None:
            yield found
        # `grpcWeb` answers the listed origins.
        listed = middleware["grpcWeb"]["allowOrigins"]
        if listed.exists:
            rules = tuple(origin(text, at) for text, at in listed.listed())
            unknown = any("\0" in r.text.known("") for r in rules)
            at = middleware["grpcWeb"].block
            yield CorsPolicy(
                at,
                origins=Setting(UNKNOWN if unknown else rules, listed.here),
                credentials=Setting(UNKNOWN, at),
                methods=Setting(UNKNOWN, at),
                headers=Setting(UNKNOWN, at),
                varies=Setting(UNKNOWN, at),
            )


def policy_of(headers: Value) -> CorsPolicy | None:
    """The policy of one middleware; None when it has none. Expressions are searched for, as Go does."""
    plain, patterns = headers["accessControlAllowOriginList"], headers["accessControlAllowOriginListRegex"]
    if not plain.exists and not patterns.exists:
        return None
    rules: list[OriginRule] = [origin(text, at) for text, at in plain.listed()]
    rules += [pattern(text, at) for text, at in patterns.listed()]
    unknown = any("\0" in r.text.known("") for r in rules)
    place = (plain if plain.exists else patterns).here
    at = headers.block
    return CorsPolicy(
        at,
        origins=Setting(UNKNOWN if unknown else tuple(rules) or ABSENT, place),
        credentials=headers["accessControlAllowCredentials"].flag(at, False),
        methods=_list(headers["accessControlAllowMethods"], at),
        headers=_list(headers["accessControlAllowHeaders"], at),
        varies=headers["addVaryHeader"].flag(at, False),
    )


def _list(value: Value, at: Location) -> Setting[tuple[str, ...]]:
    if not value.exists:
        return Setting(ABSENT, at)
    words = value.words()
    return Setting(UNKNOWN if "\0" in words else words, value.here)
