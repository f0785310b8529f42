"""Releases of runtimes and engines that are past their end."""

from __future__ import annotations

import re

from batten.model import Fix, Kind, Location, Safety
from batten.technologies.cloud.cloudformation.edits import path_to, put
from batten.technologies.cloud.cloudformation.template import Template

_RUNTIME = re.compile(r"(?P<name>nodejs|python|ruby|java|dotnet)\d+(?:\.\d+)?(?P<rest>\.x)?")


def pinned(template: Template, at: Location, version: str) -> Fix | None:
    """A runtime of a function: an engine's new release wants a rehearsal, so that is left to people."""
    path = path_to(template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    held = template.plain_at(path) if path is not None else None
    found = _RUNTIME.match(held) if isinstance(held, str) else None
    if path is None or found is None or not version:
        return None
    runtime = f"{found['name']}{version}{found['rest'] or ''}"
    title, breaks = f"run on {runtime}", "code that needs the older release"
    return Fix(title, tuple(put(template, path, runtime)), safety=Safety.RISKY, breaks=breaks)
