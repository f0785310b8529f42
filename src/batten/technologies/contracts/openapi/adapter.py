"""OpenAPI documents: facts of what they promise, and remedies written into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from typing import cast
from urllib.parse import unquote

from batten.contract import document_of, is_contract, load
from batten.facts import Fact
from batten.formats import Mapping, Unreadable, Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.contracts.openapi.arazzo import workflows
from batten.technologies.contracts.openapi.facts import facts_of
from batten.technologies.contracts.openapi.overlays import is_overlay, not_applied, overlays_of

MOST_FILES = 1000
_VERSIONS = ("openapi", "swagger")
_REFERENCE = re.compile(r"\$ref[\"']?\s*:\s*[\"']?([^#\s\"',}]+)")


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each document with the files that it refers to, and the overlay that is applied to it. Documents that others refer to
    stay units of their own."""
    documents = set(files)
    laid = overlays_of(files, workspace)
    for file in files:
        if file in laid.applied:
            continue
        # Files named by references, found by their text alone: parsing comes later, and once.
        found = [file]
        for here in found:
            if len(found) >= MOST_FILES:
                break
            try:
                text = workspace.text(here).text
            except Unreadable:
                continue
            for reference in dict.fromkeys(_REFERENCE.findall(text)):
                there = None if ":" in reference else workspace.resolve(here, unquote(reference))
                if there is not None and there not in found and workspace.exists(there):
                    found.append(there)
        fragments = [f for f in found[1:] if f not in documents]
        yield Unit("openapi", (file, *fragments, *laid.over.get(file, ())))


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The API, its security schemes, its operations, and the schemas of its answers; the steps of Arazzo's workflows."""
    top = document_of(workspace, unit.main).tree
    if isinstance(top, Mapping) and "overlay" in top and "actions" in top:
        yield not_applied(unit.main, top, workspace)
    elif isinstance(top, Mapping) and "arazzo" in top:
        yield from workflows(unit.main, workspace)
    if not isinstance(top, Mapping) or not is_contract({k: top.text(k) for k in _VERSIONS if k in top}):
        return
    contract, problems = load(workspace, unit.main, [f for f in unit.files[1:] if is_overlay(f, workspace)])
    yield from facts_of(contract)
    yield from problems


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """Writers come when somebody looks at a fix, which most reviews never do."""
    writer = import_module("batten.technologies.contracts.openapi.writer")
    return cast("Fix | None", writer.write(unit, workspace, remedy, at))
