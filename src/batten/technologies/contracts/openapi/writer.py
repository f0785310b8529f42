"""Remedies written into OpenAPI documents."""

from __future__ import annotations

from functools import partial

from batten.contract import document_of
from batten.formats import Mapping, Workspace
from batten.model import Fix, Location, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.contracts._fixes.fixes import move_to_header, remove
from batten.technologies.contracts.openapi.credential_fixes import hide, is_literal
from batten.technologies.contracts.openapi.errors import Declared, declared
from batten.technologies.contracts.openapi.examples import Shown, shown_by
from batten.technologies.contracts.openapi.fixes import add_problem, demand_credentials, pad, use_tls
from batten.technologies.contracts.openapi.gateway_fixes import list_origins, list_words
from batten.technologies.contracts.openapi.generated import generator_of
from batten.technologies.contracts.openapi.schema_fixes import bound, close
from batten.technologies.shared.text.entries import Page


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    page, root = _page(workspace, at.source), _page(workspace, unit.main)
    made = generator_of(unit.main, root.root, workspace)
    if made:
        question = f"where is the source that this document is generated from ({made})? Change it there"
        return Fix("change what the document is generated from", (), safety=Safety.VALUE, question=question)
    match remedy:
        case want.AddProblemResponse():
            # What the document says of errors, worked out once for all its findings.
            top = _page(workspace, unit.main).root
            nothing = Declared(common=None, by_status={})
            return add_problem(
                page,
                root,
                remedy.statuses,
                at,
                workspace.kept(
                    ("openapi-errors", unit.main),
                    lambda: declared(top) if isinstance(top, Mapping) else nothing,
                ),
            )
        case want.RequireAuth() if is_literal(page, at):
            return hide(page, at)
        case want.RequireAuth():
            return demand_credentials(page, root, at)
        case want.RedirectToTls():
            return use_tls(page, at, remedy.url)
        case want.TurnOn(feature=Switch.PADDING):
            return pad(page, at)
        case want.MoveToHeader():
            return move_to_header(page, at)
        case want.TurnOff(feature=Switch.OPERATION | Switch.FLOW as what):
            return remove(page, at, f"the {what.value}")
        case want.AllowOrigins():
            return list_origins(page, at, remedy.origins)
        case want.AllowMethods(methods=words) | want.AllowHeaders(headers=words):
            return list_words(page, at, words)
        case want.CloseSchemas():
            return close(partial(_page, workspace), remedy.places, partial(_shown, workspace))
        case want.BoundSchemas():
            return bound(remedy.places)
        case _:
            return None


def _page(workspace: Workspace, path: str) -> Page:
    document = document_of(workspace, path)
    return Page(document.source, document.tree)


def _shown(workspace: Workspace, path: str) -> Shown:
    return workspace.kept(("openapi-examples", path), lambda: shown_by(_page(workspace, path).root))
