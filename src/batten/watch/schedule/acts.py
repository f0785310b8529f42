"""What people and programs do to environments, runs and waivers: each act with what makes it valid, and its row in the audit.

Whether the caller may is asked before (`access/scopes.py`, `store/visible.py`); these functions are what pages and API share.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from batten.watch.assess.sources import SettingProblem, named, source_of
from batten.watch.ledger.waiving import Terms
from batten.watch.model import SERVICE, Assignment, Caller, Environment, Named, Run, Team, Waiver, Why
from batten.watch.model.assignments import written
from batten.watch.schedule.due import ScheduleProblem, checked
from batten.watch.secrets import named_by
from batten.watch.settings import Settings
from batten.watch.store import assignments, audit, channels, environments, runs, teams, waivers
from batten.watch.store.rows import as_json


class ActProblem(Exception):
    """What cannot be done as it was asked for; the sentence says why and what to do."""


class Taken(ActProblem):
    """The name is another's already."""


def create_team(db: Connection, by: Caller, name: str, now: int) -> Team:
    """A new team. Raises Taken."""
    if teams.exists(db, name):
        raise Taken(f"there is a team {name} already; choose another name")
    # What the settings of the only team name is its own, and stays so when there is another one.
    known = teams.every(db, SERVICE)
    if len(known) == 1:
        (only,) = known
        for one in in_use(db):
            if one.team == only.id:
                assign(db, by, Assignment(asset=one.asset, name=one.name, team=only.id), now)
    made = Team(teams.named(db, name), name)
    audit.append(db, now, by, "team-created", name)
    return made


def in_use(db: Connection) -> list[Assignment]:
    """What settings name, as an assignment to the team whose they are (0: of channels that report everything)."""
    found: dict[Assignment, None] = {}
    for environment in environments.every(db, SERVICE):
        with suppress(SettingProblem):
            every = named(source_of(environment.source, environment.settings))
            found |= dict.fromkeys(
                Assignment(asset=n.asset, name=n.name, team=environment.team) for n in every
            )
    for channel in channels.every(db):
        team = assignments.owned_of(db, channel).team
        every = named_by(channel.settings)
        found |= dict.fromkeys(Assignment(asset=n.asset, name=n.name, team=team) for n in every if team >= 0)
    return list(found)


def unassigned(db: Connection) -> list[Assignment]:
    """What settings name and their team may not: no assessment and no alert uses it."""
    used = in_use(db)
    owned = {team: assignments.owned(db, team) for team in {one.team for one in used}}
    return [one for one in used if owned[one.team].refusal((Named(one.asset, one.name, ""),))]


def assign(db: Connection, by: Caller | str, one: Assignment, now: int) -> None:
    """Let the settings of a team name something of the service. Raises ActProblem."""
    # An assignment in the only way to write it.
    if one.team and not teams.known(db, one.team):
        raise ActProblem(f"there is no team {one.team}")
    try:
        one = replace(one, name=written(one.asset, one.name))
    except ValueError as error:
        raise ActProblem(str(error)) from None
    if assignments.add(db, one):
        audit.append(db, now, by, "assigned", one.name, data=_assigned(one))


def withdraw(db: Connection, by: Caller | str, one: Assignment, now: int) -> None:
    """Take back what was assigned. Raises ActProblem where it was not."""
    if not assignments.remove(db, one):
        raise ActProblem(f"the {one.asset.value} {one.name} is not assigned to it")
    audit.append(db, now, by, "withdrawn", one.name, data=_assigned(one))


def _assigned(one: Assignment) -> dict[str, str]:
    return {"asset": one.asset.value, "team": str(one.team) if one.team else "everything"}


def create(db: Connection, by: Caller, one: Environment, now: int) -> Environment:
    """A new environment; the schedule finds it by itself. Raises ActProblem."""
    _valid(db, one)
    with _alone(one):
        made = replace(one, id=environments.add(db, replace(one, created=now)), created=now)
    audit.append(db, now, by, "environment-created", made.name, made.id, _told(made))
    return made


def change(db: Connection, by: Caller, before: Environment, after: Environment, now: int) -> None:
    """Set up an environment in another way. Raises ActProblem."""
    _valid(db, after)
    with _alone(after):
        environments.change(db, after)
    was, told = _told(before), _told(after)
    said = {name: f"{was[name]} → {told[name]}" for name in told if told[name] != was[name]}
    audit.append(db, now, by, "environment-changed", before.name, before.id, said)


