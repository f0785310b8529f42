"""The API's routes: every operation of the document has a handler here, and nothing else is served below `/api/v1`."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from batten.guard.asgi import Guard
from batten.guard.options import Limits
from batten.policy import Policy
from batten.watch.api import (
    assignments,
    audit,
    channels,
    compare,
    controls,
    environments,
    events,
    exports,
    finding,
    findings,
    heat,
    runs,
    session,
    teams,
    today,
    tokens,
    trends,
    users,
    waivers,
)
from batten.watch.api.asked import Handler
from batten.watch.api.dispatch import endpoint
from batten.watch.api.document import contract, operations, whole

BASE = "/api/v1"
HANDLERS: dict[str, Handler] = {
    "readCaller": session.read_caller,
    "listEnvironments": environments.list_environments,
    "createEnvironment": environments.create_environment,
    "readEnvironment": environments.read_environment,
    "changeEnvironment": environments.change_environment,
    "removeEnvironment": environments.remove_environment,
    "readEnvironmentState": environments.read_environment_state,
    "pauseEnvironment": environments.pause_environment,
    "resumeEnvironment": environments.resume_environment,
    "queueRun": runs.queue_run,
    "listRuns": runs.list_runs,
    "readRun": runs.read_run,
    "cancelRun": runs.cancel_run,
    "listEvents": events.list_events,
    "listCauses": today.list_causes,
    "listChanges": today.list_changes,
    "listUnknown": today.list_unknown,
    "readMap": heat.read_map,
    "listFindings": findings.list_findings,
    "listWaivers": waivers.list_waivers,
    "createWaiver": waivers.create_waiver,
    "readWaiver": waivers.read_waiver,
    "approveWaiver": waivers.approve_waiver,
    "extendWaiver": waivers.extend_waiver,
    "revokeWaiver": waivers.revoke_waiver,
    "listAudit": audit.list_audit,
    "verifyAudit": audit.verify_audit,
    "readFinding": finding.read_finding,
    "listEnvironmentControls": controls.list_environment_controls,
    "readParity": controls.read_parity,
    "compareEnvironments": compare.compare_environments,
    "compareRuns": compare.compare_runs,
    "readTrends": trends.read_trends,
    "listUsers": users.list_users,
    "createUser": users.create_user,
    "readUser": users.read_user,
    "disableUser": users.disable_user,
    "enableUser": users.enable_user,
    "resetPassword": users.reset_password,
    "grantRole": users.grant_role,
    "revokeRole": users.revoke_role,
    "listTokens": tokens.list_tokens,
    "createToken": tokens.create_token,
    "revokeToken": tokens.revoke_token,
    "exportFindings": exports.export_findings,
    "pushReport": runs.push_report,
    "renewHook": environments.renew_hook,
    "endHook": environments.end_hook,
    "listChannels": channels.list_channels,
    "createChannel": channels.create_channel,
    "readChannel": channels.read_channel,
    "changeChannel": channels.change_channel,
    "removeChannel": channels.remove_channel,
    "testChannel": channels.test_channel,
    "listTeams": teams.list_teams,
    "createTeam": teams.create_team,
    "listAssignments": assignments.list_assignments,
    "assign": assignments.assign,
    "withdraw": assignments.withdraw,
}
# Of a session or token, and of an address, over which a client has less say.
RATES = (
    "limit=1200/minute,per=credential,burst=200",
    "limit=3000/minute,per=address,burst=600",
    "limit=30/minute,per=credential,operation=GET /api/v1/findings/export",
)
# Requests but reports are bound to 1 MiB in front of it (access/middleware.py).
LIMITS = Limits(request_body=67_108_864, answer_body=4_194_304)


def routes() -> list[BaseRoute]:
    """The API behind batten's own guard, and its document."""
    return [Mount(BASE, guarded()), Route("/openapi.json", _document)]


def guarded() -> Guard:
    """The operations, behind a guard that holds requests and answers against the document. Hosts are checked in front of it."""
    served = [
        Route(o.path.removeprefix(BASE), endpoint(o, HANDLERS[o.name]), methods=[o.method], name=o.name)
        for o in sorted(operations(), key=lambda o: o.path.count("{"))  # names before what numbers could be
    ]
    return Guard(
        Router(served),
        contract=contract(),
        policy=Policy(),
        undeclared_query="refuse",
        limits=LIMITS,
        rates=RATES,
        hosts=("*",),
    )


async def _document(request: Request) -> Response:
    return Response(msgspec.json.encode(whole()), media_type="application/json")
