"""Users: who may log in, and their roles over everything, a team or one environment."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.access import accounts
from batten.watch.access.accounts import AccessProblem
from batten.watch.model import Grant, Role, User
from batten.watch.pages.filtering import offered
from batten.watch.pages.forms import Act, Form, done, posted
from batten.watch.pages.overs import over_of, overs
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store import users
from batten.watch.store.database import now

_LIST = "/settings/users"
_Acts = Callable[[Connection, Request, User, Form], str]


def routes() -> list[Route]:
    acts: dict[str, _Acts] = {
        "grant": _grant, "revoke": _revoke, "disable": _disable, "enable": _enable, "reset": _reset,
    }  # fmt: skip
    sent = [
        Route(f"{_LIST}/{{id:int}}/{name}", posted(_acting(act)), methods=["POST"])
        for name, act in acts.items()
    ]
    return [
        Route(_LIST, _list, methods=["GET"]),
        Route(_LIST, posted(_create), methods=["POST"]),
        *sent,
    ]


def _list(
    request: Request, form: Form | None = None, problem: str = "", password: str = "", name: str = ""
) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        every = [(user, users.grants(db, user.id)) for user in users.every(db)]
        offers = offered(db, caller_of(request))
    return page(
        request, "settings_users.html", 422 if problem else 200, every=every, offered=offers, given=form or {}, problem=problem,
        password=password, name=name, roles=tuple((role.label, role.label) for role in Role),
        overs=overs(offers), titles=dict(overs(offers)),
    )  # fmt: skip


def _create(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    name = form.get("name", "").strip()
    try:
        with watch.database.begin() as db:
            if users.named(db, name) is not None:
                raise AccessProblem(f"there is a user {name} already; choose another name")
            password = accounts.add_user(db, caller_of(request), name, [_given(form)], now())
    except AccessProblem as problem:
        return _list(request, form, str(problem))
    return _list(request, password=password, name=name)


def _acting(act: _Acts) -> Act:
    """A form of one user: what the act returns is a new password to show, "" where there is none."""

    def handle(request: Request, form: Form) -> Response:
        watch: Watch = request.app.state.watch
        try:
            with watch.database.begin() as db:
                user = users.find(db, request.path_params["id"])
                if user is None:
                    raise HTTPException(404)
                password = act(db, request, user, form)
        except AccessProblem as problem:
            return _list(request, problem=str(problem))
        return _list(request, password=password, name=user.name) if password else done(_LIST, "saved")

    return handle


def _grant(db: Connection, request: Request, user: User, form: Form) -> str:
    accounts.grant(db, caller_of(request), user, _given(form), now())
    return ""


def _revoke(db: Connection, request: Request, user: User, form: Form) -> str:
    accounts.revoke(db, caller_of(request), user, _given({"role": "viewer", **form}), now())
    return ""


def _disable(db: Connection, request: Request, user: User, form: Form) -> str:
    accounts.disable(db, caller_of(request), user, now())
    return ""


def _enable(db: Connection, request: Request, user: User, form: Form) -> str:
    accounts.enable(db, caller_of(request), user, now())
    return ""


def _reset(db: Connection, request: Request, user: User, form: Form) -> str:
    return accounts.reset_password(db, caller_of(request), user, now())


def _given(form: Form) -> Grant:
    """The role that a form gives. Raises AccessProblem."""
    role = next((r for r in Role if r.label == form.get("role")), None)
    over = over_of(form)
    if role is None or over is None:
        raise AccessProblem("choose a role, and what it is over")
    return Grant(role, *over)
