"""Errors in the API's stead: Envoy drops the answer, and says its own as for what it refuses itself.
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/custom_response_filter"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from batten.harden.edges.envoy.headers import FILTERS
from batten.harden.edges.envoy.matching import both, exactly, like, negated, read

Json = dict[str, Any]
INSTEAD = "envoy.filters.http.custom_response"
_KIND = f"{FILTERS}.custom_response.v3.CustomResponse"
_POLICY = (
    "type.googleapis.com/envoy.extensions.http.custom_response.local_response_policy.v3.LocalResponsePolicy"
)


def filter_() -> Json:
    """It does nothing but where a route says for which statuses."""
    return {"name": INSTEAD, "typed_config": {"@type": _KIND}}


def instead(statuses: Iterable[int]) -> Json:
    """For a route."""
    listed = like(read("HttpResponseStatusCodeMatchInput"), "|".join(map(str, statuses)))
    status = both(negated(exactly(read("HttpResponseStatusCodeClassMatchInput"), "2xx")), listed)
    own = {"action": {"name": "own", "typed_config": {"@type": _POLICY}}}
    matcher = {"matcher_list": {"matchers": [{"predicate": status, "on_match": own}]}}
    return {"@type": _KIND, "custom_response_matcher": matcher}
