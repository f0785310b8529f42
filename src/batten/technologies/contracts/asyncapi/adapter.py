"""AsyncAPI documents, 2 and 3: which brokers messages go through, and how their callers are known."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import cast

from batten.contract.references import References
from batten.contract.source import Place, Sources
from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.contracts.asyncapi.facts import facts_of

_KNOWN = ("2", "3")


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The servers, whom they let in, and the security schemes."""
    sources = Sources(workspace)
    document = sources.open(unit.main).data
    stated = document.get("asyncapi") if isinstance(document, dict) else None
    version = str(stated) if isinstance(stated, (str, int, float)) and str(stated)[:1].isdecimal() else ""
    if not version or not isinstance(document, dict):
        return
    references = References(sources)
    if version[:1] not in _KNOWN:
        hint = "batten supports 2 and 3; the document was read as far as it matches those"
        line = sources.line(Place(unit.main, ("asyncapi",)))
        yield Problem(unit.main, "read", f"AsyncAPI {version} is not supported", hint=hint, line=line)
    yield from facts_of(document, version, unit.main, references)
    yield from references.problems


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    """Writers come when somebody looks at a fix, which most reviews never do."""
    writer = import_module("batten.technologies.contracts.asyncapi.writer")
    return cast("Fix | None", writer.write(unit, workspace, remedy, at))
