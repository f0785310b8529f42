"""Slack, by an incoming webhook. Source: https://api.slack.com/messaging/webhooks, https://api.slack.com/reference/surfaces/formatting"""

from __future__ import annotations

import msgspec

from batten.watch.alerts.addresses import client, post
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.kinds.texts import MOST, grouped, headline, left, title
from batten.watch.alerts.notices import Notice

FIELDS = {"url": Field("URL of the incoming webhook (https://hooks.slack.com/services/…)", secret=True)}
_LONGEST = 2_900  # of the 3,000 characters of a text


def send(order: Order) -> None:
    groups = grouped(order.notices)
    blocks = [block for group in groups[:MOST] for block in _blocks(order, group)]
    if left(groups):
        blocks.append(_plain(left(groups)))
    body = {"text": _escaped(title(order.notices)), "mrkdwn": False, "blocks": blocks}
    with client(order.allowed) as to:
        post(to, order.settings["url"], msgspec.json.encode(body), {})


def _blocks(order: Order, group: list[Notice]) -> list[dict[str, object]]:
    """What a group says, as plain text: nothing of it is formatted, or mentions a user."""
    told = _plain(f"{headline(group)}\n{group[0].sentence}")
    link = order.link(group[0])
    if not link:
        return [told]
    shown = {"type": "mrkdwn", "text": f"<{link}|{_escaped(group[0].control or 'Open batten')}>"}
    return [told, {"type": "context", "elements": [shown]}]


def _plain(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "plain_text", "text": text[:_LONGEST], "emoji": False}}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


KIND = Kind(FIELDS, send)
