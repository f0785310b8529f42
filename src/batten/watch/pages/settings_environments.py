"""Environments: what is assessed, from where, how often, and where it may fall behind the stage before it."""

from __future__ import annotations

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.watch.access.scopes import Scope, may, may_everywhere
from batten.watch.assess.sources import SettingProblem, source_of
from batten.watch.model import DAY, HOUR, Caller, Environment, Grant, Role, Source
from batten.watch.pages.forms import Form, done, posted
from batten.watch.pages.links import asked
from batten.watch.pages.rendering import caller_of, page
from batten.watch.pages.sources import ENTRIES, PREFIX, SOURCES, settings_of
from batten.watch.schedule import acts, hooks
from batten.watch.schedule.acts import ActProblem
from batten.watch.schedule.hook_senders import HookProblem
from batten.watch.settings import Watch
from batten.watch.store import environments, teams
from batten.watch.store.database import now

_LIST = "/settings/environments"
_OBJECTIVES = (HOUR, 6 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY)
_LONGEST = {"service": 100, "stage": 50, "team": 100}


class _Wrong(Exception):
    """A field that cannot be so; the sentence says what to write."""


def routes() -> list[Route]:
    return [
        Route(_LIST, _list, methods=["GET"]),
        Route(f"{_LIST}/new", _new, methods=["GET"]),
        Route(f"{_LIST}/new", posted(_create), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}", _edit, methods=["GET"]),
        Route(f"{_LIST}/{{id:int}}", posted(_change), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}/hook", posted(_hook), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}/remove", posted(_remove), methods=["POST"]),
    ]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        every = environments.every(db, caller_of(request), Role.ADMIN)
        names = {team.id: team.name for team in teams.every(db, caller_of(request))}
    return page(request, "settings_environments.html", every=every, teams=names)


def _new(request: Request) -> Response:
    source = next((s for s in Source if s.value == asked(request, "source")), Source.LIVE)
    usual = {"stage": "prod", "place": "2", "schedule": "1h", "objective": str(DAY), "source": source.value}
    return _form(request, usual, source, None)


def _create(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    source, caller = (
        next((s for s in Source if s.value == form.get("source")), Source.LIVE),
        caller_of(request),
    )
    try:
        with watch.database.begin() as db:
            # The team of a new environment: one over which the caller is an administrator, or a new one. Raises
            # _Wrong and ActProblem.
            if new := form.get("new_team", "").strip():
                if not may_everywhere(caller, Scope.ADMIN):
                    raise _Wrong("only an administrator of everything adds a team")
                team = acts.create_team(db, caller, _name({"team": new}, "team"), now()).id
            else:
                number = _whole(form, "team", 2**62) if form.get("team") else 0
                if not number or not _over_team(caller, number):
                    raise _Wrong("choose a team that you administer, or write a new one")
                team = number
            wanted = _read(watch, form, Environment(team=team, service="", stage="", source=source))
            made = acts.create(db, caller, wanted, now())
    except (ActProblem, SettingProblem, _Wrong) as problem:
        return _form(request, form, source, None, str(problem))
    return done(f"/environments/{made.id}", "saved")


def _edit(request: Request) -> Response:
    one = _administered(request)
    return _form(request, _given(one), one.source, one)


def _given(one: Environment) -> Form:
    """An environment as its form has it."""
    given = {
        "team": str(one.team), "service": one.service, "stage": one.stage, "place": str(one.place), "schedule": one.schedule,
        "objective": str(one.objective), "differences": " ".join(one.differences),
    }  # fmt: skip
    return given | {PREFIX + name: value for name, value in one.settings.items()}


def _change(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    one, caller = _administered(request), caller_of(request)
    try:
        with watch.database.begin() as db:
            acts.change(db, caller, one, _read(watch, form, one), now())
    except (ActProblem, SettingProblem, _Wrong) as problem:
        return _form(request, form, one.source, one, str(problem))
    return done(f"/environments/{one.id}", "saved")


def _hook(request: Request, form: Form) -> Response:
    """A new secret for the webhook, which is shown this once; or no webhook any more."""
    watch: Watch = request.app.state.watch
    one, caller = _administered(request), caller_of(request)
    if form.get("end"):
        with watch.database.begin() as db:
            hooks.end(db, caller, one.id, now())
        return done(f"{_LIST}/{one.id}", "removed")
    try:
        with watch.database.begin() as db:
            sent = hooks.renew(db, watch, caller, one.id, now())
    except HookProblem as problem:
        return _form(request, _given(one), one.source, one, str(problem))
    return _form(request, _given(one), one.source, one, hook=sent or "")


def _remove(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    one = _administered(request)
    if form.get("name", "").strip() != one.name:
        said = f"write {one.name} to remove it with all that is known of it"
        return _form(request, _given(one), one.source, one, said)
    with watch.database.begin() as db:
        acts.remove(db, caller_of(request), one, now())
    return done(_LIST, "removed")


def _form(
    request: Request, given: Form, source: Source, one: Environment | None, problem: str = "", hook: str = ""
) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        known = teams.every(db, caller_of(request))
    offered = {*_OBJECTIVES, *([one.objective] if one is not None else [])}
    return page(
        request, "settings_environment.html", 422 if problem else 200, given=given, source=source, one=one, problem=problem,
        entries=ENTRIES[source], sources=SOURCES, prefix=PREFIX, teams=tuple((str(t.id), t.name) for t in known),
        hook=hook, address=f"{watch.settings.url or str(request.base_url).rstrip('/')}/hooks/{one.id if one else ''}",
        objectives=tuple(sorted(offered)), makes_teams=may_everywhere(caller_of(request), Scope.ADMIN),
    )  # fmt: skip


def _read(watch: Watch, form: Form, before: Environment) -> Environment:
    """The environment that a form describes. Raises _Wrong and SettingProblem."""
    settings = settings_of(before.source, form)
    source_of(before.source, settings, watch.settings.repositories)
    return replace(
        before, service=_name(form, "service"), stage=_name(form, "stage"), place=_whole(form, "place", 99),
        schedule=form.get("schedule", "").strip(), objective=_whole(form, "objective", 366 * DAY), settings=settings,
        differences=tuple(dict.fromkeys(form.get("differences", "").replace(",", " ").split())),
    )  # fmt: skip


def _name(form: Form, field: str) -> str:
    text = form.get(field, "").strip()
    if not text or not text.isprintable() or "/" in text or len(text) > _LONGEST[field]:
        raise _Wrong(f"the {field} has 1 to {_LONGEST[field]} characters, and no /")
    return text


def _whole(form: Form, field: str, most: int) -> int:
    text = form.get(field, "").strip()
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) > most:
        raise _Wrong(f"the {field} is a whole number up to {most:,}")
    return int(text)


def _over_team(caller: Caller, team: int) -> bool:
    whole = (Grant(Role.ADMIN), Grant(Role.ADMIN, team))
    return any(grant in whole for grant in caller.grants)


def _administered(request: Request) -> Environment:
    """The environment of the address. Raises HTTPException: what is not theirs is not there."""
    watch: Watch = request.app.state.watch
    caller, key = caller_of(request), request.path_params["id"]
    with watch.database.read() as db:
        found = environments.find(db, caller, key, Role.ADMIN)
        if found is None or not may(db, caller, Scope.ADMIN, key):
            raise HTTPException(404)
    return found
