"""Remedies written into OpenAPI documents."""

from __future__ import annotations

from functools import partial

from batten.contract import document_of
from batten.formats import Workspace
from batten.model import (
    AddProblemResponse,
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    BoundSchemas,
    CloseSchemas,
    Fix,
    Location,
    MoveToHeader,
    RedirectToTls,
    Remedy,
    RequireAuth,
    Switch,
    TurnOff,
    TurnOn,
)
from batten.technologies import Unit
from batten.technologies._contracts.fixes import move_to_header, remove
from batten.technologies._text.entries import Page
from batten.technologies.openapi.credential_fixes import hide, is_literal
from batten.technologies.openapi.fixes import add_problem, demand_credentials, pad, use_tls
from batten.technologies.openapi.gateway_fixes import list_origins, list_words
from batten.technologies.openapi.schema_fixes import bound, close


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    page, root = _page(workspace, at.source), _page(workspace, unit.main)
    match remedy:
        case AddProblemResponse():
            return add_problem(page, root, remedy.statuses, at)
        case RequireAuth() if is_literal(page, at):
            return hide(page, at)
        case RequireAuth():
            return demand_credentials(page, root, at)
        case RedirectToTls():
            return use_tls(page, at, remedy.url)
        case TurnOn(feature=Switch.PADDING):
            return pad(page, at)
        case MoveToHeader():
            return move_to_header(page, at)
        case TurnOff(feature=Switch.OPERATION | Switch.FLOW as what):
            return remove(page, at, f"the {what.value}")
        case AllowOrigins():
            return list_origins(page, at, remedy.origins)
        case AllowMethods(methods=words) | AllowHeaders(headers=words):
            return list_words(page, at, words)
        case CloseSchemas():
            return close(partial(_page, workspace), remedy.places)
        case BoundSchemas():
            return bound(remedy.places)
        case _:
            return None


def _page(workspace: Workspace, path: str) -> Page:
    document = document_of(workspace, path)
    return Page(document.source, document.tree)
