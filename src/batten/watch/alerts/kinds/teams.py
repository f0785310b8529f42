"""Microsoft Teams, by a workflow that posts what its webhook gets, as an adaptive card.

Source: https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook, https://adaptivecards.io/explorer/RichTextBlock.html
"""

from __future__ import annotations

import msgspec

from batten.watch.alerts.addresses import client, post
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.kinds.texts import MOST, grouped, headline, left, title

FIELDS = {"url": Field("URL of the workflow's webhook", secret=True)}


def send(order: Order) -> None:
    groups = grouped(order.notices)
    body: list[dict[str, object]] = [_text(title(order.notices), weight="Bolder", size="Medium")]
    for group in groups[:MOST]:
        body += (_text(headline(group), weight="Bolder"), _text(group[0].sentence))
    if left(groups):
        body.append(_text(left(groups)))
    card: dict[str, object] = {"type": "AdaptiveCard", "version": "1.4", "body": body}
    if order.url:
        card["actions"] = [
            {"type": "Action.OpenUrl", "title": "Open batten", "url": order.link(groups[0][0])}
        ]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    with client(order.allowed) as to:
        post(
            to,
            order.settings["url"],
            msgspec.json.encode({"type": "message", "attachments": [attachment]}),
            {},
        )


def _text(text: str, **look: str) -> dict[str, object]:
    """A block whose text is shown as it is: a TextBlock would read marks of Markdown in it."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}


KIND = Kind(FIELDS, send)
