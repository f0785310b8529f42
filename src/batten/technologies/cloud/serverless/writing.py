"""Remedies for a service: keys of functions and of the provider; of its resources, as in a template."""

from __future__ import annotations

from batten.formats.document import Uneditable
from batten.formats.tree import Plain
from batten.model import (
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Edit,
    Fix,
    Kind,
    Location,
    Remedy,
    Safety,
    Switch,
)
from batten.model import remedy as want
from batten.technologies.cloud.cloudformation import writer
from batten.technologies.cloud.cloudformation.edits import path_to, put
from batten.technologies.cloud.cloudformation.scripts import SCRIPTS
from batten.technologies.cloud.cloudformation.values import Path
from batten.technologies.cloud.serverless.service import Service
from batten.technologies.shared.secrets import credentials

_LOGS: dict[str, Plain] = {
    "restApi": {"accessLogging": True, "executionLogging": False, "fullExecutionData": False},
    "httpApi": True,
    "websocket": True,
}


def fix_of(service: Service, remedy: Remedy, at: Location) -> Fix | None:
    template = service.stack.template
    path = path_to(template, at.span) if at.span is not None else None
    if path is None:
        return None
    try:
        if isinstance(remedy, want.RequireAuth) and remedy.secret:
            # A credential becomes a variable of the environment that the service is deployed from.
            template = service.stack.template
            assert at.span is not None
            text = template.source.text[at.span.start : at.span.end]
            if (
                at.kind is not Kind.VALUE
                or any(part in SCRIPTS for part in path)
                or credentials.url_password(text) is not None
            ):
                return None
            words = [part for part in str(path[-1]).replace("-", "_").split("_") if part]
            name = "_".join(words).upper()
            breaks = "deployments from an environment without the variable"
            edits = put(template, path, f"${{env:{name}}}")
            return Fix(
                f"read {path[-1]} from the environment", tuple(edits), safety=Safety.RISKY, breaks=breaks
            )
        if path[0] == "resources":
            return writer.fix_of(service.stack, remedy, at)
        return _own(service, remedy, at, path) or writer.fix_of(service.stack, remedy, at)
    except Uneditable:
        return None


def _own(service: Service, remedy: Remedy, at: Location, path: Path) -> Fix | None:
    template = service.stack.template
    match remedy:
        case want.RequireAuth():
            if path[-1] == "url" or path[-2:] == ("url", "authorizer"):
                template, breaks = service.stack.template, "callers that do not sign their requests"
                wanted: Plain = {"authorizer": "aws_iam"}
                held = template.plain_at(path)
                if path[-1] == "authorizer":
                    edits = put(template, path, "aws_iam")
                elif isinstance(held, dict):
                    edits = put(template, (*path, "authorizer"), "aws_iam")
                else:
                    edits = put(template, path, wanted)
                return Fix(
                    "require signed requests (AWS_IAM)", tuple(edits), safety=Safety.RISKY, breaks=breaks
                )
            question = "which callers are allowed, and how do they authenticate? name an authorizer here"
            return Fix("require authentication of callers", (), safety=Safety.VALUE, question=question)
        case want.TurnOn(Switch.SAFEGUARD) if path[-1] == "onUnauthenticatedRequest":
            edits = put(template, path, "deny")
            return Fix(
                "require a login", tuple(edits), safety=Safety.RISKY, breaks="visitors without a login"
            )
        case want.TurnOn(Switch.ACCESS_LOG):
            log = at.pointer.rpartition("/")[2].replace("accessLogging", "restApi")
            return (
                Fix("log requests", tuple(put(template, ("provider", "logs", log), _LOGS[log])))
                if log in _LOGS
                else None
            )
        case AllowOrigins(origins) if not origins:
            question = "which origins may read answers? list them under `origins:` in batten.yaml"
            return Fix(
                "allow cross-origin requests from these origins only",
                (),
                safety=Safety.VALUE,
                question=question,
            )
        case AllowOrigins(listed) | AllowMethods(listed) | AllowHeaders(listed) if at.kind is Kind.VALUE:
            allowed = tuple(_allowed(service, path, listed))
            breaks = "pages on other origins, or with other methods or headers"
            title = "allow only these origins, methods and headers across origins"
            return Fix(title, allowed, safety=Safety.RISKY, breaks=breaks)
    return None


def _allowed(service: Service, path: Path, listed: tuple[str, ...]) -> list[Edit]:
    """A list in place of what is written. `cors: true` becomes a map with it."""
    if path[-1] != "cors":
        wanted: Plain = listed[0] if path[-1] == "origin" and len(listed) == 1 else [*listed]
        key = "origins" if path[-1] == "origin" and len(listed) > 1 else path[-1]
        if key != path[-1]:
            raise Uneditable("one origin is written, and several are wanted")
        return put(service.stack.template, path, wanted)
    key = "origins" if "http" in path else "allowedOrigins"
    return put(service.stack.template, path, {key: [*listed]})
