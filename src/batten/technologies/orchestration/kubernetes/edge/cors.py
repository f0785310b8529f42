"""CORS policies of routes, in the words that most kinds share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import CorsPolicy, OriginRule
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.orchestration.kubernetes.edge.cluster import lacking
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.origins import origin, pattern, reflected, wildcard

_ANY = frozenset((".*", ".+", "^.*$", "^.+$"))


def kong_cors(found: KubernetesObject) -> Iterator[CorsPolicy]:
    """The plug-in of Kong's ingress controller. Without origins it admits any.

    Source: https://developer.konghq.com/plugins/cors/reference/
    """
    config, at = found.body["config"], lacking(found.body["config"])
    if found.body["plugin"].text != "cors" or found.body["disabled"].text == "true" or not config.known:
        return
    listed = config["origins"]
    rules = tuple(origin(o.text, o.here) for o in listed.items()) if listed.exists else (origin("*", at),)
    known = all(o.known for o in listed.items())
    yield CorsPolicy(
        at,
        origins=Setting(rules if known else UNKNOWN, listed.here if listed.exists else at),
        credentials=config["credentials"].flag(at, False),
        methods=words(config["methods"]),
        headers=words(config["headers"]),
        varies=Setting(UNKNOWN, at),
    )


def cors(
    body: Field, origins: str = "allowOrigins", rule: Callable[[Field], OriginRule] | None = None
) -> Iterator[CorsPolicy]:
    """The policy of a route, where it lists origins; `rule` reads one of them."""
    listed = body[origins]
    if not listed.exists:
        return
    at, items = lacking(body), list(listed.items())
    rules = tuple(map(rule or starred, items))
    known = listed.known and all(i.known for i in items)
    yield CorsPolicy(
        at,
        origins=Setting(rules if known else UNKNOWN, listed.here),
        credentials=body["allowCredentials"].flag(at, False),
        methods=words(body["allowMethods"]),
        headers=words(body["allowHeaders"]),
        varies=Setting(UNKNOWN, at),
    )


def starred(item: Field) -> OriginRule:
    """An origin in which `*` stands for any characters."""
    plain = "*" not in item.text or item.text == "*"
    return origin(item.text, item.here) if plain else wildcard(item.text, item.here)


def matched(item: Field) -> OriginRule:
    """Istio's StringMatch: an expression is matched against all of the text."""
    if item["regex"].text in _ANY:
        return reflected(item["regex"].here, item["regex"].text)
    if item["regex"].exists:
        return pattern(item["regex"].text, item["regex"].here, whole=True)
    if item["prefix"].exists:
        return wildcard(f"{item['prefix'].text}*", item["prefix"].here)
    exact = item["exact"]
    return origin(exact.text, exact.here) if exact.exists else origin(item.text, item.here)


def words(field: Field) -> Setting[tuple[str, ...]]:
    if not field.exists:
        return Setting(ABSENT, field.block)
    found = field.words()
    return Setting(UNKNOWN if "\0" in found else found, field.here)
