"""PagerDuty, by events of version 2: one incident a cause and environment, resolved when it is fixed.

Source: https://developer.pagerduty.com/docs/events-api-v2-overview
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from batten.watch.alerts.addresses import client, post
from batten.watch.alerts.kinds import Field, Kind, Order

FIELDS = {
    "routing_key": Field("integration key of the service", secret=True),
    "url": Field(
        "URL of the events API, where it is not https://events.pagerduty.com/v2/enqueue", required=False
    ),
}
_URL = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES = {"critical": "critical", "high": "error", "medium": "warning", "low": "info", "info": "info"}


def send(order: Order) -> None:
    with client(order.allowed) as to:
        for notice in order.notices:
            event: dict[str, object] = {
                "routing_key": order.settings["routing_key"],
                "event_action": "resolve" if notice.topic.ends else "trigger",
                "dedup_key": sha256(notice.subject.encode()).hexdigest(),
                "client": "batten",
            }
            if not notice.topic.ends:
                event["payload"] = {
                    "summary": f"{notice.environment}: {notice.sentence}"[:1_024],
                    "source": notice.environment,
                    "severity": _SEVERITIES[notice.severity],
                    "timestamp": datetime.fromtimestamp(notice.since / 1_000, UTC).isoformat(),
                    "component": notice.environment.partition("/")[0],
                    "group": notice.environment.partition("/")[2],
                    "class": notice.control or notice.topic.value,
                    "custom_details": {
                        "topic": notice.topic.value,
                        "place": notice.place,
                        "places": notice.places,
                    },
                }
                if order.url:
                    event["links"] = [{"href": order.link(notice), "text": "Open batten"}]
            post(to, order.settings.get("url") or _URL, msgspec.json.encode(event), {})


KIND = Kind(FIELDS, send)
