"""Environments over the API: how they are set up, and when they are assessed."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection

from batten.watch.api import may, paging, versions, wire
from batten.watch.api.asked import Asked, Reply
from batten.watch.model import DAY, SECOND, Environment, Role, Source
from batten.watch.schedule import acts, hooks
from batten.watch.store import environments

BASE = "/api/v1/environments"


class _Key(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ended."""

    service: str
    place: paging.Number
    stage: str
    id: paging.Number


class New(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team: int
    service: str
    stage: str
    source: Source
    place: int = 0
    settings: dict[str, str] = {}
    schedule: str = "1h"
    jitter_seconds: int = 0
    objective_seconds: int = DAY // SECOND
    paused: bool = False
    differences: list[str] = []


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    team: int | UnsetType = UNSET
    service: str | UnsetType = UNSET
    stage: str | UnsetType = UNSET
    source: Source | UnsetType = UNSET
    place: int | UnsetType = UNSET
    settings: dict[str, str] | UnsetType = UNSET
    schedule: str | UnsetType = UNSET
    jitter_seconds: int | UnsetType = UNSET
    objective_seconds: int | UnsetType = UNSET
    paused: bool | UnsetType = UNSET
    differences: list[str] | UnsetType = UNSET


def list_environments(db: Connection, asked: Asked) -> Reply:
    """One page of those that the caller sees."""
    most = paging.limit(asked)
    wanted = environments.Wanted(
        team=asked.whole("team"),
        service=asked.text("service"),
        stage=asked.text("stage"),
        paused=asked.flag("paused"),
        overdue=asked.flag("overdue"),
    )
    after = paging.position(asked, _Key) if asked.text("cursor") else None
    key = None if after is None else (after.service, after.place, after.stage, after.id)
    found = environments.page(db, asked.caller, wanted, key, most + 1)
    listed, following = paging.page(found, most, environments.key)
    return Reply(body=wire.shown("EnvironmentPage", items=listed, next=following))


def create_environment(db: Connection, asked: Asked) -> Reply:
    """A new one, for an administrator of its team; 409 where the team has it already."""
    wanted = asked.decoded(New)
    may.of_team(asked, wanted.team, Role.ADMIN)
    one = Environment(
        team=wanted.team, service=wanted.service, stage=wanted.stage, place=wanted.place, source=wanted.source,
        settings=wanted.settings, schedule=wanted.schedule, jitter=wanted.jitter_seconds * SECOND,
        objective=wanted.objective_seconds * SECOND, paused=wanted.paused, differences=tuple(wanted.differences),
    )  # fmt: skip
    made = acts.create(db, asked.caller, one, asked.now)
    return _versioned(made, 201, {"Location": f"{BASE}/{made.id}"})


def read_environment(db: Connection, asked: Asked) -> Reply:
    """How one is set up."""
    return _versioned(may.environment(db, asked, asked.number("environment")))


def read_environment_state(db: Connection, asked: Asked) -> Reply:
    """When one was assessed and will be."""
    one = may.environment(db, asked, asked.number("environment"))
    return Reply(body=wire.shown("EnvironmentState", one, name=one.name[:200]))


def change_environment(db: Connection, asked: Asked) -> Reply:
    """Change what the caller names, where nobody else changed it since it was read."""
    one = may.environment(db, asked, asked.number("environment"), Role.ADMIN)
    versions.unchanged(asked, wire.shown("Environment", one))
    change = asked.decoded(Change)
    changed = _changed(one, change)
    if changed.team != one.team:
        may.of_team(asked, changed.team, Role.ADMIN)
    acts.change(db, asked.caller, one, changed, asked.now)
    return _versioned(changed)


def remove_environment(db: Connection, asked: Asked) -> Reply:
    """Remove one and all that is known of it."""
    one = may.environment(db, asked, asked.number("environment"), Role.ADMIN)
    versions.unchanged(asked, wire.shown("Environment", one))
    acts.remove(db, asked.caller, one, asked.now)
    return Reply(status=204)


def pause_environment(db: Connection, asked: Asked) -> Reply:
    """Assess one no more by itself."""
    return _paused(db, asked, True)


def resume_environment(db: Connection, asked: Asked) -> Reply:
    """Assess one by its schedule again."""
    return _paused(db, asked, False)


def renew_hook(db: Connection, asked: Asked) -> Reply:
    """A new secret of its webhook."""
    one = may.environment(db, asked, asked.number("environment"), Role.ADMIN)
    secret = hooks.renew(db, asked.watch, asked.caller, one.id, asked.now)
    return Reply(body=wire.shown("Hook", path=f"/hooks/{one.id}", secret=secret or ""), secret=True)


def end_hook(db: Connection, asked: Asked) -> Reply:
    """Take no deliveries of its webhook any more."""
    one = may.environment(db, asked, asked.number("environment"), Role.ADMIN)
    hooks.end(db, asked.caller, one.id, asked.now)
    return Reply(status=204)


def _paused(db: Connection, asked: Asked, paused: bool) -> Reply:
    one = may.environment(db, asked, asked.number("environment"), Role.OPERATOR)
    return _versioned(acts.pause(db, asked.caller, one, paused, asked.now))


def _changed(one: Environment, change: Change) -> Environment:
    given = {
        name: value for name in Change.__struct_fields__ if (value := getattr(change, name)) is not UNSET
    }
    for name in ("jitter", "objective"):
        if (seconds := given.pop(f"{name}_seconds", None)) is not None:
            given[name] = seconds * SECOND
    if "differences" in given:
        given["differences"] = tuple(given["differences"])
    return replace(one, **given)


def _versioned(one: Environment, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    body = wire.shown("Environment", one)
    return Reply(status=status, body=body, headers={"ETag": versions.tag(body), **(headers or {})})
