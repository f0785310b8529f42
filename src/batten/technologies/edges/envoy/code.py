"""Extensions that run code of the configuration's, and those that write files: a test of the configuration does
neither.

Envoy runs Lua while it validates, whichever field brings it; so the whole extension is left out, by its type.
Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/core/v3/extension.proto
"""

from __future__ import annotations

import re
from enum import Enum

from batten.formats.tree import Plain

_RUNS = re.compile(r"[./](?:lua|wasm|golang|dynamic_modules?)\.", re.IGNORECASE)
_WRITES = re.compile(r"[./]FileAccessLog$")
# A type is also told inside these, which carry an extension that the bootstrap's reader does not know.
_TYPES = ("@type", "type_url", "typeUrl")
_HELD = ("typed_config", "typedConfig", "config")
_HOLDS = re.compile(r"[./](?:ExecuteFilterAction|ExtensionWithMatcher)$")
_LOGS = ("access_log_path", "accessLogPath", "profile_path", "profilePath")
_NOWHERE = "/dev/null"


class _Needed(Exception):
    """Code stands where something must stand."""


class _Left(Enum):
    """In place of an extension that is left out."""

    OUT = ""


def without(bootstrap: Plain) -> Plain | None:
    """The configuration without them; None where one cannot be left out."""
    try:
        made = _without(bootstrap)
    except _Needed:
        return None
    return None if isinstance(made, _Left) else made


def _without(value: Plain) -> Plain | _Left:
    if isinstance(value, list):
        made = (_without(v) for v in value)
        return [v for v in made if not isinstance(v, _Left)]
    if not isinstance(value, dict):
        return value
    types = [str(value[k]) for k in _TYPES if k in value]
    if any(_RUNS.search(t) for t in types):
        return _Left.OUT
    kept: dict[str, Plain] = {}
    for key, inner in value.items():
        part = _without(inner)
        if not isinstance(part, _Left):
            kept[key] = _NOWHERE if key in _LOGS and isinstance(part, str) else part
        elif key in _HELD or any(_HOLDS.search(t) for t in types):
            return _Left.OUT  # what holds the extension is nothing without it
        elif not _is_map(value):
            raise _Needed
    return _silent(kept) if any(_WRITES.search(t) for t in types) else kept


def _is_map(value: dict[str, Plain]) -> bool:
    """Whether the values are extensions by the name of what they extend."""
    return all(isinstance(v, dict) and any(k in v for k in _TYPES) for v in value.values())


def _silent(log: dict[str, Plain]) -> dict[str, Plain]:
    """The access log, written nowhere."""
    inner = log.get("value")
    if isinstance(inner, dict):
        return {**log, "value": _silent(inner)}
    return {**log, "path": _NOWHERE} if "path" in log else log
