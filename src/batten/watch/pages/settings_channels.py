"""Channels: where alerts go, how severe they have to be, and when it is quiet; each can be tested."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from batten.model import Severity
from batten.watch.access.scopes import administers
from batten.watch.alerts import loop
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.sending import ChannelProblem, check, kind_of
from batten.watch.model import DAY, HOUR, Caller, Channel, ChannelKind
from batten.watch.pages.filtering import offered
from batten.watch.pages.forms import Form, done, posted, refused
from batten.watch.pages.links import asked
from batten.watch.pages.overs import over_of, overs
from batten.watch.pages.rendering import caller_of, page
from batten.watch.settings import Watch
from batten.watch.store import assignments, audit, channels
from batten.watch.store.database import now

_LIST = "/settings/channels"
_AGAIN = (0, 6 * HOUR, DAY, 7 * DAY)
_PREFIX = "kind."  # of a setting's name in the form


def routes() -> list[Route]:
    return [
        Route(_LIST, _list, methods=["GET"]),
        Route(f"{_LIST}/new", _new, methods=["GET"]),
        Route(f"{_LIST}/new", posted(_create), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}", _edit, methods=["GET"]),
        Route(f"{_LIST}/{{id:int}}", posted(_change), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}/test", posted(_test), methods=["POST"]),
        Route(f"{_LIST}/{{id:int}}/remove", posted(_remove), methods=["POST"]),
    ]


def _list(request: Request) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        every = [one for one in channels.every(db) if _theirs(db, caller_of(request), one)]
        titles = dict(overs(offered(db, caller_of(request))))
    return page(request, "settings_channels.html", every=every, titles=titles, kinds=tuple(ChannelKind))


def _new(request: Request) -> Response:
    kind = next((k for k in ChannelKind if k.value == asked(request, "kind")), ChannelKind.WEBHOOK)
    return _form(request, {"severity": "medium", "over": "0.0", "again": "0"}, kind, None)


def _create(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    kind = next((k for k in ChannelKind if k.value == form.get("kind")), ChannelKind.WEBHOOK)
    try:
        with watch.database.begin() as db:
            wanted = _read(db, request, form, Channel(name="", kind=kind, created=now()))
            channels.add(db, wanted)
            audit.append(
                db,
                now(),
                caller_of(request),
                "channel-created",
                wanted.name,
                wanted.environment,
                _said(wanted),
            )
    except IntegrityError:
        return _form(
            request, form, kind, None, "there is a channel of this name already; choose another name"
        )
    except ChannelProblem as problem:
        return _form(request, form, kind, None, str(problem))
    return done(_LIST, "saved")


def _edit(request: Request) -> Response:
    one = _found(request)
    given = {
        "name": one.name, "severity": one.severity.label, "over": f"{one.team}.{one.environment}", "quiet": one.quiet,
        "again": str(one.again), "disabled": "true" if one.disabled else "",
    }  # fmt: skip
    given |= {_PREFIX + name: value for name, value in one.settings.items()}
    return _form(request, given, one.kind, one)


def _change(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    one = _found(request)
    try:
        with watch.database.begin() as db:
            wanted = _read(db, request, form, one)
            channels.change(db, wanted)
            audit.append(
                db, now(), caller_of(request), "channel-changed", one.name, wanted.environment, _said(wanted)
            )
    except IntegrityError:
        return _form(
            request, form, one.kind, one, "there is a channel of this name already; choose another name"
        )
    except ChannelProblem as problem:
        return _form(request, form, one.kind, one, str(problem))
    return done(_LIST, "saved")


def _test(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    one, caller = _found(request), caller_of(request)
    try:
        loop.test(watch, one, caller.name)
    except Undelivered as problem:
        return refused(request, f"The test message was not delivered: {problem}", f"{_LIST}/{one.id}", 502)
    with watch.database.begin() as db:
        audit.append(db, now(), caller, "channel-tested", one.name, one.environment)
    return done(_LIST, "sent")


def _remove(request: Request, form: Form) -> Response:
    watch: Watch = request.app.state.watch
    one = _found(request)
    with watch.database.begin() as db:
        channels.remove(db, one.id)
        audit.append(db, now(), caller_of(request), "channel-removed", one.name, one.environment)
    return done(_LIST, "removed")


def _form(
    request: Request, given: Form, kind: ChannelKind, one: Channel | None, problem: str = ""
) -> Response:
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        offers = offered(db, caller_of(request))
    return page(
        request, "settings_channel.html", 422 if problem else 200, given=given, kind=kind, one=one, problem=problem,
        kinds=tuple(ChannelKind), fields=kind_of(kind).fields, prefix=_PREFIX, overs=overs(offers), again=_AGAIN,
        severities=tuple((s.label, f"{s.label} and above") for s in reversed(Severity)),
    )  # fmt: skip


def _read(db: Connection, request: Request, form: Form, before: Channel) -> Channel:
    """The channel that a form describes. Raises ChannelProblem."""
    name, again = form.get("name", "").strip(), form.get("again", "0")
    if not name.isprintable() or not 0 < len(name) <= 64:
        raise ChannelProblem("a channel's name has 1 to 64 characters")
    over = over_of(form)
    if over is None:
        raise ChannelProblem("choose what the channel reports")
    given = {key: form.get(_PREFIX + key, "").strip() for key in kind_of(before.kind).fields}
    made = replace(
        before, name=name, settings={key: value for key, value in given.items() if value}, team=over[0], environment=over[1],
        severity=Severity.named(form.get("severity", "medium")) if form.get("severity") in _LABELS else before.severity,
        quiet=form.get("quiet", "").strip(), again=int(again) if again in map(str, _AGAIN) else before.again,
        disabled=bool(form.get("disabled")),
    )  # fmt: skip
    if not _theirs(db, caller_of(request), made):
        raise ChannelProblem(
            "choose what you administer; only an administrator of everything chooses everything"
        )
    check(made, assignments.owned_of(db, made))
    return made


_LABELS = frozenset(severity.label for severity in Severity)


def _theirs(db: Connection, caller: Caller, one: Channel) -> bool:
    """Whether the caller administers all that the channel is told about."""
    return administers(db, caller, one.team, one.environment)


def _found(request: Request) -> Channel:
    """The channel of the address. Raises HTTPException: what is not theirs is not there."""
    watch: Watch = request.app.state.watch
    with watch.database.read() as db:
        found = channels.find(db, request.path_params["id"])
        if found is None or not _theirs(db, caller_of(request), found):
            raise HTTPException(404)
    return found


def _said(one: Channel) -> dict[str, str]:
    """What the audit keeps: secrets are names alone."""
    return {"kind": one.kind.value, "severity": one.severity.label, "quiet": one.quiet, **one.settings}
