"""Which answers Envoy lets out by their heads alone: nothing in them is to be judged, and no script is run for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from batten.contract import Response
from batten.guard.served import Served, is_json
from batten.harden.edges.envoy.matching import answered, both, exactly, like, negated

Json = dict[str, Any]
_MATCHING = "type.googleapis.com/envoy.extensions.common.matching.v3"
_SKIP: Json = {
    "action": {
        "name": "skip",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.common.matcher.action.v3.SkipFilter"
        },
    }
}


def unless_let_out(lua: Json) -> Json:
    """A Lua filter that routes say when to skip."""
    return {
        "@type": f"{_MATCHING}.ExtensionWithMatcher",
        "extension_config": {"name": "envoy.filters.http.lua", "typed_config": lua},
        "xds_matcher": {},
    }


def let_out(served: Served) -> Json:
    """For a route: an answer with a declared status and media type that is not JSON, and no cookie to harden."""
    plain = negated(_header("set-cookie", ".*"))
    matchers = [
        {"predicate": {"and_matcher": {"predicate": [status, *media, plain]}}, "on_match": _SKIP}
        for status, media in _told_by_their_heads(served)
    ]
    tree: Json = {"matcher_list": {"matchers": matchers}} if matchers else {}
    return {"@type": f"{_MATCHING}.ExtensionWithMatcherPerRoute", "xds_matcher": tree}


def _told_by_their_heads(served: Served) -> Iterator[tuple[Json, tuple[Json, ...]]]:
    """A condition about the status, and others about the media type."""
    responses = served.operation.responses
    exact = [status for status in responses if status.isdigit()]
    ranges = [status for status in responses if status[1:].upper() == "XX"]
    for status, response in responses.items():
        media = tuple(_media(served, status, response))
        if not media:
            continue
        if status in exact:
            yield exactly(answered(":status"), status), media
            continue
        nearer = [*exact, *(ranges if status == "default" else ())]
        named = "|".join(name[:1] + r"\d\d" if name in ranges else name for name in nearer)
        found = _status("[2-5]" + r"\d\d" if status == "default" else status[:1] + r"\d\d")
        yield (both(found, negated(_status(named))) if named else found), media


def _media(served: Served, status: str, response: Response) -> Iterator[Json]:
    """With parameters that could not name JSON, and never two media types."""
    # Whether any media type may come: what has no body, or a response that is not known.
    if not response.known or status in ("204", "304") or served.operation.method == "HEAD":
        yield negated(_header("content-type", ".*,.*"))
        return
    names = [name.partition(";")[0].strip().lower() for name in response.media]
    taken = [name for name in names if name.count("/") == 1 and "," not in name and not is_json(name)]
    if not taken:
        return
    patterns = [re.escape(name).replace(r"\*", "[^ ;,/]+") for name in taken]
    yield _header("content-type", f"(?i)(?:{'|'.join(patterns)})(?: *;[^,j]*)?")
    if any("*" in name for name in taken):
        yield negated(_header("content-type", "(?i).*json.*"))


def _header(name: str, pattern: str) -> Json:
    return like(answered(name), pattern)


def _status(pattern: str) -> Json:
    return _header(":status", pattern)