def remove(db: Connection, by: Caller, one: Environment, now: int) -> None:
    """Remove an environment and all that is known of it."""
    environments.remove(db, one.id)
    audit.append(db, now, by, "environment-removed", one.name, one.id)


def pause(db: Connection, by: Caller, one: Environment, paused: bool, now: int) -> Environment:
    """Assess an environment no more by itself, or again."""
    if one.paused == paused:
        return one
    changed = replace(one, paused=paused)
    environments.change(db, changed)
    audit.append(db, now, by, "environment-paused" if paused else "environment-resumed", one.name, one.id)
    return changed


def run(db: Connection, by: Caller, one: Environment, now: int) -> tuple[Run, bool]:
    """Assess an environment as soon as a worker is free: the run, and whether it was not pending before."""
    queued, new = runs.queue(db, one.id, Why.DEMAND, by.name, now)
    if new:
        audit.append(db, now, by, "run-requested", one.name, one.id, {"run": str(queued.id)})
    return queued, new


def cancel(db: Connection, by: Caller, one: Run, now: int) -> Run:
    """Cancel a run of an environment that the caller operates; one that has ended stays as it is."""
    cancelled = runs.cancel(db, by, one.id, now) or one
    if not one.state.ended:
        audit.append(db, now, by, "run-cancelled", f"run {one.id}", one.environment)
    return cancelled


def waive(db: Connection, by: Caller, settings: Settings, life: int, terms: Terms, now: int) -> Waiver:
    """Accept a finding until a day, or propose to. Raises WaiverProblem."""
    made = waivers.propose(db, by, life, terms, now, settings.four_eyes)
    return _waived(db, by, "waiver-proposed" if settings.four_eyes else "waiver-created", made, now)


def approve(db: Connection, by: Caller, number: int, now: int) -> Waiver:
    """Approve what someone else proposed. Raises WaiverProblem."""
    return _waived(db, by, "waiver-approved", waivers.approve(db, by, number, now), now)


def extend(
    db: Connection, by: Caller, settings: Settings, number: int, until: int, reason: str, now: int
) -> Waiver:
    """Let a waiver last longer, or propose to. Raises WaiverProblem."""
    made = waivers.extend(db, by, number, until, reason, now, settings.four_eyes)
    return _waived(db, by, "waiver-extended" if made.id == number else "waiver-proposed", made, now)


def revoke(db: Connection, by: Caller, number: int, now: int) -> Waiver:
    """End a waiver. Raises WaiverProblem."""
    return _waived(db, by, "waiver-revoked", waivers.revoke(db, by, number, now), now)


def _valid(db: Connection, one: Environment) -> None:
    """Raises ActProblem where an environment could not be assessed as it is set up."""
    if not teams.known(db, one.team):
        raise ActProblem(f"there is no team {one.team}")
    try:
        source = source_of(one.source, one.settings)
        checked(one.schedule, one.jitter, one.objective)
    except (ScheduleProblem, SettingProblem) as error:
        raise ActProblem(str(error)) from None
    if refusal := assignments.owned(db, one.team).refusal(named(source)):
        raise ActProblem(refusal)


@contextmanager
def _alone(one: Environment) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise Taken(f"the team has an environment {one.name} already; choose another name") from None


def _told(one: Environment) -> dict[str, str]:
    """What the audit keeps of how an environment is set up; settings hold no secrets."""
    return {
        "name": one.name, "team": str(one.team), "place": str(one.place), "source": one.source.value,
        "settings": as_json(one.settings), "schedule": one.schedule, "jitter": str(one.jitter), "objective": str(one.objective),
        "paused": str(one.paused).lower(), "differences": " ".join(one.differences),
    }  # fmt: skip


def _waived(db: Connection, by: Caller, action: str, one: Waiver, now: int) -> Waiver:
    said = {
        "control": one.control,
        "owner": one.owner,
        "reason": one.reason,
        "ticket": one.ticket,
        "until": str(one.until),
    }
    audit.append(db, now, by, action, f"waiver {one.id}", one.environment, said)
    return one
