"""Notices as people read them: those of one cause together, with their environments."""

from __future__ import annotations

from collections.abc import Iterable

from batten.model import Severity
from batten.watch.alerts.notices import Notice, Topic

MOST = 20  # groups of one message


def grouped(notices: Iterable[Notice]) -> list[list[Notice]]:
    """Notices of one topic and cause together, the most severe first."""
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.topic.value, notice.cause or notice.subject), []).append(notice)
    return sorted(groups.values(), key=lambda group: (group[0].topic.ends, -max(map(_weight, group))))


def headline(group: list[Notice]) -> str:
    """CRITICAL · new finding · orders/prod, orders/staging"""
    names = list(dict.fromkeys(n.environment for n in group))
    where = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    topic = group[0].topic
    severity = "" if topic.ends or topic is Topic.TEST else f"{group[0].severity.upper()} · "
    return f"{severity}{topic.value} · {where}" if where else f"{severity}{topic.value}"


def title(notices: Iterable[Notice]) -> str:
    """The subject line of a message."""
    groups = grouped(notices)
    return headline(groups[0]) if len(groups) == 1 else f"{len(groups)} changes: {headline(groups[0])} …"


def left(groups: list[list[Notice]]) -> str:
    """What a message does not list; "" where it lists all."""
    return f"{len(groups) - MOST} more; see the dashboard" if len(groups) > MOST else ""


def _weight(notice: Notice) -> int:
    return int(Severity.named(notice.severity))
