"""The audit log: what people did, the newest first, and whether its chain is whole."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.pages.links import asked, number
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store import audit

_ROWS = 100


def routes() -> list[Route]:
    return [Route("/settings/audit", _show, methods=["GET"])]


def _show(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    before, verified = number(request, "after"), asked(request, "verify") != ""
    with watch.database.read() as db:
        found = audit.every(db, caller_of(request), before, _ROWS + 1)
        broken = audit.verify(db) if verified else None
        head = str(audit.head(db))
    return page(
        request, "settings_audit.html", entries=found[:_ROWS], after=found[_ROWS - 1].id if len(found) > _ROWS else 0,
        began=before, verified=verified, broken=broken, head=head,
    )  # fmt: skip
