"""Headers that not every path has the same value of, with answers that Envoy does not make itself.

A route marks the upstream's answers, and no other: what filters answer themselves never gets to it. Filters that only such
routes turn on look at the mark after all others, and take it away.
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/header_mutation_filter
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batten.harden.edges.envoy.headers import FILTERS, added
from batten.harden.edges.envoy.matching import answered, both, like, negated
from batten.harden.kinds import ABOUT_SCRIPTS, STRICT, Kind
from batten.policy.headers import CSP

Json = dict[str, Any]
_MARK, _POLICY = "x-batten-answers", "x-batten-policy"
_MARKS = "batten.marks"  # a filter's name
_MATCHING = "type.googleapis.com/envoy.extensions.common.matching.v3"
_SKIP = "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter"
_MUTATION = f"{FILTERS}.header_mutation.v3"


def filters(kinds: Iterable[Kind]) -> Iterator[Json]:
    """For the beginning of the chain, which answers pass last."""
    named = list(kinds)
    if named:
        config = {"@type": f"{_MUTATION}.HeaderMutation", "mutations": {}}
        yield {"name": _MARKS, "disabled": True, "typed_config": config}
    for kind in named:
        if kind.keeps:
            yield _wrapped(_kept(kind), {CSP: f"%RESP({_POLICY})%, {kind.beside}"})
        yield _wrapped(_name(kind), kind.sent)


def of_route(kind: Kind) -> tuple[list[Json], Json]:
    """The marks of its answers, and what it says to those filters."""
    mutations = [{"remove": name} for name in (_MARK, _POLICY)]
    marks = {"@type": f"{_MUTATION}.HeaderMutationPerRoute", "mutations": {"response_mutations": mutations}}
    marked = like(answered(_MARK), ".*")
    said: Json = {_MARKS: marks, _name(kind): _unless(marked)}
    if not kind.keeps:
        return added({_MARK: kind.name}), said
    policy = answered(_POLICY)
    strict = both(marked, like(policy, f"(?i){STRICT}"), like(policy, f"(?i){ABOUT_SCRIPTS}.*"))
    own = {_MARK: kind.name, _POLICY: f"%RESP({CSP.lower()})%"}
    return added(own), {**said, _kept(kind): _unless(strict)}


def _name(kind: Kind) -> str:
    return f"batten.{kind.name}"


def _kept(kind: Kind) -> str:
    return f"batten.{kind.name}.kept"


def _wrapped(name: str, values: Mapping[str, str]) -> Json:
    """A filter that routes say when to skip."""
    mutations = {"response_mutations": [{"append": one} for one in added(values)]}
    inner = {"@type": f"{_MUTATION}.HeaderMutation", "mutations": mutations}
    config = {
        "@type": f"{_MATCHING}.ExtensionWithMatcher",
        "extension_config": {"name": "envoy.filters.http.header_mutation", "typed_config": inner},
        "xds_matcher": {},
    }
    return {"name": name, "disabled": True, "typed_config": config}


def _unless(wanted: Json) -> Json:
    """Skipped but where this holds of an answer."""
    skip = {"action": {"name": "skip", "typed_config": {"@type": _SKIP}}}
    tree = {"matcher_list": {"matchers": [{"predicate": negated(wanted), "on_match": skip}]}}
    return {"@type": f"{_MATCHING}.ExtensionWithMatcherPerRoute", "xds_matcher": tree}
