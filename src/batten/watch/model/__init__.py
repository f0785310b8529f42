"""The nouns of `batten watch`, without SQL and without a clock: a time is an integer, milliseconds since 1970 in UTC."""

from batten.watch.model.assignments import Asset, Assignment, Named, Owned
from batten.watch.model.channels import Channel, ChannelKind
from batten.watch.model.environments import Environment, Run, RunState, Source, Team, Why
from batten.watch.model.events import Event, Happening
from batten.watch.model.people import SERVICE, Caller, Grant, Role, Session, Token, User
from batten.watch.model.posture import Assessed, Interval, Life, LifeState, Seen, Side, Span, Status
from batten.watch.model.times import DAY, HOUR, MINUTE, SECOND
from batten.watch.model.waivers import Waiver, WaiverState

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "SERVICE",
    "Assessed",
    "Asset",
    "Assignment",
    "Caller",
    "Channel",
    "ChannelKind",
    "Environment",
    "Event",
    "Grant",
    "Happening",
    "Interval",
    "Life",
    "LifeState",
    "Named",
    "Owned",
    "Role",
    "Run",
    "RunState",
    "Seen",
    "Session",
    "Side",
    "Source",
    "Span",
    "Status",
    "Team",
    "Token",
    "User",
    "Waiver",
    "WaiverState",
    "Why",
]
