"""Headers that filters add where a route turns them on, by a mark that the route puts into the upstream's answers.

https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/common/matching/v3/extension_matcher.proto
"""

from __future__ import annotations

from batten.model import UNKNOWN, Setting
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.headers.reading import additions, mutations
from batten.technologies.edges.envoy.managers import Manager


def varied(manager: Manager, route: Field) -> dict[str, Setting[str]]:
    """By lower-case name; the first filter of the chain has the last word."""
    said = route["typed_per_filter_config"]
    if not said:
        return {}
    marks = {option.of("header", "key").text.lower() for option in additions(route)}
    found: dict[str, Setting[str]] = {}
    for filter in reversed(manager.filters):
        if filter.kind == "header_mutation" and filter.off and said[filter.name]:
            # Whether the filter is skipped for all answers without such a mark, and for no others.
            config = said[filter.name]
            matchers = list(config.of("xds_matcher", "matcher_list", "matchers").items())
            if len(matchers) != 1 or not config.type.endswith(".ExtensionWithMatcherPerRoute"):
                sure = False
            else:
                predicate = matchers[0].of("predicate", "not_matcher", "single_predicate")
                name = predicate.of("input", "typed_config", "header_name").text.lower()
                skips = matchers[0].of("on_match", "action", "typed_config").type.endswith(".SkipFilter")
                sure = (
                    skips
                    and name in marks
                    and predicate.of("value_match", "safe_regex", "regex").text == ".*"
                )
            for change in mutations(filter.config):
                if change.action != "remove":
                    found[change.name.lower()] = change.value if sure else Setting(UNKNOWN, change.value.at)
    return found
