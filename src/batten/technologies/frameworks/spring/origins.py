"""CORS as properties describe it: of the actuator, of GraphQL, and of Spring Cloud Gateway.

Sources: `management.endpoints.web.cors.*` and `spring.graphql.cors.*` in Spring Boot's list of properties;
https://docs.spring.io/spring-cloud-gateway/reference/spring-cloud-gateway-server-webflux/cors-configuration.html;
`CorsConfiguration` of Spring's API: a pattern `*` answers with the origin of the request, so it goes with credentials.
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, UNKNOWN, Location, Setting
from batten.technologies.frameworks.spring.sources import uniform
from batten.technologies.shared.settings.settings import Entry, Settings, listed

_LISTED, _PATTERNS, _CREDENTIALS, _METHODS, _HEADERS = map(
    uniform,
    ("allowed-origins", "allowed-origin-patterns", "allow-credentials", "allowed-methods", "allowed-headers"),
)


def policies(settings: Settings) -> Iterator[CorsPolicy]:
    """A policy for each group of properties that names origins."""
    groups: dict[str, dict[str, Entry]] = {}
    for key, given in settings.found.items():
        above, _, last = key.rpartition(".")
        if "cors" in above.lower():
            groups.setdefault(above, {})[uniform(last)] = given
    for group in groups.values():
        policy_given = group.get(_LISTED) or group.get(_PATTERNS)
        if policy_given is not None:
            truth_given = group.get(_CREDENTIALS)
            listed_by_name = _LISTED in group
            words = listed(policy_given.value)
            if policy_given.templated or (
                not listed_by_name and any("*" in word and word != "*" for word in words)
            ):
                origins: Setting[tuple[OriginRule, ...]] = Setting(UNKNOWN, policy_given.at)
            else:
                every = OriginKind.ANY if listed_by_name else OriginKind.REFLECTED
                origins = Setting(
                    tuple(
                        OriginRule(
                            every if word == "*" else OriginKind.NULL if word == "null" else OriginKind.EXACT,
                            Setting(word, policy_given.at),
                        )
                        for word in words
                    ),
                    policy_given.at,
                )
            yield CorsPolicy(
                policy_given.at,
                origins=origins,
                credentials=Setting(truth_given.truth, truth_given.at)
                if truth_given is not None
                else Setting(ABSENT, policy_given.at, False),
                methods=_words(group.get(_METHODS), policy_given.at),
                headers=_words(group.get(_HEADERS), policy_given.at),
                varies=Setting(True, policy_given.at),
            )


def _words(given: Entry | None, at: Location) -> Setting[tuple[str, ...]]:
    if given is None:
        return Setting(ABSENT, at)
    return Setting(UNKNOWN if given.templated else listed(given.value), given.at)
