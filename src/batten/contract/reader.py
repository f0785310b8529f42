"""An OpenAPI document to a Contract: what is broken becomes a Problem, and the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence

from batten.contract.contract import Contract
from batten.contract.operations import read_operations
from batten.contract.overlays import lay
from batten.contract.references import References
from batten.contract.security import read_schemes
from batten.contract.servers import base_paths, read_servers
from batten.contract.source import Place, Sources
from batten.formats import SyntaxProblem, Workspace
from batten.formats.tree import Plain
from batten.model import Problem

_KNOWN = ("2.0", "3.0", "3.1", "3.2")


def load(workspace: Workspace, path: str, overlays: Sequence[str] = ()) -> tuple[Contract, list[Problem]]:
    """The contract in a file and in those it refers to, with overlays applied, and what of it could not be read.

    Raises Unreadable and SyntaxProblem for the file itself.
    """
    sources = Sources(workspace)
    references = References(sources)
    sources.open(path)
    for overlay in overlays:
        references.problems.extend(lay(sources, path, overlay))
    document = sources.files[path].data
    if not isinstance(document, dict) or not is_contract(document):
        raise SyntaxProblem(
            "this is not an OpenAPI document", 0, "start it with `openapi: 3.1.0` or `swagger: '2.0'`"
        )
    # YAML reads an unquoted 2.0 as a number.
    version = str(document.get("openapi", document.get("swagger")))
    root = Place(path)
    if not version.startswith(_KNOWN):
        hint = "batten supports 2.0 and 3.0 to 3.2; the document was read as far as it matches those"
        line = sources.line(root / ("openapi" if "openapi" in document else "swagger"))
        references.problems.append(
            Problem(path, "read", f"OpenAPI {version} is not supported", hint=hint, line=line)
        )
    servers = read_servers(document, root, version)
    bases = base_paths(servers, references)
    operations, more = read_operations(document, root, version, bases, references)
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else None
    contract = Contract(
        path,
        version,
        title if isinstance(title, str) else "",
        (*servers, *more),
        bases[0],
        read_schemes(document, root, references),
        operations,
        references,
    )
    return contract, references.problems


def is_contract(document: Plain) -> bool:
    """Whether a file's value is an OpenAPI document, and not one of the many others with such a key."""
    if not isinstance(document, dict):
        return False
    version = document.get("openapi", document.get("swagger"))
    return isinstance(version, (str, float, int)) and str(version)[:1] in ("2", "3", "4")
