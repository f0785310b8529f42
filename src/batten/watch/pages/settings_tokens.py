"""Tokens: those of the caller's own; an administrator of everything sees and revokes those of others."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.access import accounts
from batten.watch.access.accounts import AccessProblem
from batten.watch.access.scopes import Scope, may_everywhere
from batten.watch.model import DAY, Token
from batten.watch.pages.filtering import offered
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.rendering import caller_of, page
from batten.watch.pages.words import day, end_of_day
from batten.watch.settings import Watch
from batten.watch.store import environments, tokens, users
from batten.watch.store.database import now

_LIST = "/settings/tokens"
_USUAL = 365 * DAY


def routes() -> list[Route]:
    return [
        Route(_LIST, _list, methods=["GET"]),
        Route(_LIST, posted(_create), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}/revoke", posted(_revoke), methods=["POST"]),
    ]


def _list(request: Request, form: Form | None = None, problem: str = "", sent: str = "") -> Response:
    watch: Watch = request.app.state.watch
    caller, at = caller_of(request), now()
    over_all = may_everywhere(caller, Scope.ADMIN)
    with watch.database.read() as db:
        every = tokens.every(db, 0 if over_all else caller.user)
        names = {user.id: user.name for user in users.every(db)} if over_all else {caller.user: caller.name}
        offers = offered(db, caller)
    given = form or {"until": day(at + _USUAL), "scope.read": "true"}
    shown = page(
        request, "settings_tokens.html", 422 if problem else 200, every=every, names=names, offered=offers, given=given,
        problem=problem, sent=sent, scopes=tuple(Scope), first=day(at + DAY),
    )  # fmt: skip
    return shown


def _create(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    caller, over = caller_of(request), form.get("environment", "")
    environment = int(over) if over.isascii() and over.isdigit() and len(over) < 19 else 0
    try:
        expires = end_of_day(form["until"]) if form.get("until") else None
        with watch.database.begin() as db:
            if environment and environments.find(db, caller, environment) is None:
                raise AccessProblem("the environment is not there, or not visible to you")
            wanted = Token(
                name=form.get("name", "").strip(), user=caller.user, environment=environment, expires=expires, created=now(),
                scopes=tuple(s.value for s in Scope if form.get(f"scope.{s.value}")),
            )  # fmt: skip
            sent = accounts.create_token(db, caller, wanted, now())
    except (AccessProblem, ValueError) as problem:
        return _list(request, form, str(problem))
    return _list(request, sent=sent)


def _revoke(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    caller = caller_of(request)
    with watch.database.begin() as db:
        found = tokens.one(db, request.path_params["id"])
        if found is None or (found.user != caller.user and not may_everywhere(caller, Scope.ADMIN)):
            raise HTTPException(404)
        accounts.revoke_token(db, caller, found, now())
    return done(_LIST, "revoked_token")
