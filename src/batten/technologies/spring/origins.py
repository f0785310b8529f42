"""CORS as properties describe it: of the actuator, of GraphQL, and of Spring Cloud Gateway.

Sources: `management.endpoints.web.cors.*` and `spring.graphql.cors.*` in Spring Boot's list of properties;
https://docs.spring.io/spring-cloud-gateway/reference/spring-cloud-gateway-server-webflux/cors-configuration.html;
`CorsConfiguration` of Spring's API: a pattern `*` answers with the origin of the request, so it goes with credentials.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies._settings.told import Given, Told, listed
from batten.technologies.spring.sources import uniform

_LISTED, _PATTERNS, _CREDENTIALS, _METHODS, _HEADERS = map(
    uniform,
    ("allowed-origins", "allowed-origin-patterns", "allow-credentials", "allowed-methods", "allowed-headers"),
)


def policies(told: Told) -> Iterator[CorsPolicy]:
    """A policy for each group of properties that names origins."""
    groups: dict[str, dict[str, Given]] = {}
    for key, given in told.found.items():
        above, _, last = key.rpartition(".")
        if "cors" in above.lower():
            groups.setdefault(above, {})[uniform(last)] = given
    for group in groups.values():
        yield from _policy(group)


def _policy(group: dict[str, Given]) -> Iterator[CorsPolicy]:
    given = group.get(_LISTED) or group.get(_PATTERNS)
    if given is None:
        return
    yield CorsPolicy(
        given.at,
        origins=_origins(given, _LISTED in group),
        credentials=_truth(group.get(_CREDENTIALS), given.at),
        methods=_words(group.get(_METHODS), given.at),
        headers=_words(group.get(_HEADERS), given.at),
        varies=Setting(True, given.at),
    )


def _origins(given: Given, listed_by_name: bool) -> Setting[tuple[OriginRule, ...]]:
    words = listed(given.value)
    if given.templated or (not listed_by_name and any("*" in word and word != "*" for word in words)):
        return Setting(UNKNOWN, given.at)
    every = OriginKind.ANY if listed_by_name else OriginKind.REFLECTED
    return Setting(tuple(OriginRule(_kind(word, every), Setting(word, given.at)) for word in words), given.at)


def _kind(word: str, every: OriginKind) -> OriginKind:
    return every if word == "*" else OriginKind.NULL if word == "null" else OriginKind.EXACT


def _truth(given: Given | None, at: Location) -> Setting[bool]:
    return Setting(given.truth, given.at) if given is not None else Setting(ABSENT, at, False)


def _words(given: Given | None, at: Location) -> Setting[tuple[str, ...]]:
    if given is None:
        return Setting(ABSENT, at)
    return Setting(UNKNOWN if given.templated else listed(given.value), given.at)
