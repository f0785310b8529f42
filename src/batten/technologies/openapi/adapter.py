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
from batten.technologies.openapi.facts import facts_of

MOST_FILES = 1000
_VERSIONS = ("openapi", "swagger")
_REFERENCE = re.compile(r"\$ref[\"']?\s*:\s*[\"']?([^#\s\"',}]+)")


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each document with the files that it refers to. Those that are documents stay units of their own."""
    documents = set(files)
    for file in files:
        fragments = [f for f in _reachable(file, workspace) if f not in documents]
        yield Unit("openapi", (file, *fragments))


def _reachable(file: str, workspace: Workspace) -> list[str]:
    """Files named by references, found by their text alone: parsing comes later, and once."""
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
    return found[1:]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The API, its security schemes, its operations, and the schemas of its answers."""
    top = document_of(workspace, unit.main).tree
    if not isinstance(top, Mapping) or not is_contract({k: top.text(k) for k in _VERSIONS if k in top}):
        return
    contract, problems = load(workspace, unit.main)
    yield from facts_of(contract)
    yield from problems


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """Writers come when somebody looks at a fix, which most reviews never do."""
    writer = import_module("batten.technologies.openapi.writer")
    return cast("Fix | None", writer.write(unit, workspace, remedy, at))
