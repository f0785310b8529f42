"""JSON bodies of requests without their readOnly properties, where policy says so: clients send back what they were
given, and the application must not take it."""

from __future__ import annotations

import json

from batten.contract.strict_json import strict_json
from batten.guard.content.views import View


def has_read_only(view: View) -> bool:
    """Whether anything in a schema is readOnly."""
    pending, seen = [view], {view.schema.place}
    while pending:
        one = pending.pop()
        if one.hidden:
            return True
        below = [*one.properties.values(), *(v for v in (one.items, one.rest) if v is not None)]
        pending += [v for v in below if v.schema.place not in seen]
        seen.update(v.schema.place for v in below)
    return False


def stripped(body: bytes, view: View) -> bytes:
    """The same bytes where there is nothing to take out, or no JSON to take it out of."""
    try:
        value = strict_json(body)
    except (ValueError, RecursionError):
        return body
    return (
        json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() if _strip(value, view) else body
    )


def _strip(value: object, view: View) -> bool:
    """Whether something was taken out of it."""
    changed = False
    if isinstance(value, dict):
        for name in view.hidden & value.keys():
            del value[name]
            changed = True
        for name, child in value.items():
            sub = view.properties.get(name) or view.rest
            if sub is not None and isinstance(child, (dict, list)):
                changed = _strip(child, sub) or changed
    elif isinstance(value, list) and view.items is not None:
        for child in value:
            changed = _strip(child, view.items) or changed
    return changed
