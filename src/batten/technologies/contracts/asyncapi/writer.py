"""Remedies written into AsyncAPI documents."""

from __future__ import annotations

from batten.contract import document_of
from batten.formats import Workspace
from batten.model import Fix, Location, Remedy, Switch
from batten.model import remedy as want
from batten.technologies import Unit
from batten.technologies.contracts._fixes.fixes import move_to_header, remove
from batten.technologies.contracts.asyncapi.fixes import demand_credentials, use_tls
from batten.technologies.shared.text.entries import Page


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    page = _page(workspace, at.source)
    match remedy:
        case want.RedirectToTls():
            return use_tls(page, at)
        case want.RequireAuth():
            return demand_credentials(page, _page(workspace, unit.main), at)
        case want.MoveToHeader():
            return move_to_header(page, at)
        case want.TurnOff(feature=Switch.FLOW):
            return remove(page, at, "the flow")
        case _:
            return None


def _page(workspace: Workspace, path: str) -> Page:
    document = document_of(workspace, path)
    return Page(document.source, document.tree)
