"""Remedies for who may come in: authorisers of routes, and callers of functions."""

from __future__ import annotations

from batten.model import Fix, Kind, Location, Safety
from batten.technologies.cloud.cloudformation.edits import drop, path_to, put
from batten.technologies.cloud.cloudformation.resources import Resource


def inherited(resource: Resource, at: Location) -> Fix | None:
    """A route that leaves its API's authoriser out takes it again."""
    path = path_to(resource.template, at.span) if at.span is not None and at.kind is Kind.VALUE else None
    if path is None or path[-2:] != ("Auth", "Authorizer"):
        return None
    breaks = "callers that do not sign their requests or send a token"
    return Fix(
        "use the API's authorizer", tuple(drop(resource.template, path)), safety=Safety.RISKY, breaks=breaks
    )


def source_named(permission: Resource) -> Fix | None:
    """The service acts for this account only."""
    path = permission.written("SourceAccount")
    if path is None:
        return None
    edits = put(permission.template, path, {"Ref": "AWS::AccountId"})
    breaks = "other accounts that call through the service"
    return Fix("restrict it to this account", tuple(edits), safety=Safety.RISKY, breaks=breaks)
