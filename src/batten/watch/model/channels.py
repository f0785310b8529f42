"""Where alerts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from batten.model import Severity
from batten.model.record import record


class ChannelKind(Enum):
    """Where alerts can go; `alerts/kinds/` has a module for each."""

    WEBHOOK = "webhook"
    SMTP = "smtp"
    SLACK = "slack"
    TEAMS = "teams"
    ALERTMANAGER = "alertmanager"
    PAGERDUTY = "pagerduty"
    APPRISE = "apprise"


@record(kw_only=True)
class Channel:
    """Where alerts go. `settings` are of its kind, and `${NAME}` in them is a secret that is read when it is used. `severity` is the
    mildest that is told; `team` and `environment` bound it (0: all). `quiet` has hours in which only critical alerts are sent
    (`alerts/quiet.py`), `again` is after how many milliseconds what still stands is told again (0: never)."""

    id: int = 0
    name: str
    kind: ChannelKind
    settings: Mapping[str, str] = field(default_factory=dict)
    severity: Severity = Severity.MEDIUM
    team: int = 0
    environment: int = 0
    quiet: str = ""
    again: int = 0
    disabled: bool = False
    created: int = 0
    read: int = 0  # the last event that was made into messages
    error: str = ""  # why the last message was not delivered; "" when it was
