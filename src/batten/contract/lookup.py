"""Which declared answer an answer is held against."""

from __future__ import annotations

from collections.abc import Mapping

from batten.contract.contract import Media, Operation, Response


def response_of(operation: Operation, status: int | str) -> Response | None:
    """The answer that the API declares for a status: the exact one, its class (4XX), or the default."""
    return _of(operation.responses, str(status))


def told_of(operation: Operation, status: int | str) -> Response | None:
    """The same for its callers, whom the edge in front of the API answers, too."""
    return _of(operation.told, str(status))


def _of(responses: Mapping[str, Response], wanted: str) -> Response | None:
    for name in (wanted, wanted[:1] + "XX", wanted[:1] + "xx", "default"):
        found = responses.get(name)
        if found is not None:
            return found
    return None


def media_of(declared: Mapping[str, Media], media_type: str) -> Media | None:
    """The declared media type for one seen: exact, `application/*`, `*/*`.

    Parameters and case are ignored. Where nothing else fits, `application/x+json` is held against
    `application/json`: it says the same in the same syntax.
    """
    wanted = media_type.partition(";")[0].strip().lower()
    names = {name.partition(";")[0].strip().lower(): name for name in reversed(list(declared))}
    family = wanted.partition("/")[0]
    candidates = [wanted, f"{family}/*", "*/*"]
    if wanted.endswith("+json"):
        candidates[1:1] = ["application/json"]
    for candidate in candidates:
        if candidate in names:
            return declared[names[candidate]]
    return None
