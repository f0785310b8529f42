"""Prometheus' Alertmanager: one alert a cause and environment, ended when it is fixed.

Source: https://prometheus.io/docs/alerting/latest/alerts_api/
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from batten.watch.alerts.addresses import client, post
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.notices import Notice

FIELDS = {
    "url": Field("URL of Alertmanager (http://alertmanager:9093)"),
    "token": Field("bearer token, where one is required", required=False, secret=True),
}
# It forgets what is not sent again; the channel's `again` sends what stands before that.
_LASTS = timedelta(days=1)


def send(order: Order) -> None:
    token = order.settings.get("token")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = order.settings["url"].rstrip("/") + "/api/v2/alerts"
    with client(order.allowed) as to:
        post(to, url, msgspec.json.encode([_alert(order, notice) for notice in order.notices]), headers)


def _alert(order: Order, notice: Notice) -> dict[str, object]:
    service, _, stage = notice.environment.partition("/")
    now = datetime.fromtimestamp(order.sent / 1_000, UTC)
    labels = {
        "alertname": "BattenFinding" if notice.cause else "BattenAssessment",
        "service": service,
        "stage": stage,
        "severity": notice.severity,
        "control": notice.control,
        "subject": notice.subject,
    }
    made: dict[str, object] = {
        "labels": {name: value for name, value in labels.items() if value},
        "annotations": {"summary": notice.sentence, "topic": notice.topic.value, "place": notice.place},
        "startsAt": datetime.fromtimestamp(notice.since / 1_000, UTC).isoformat(),
        "endsAt": (now if notice.topic.ends else now + _LASTS).isoformat(),
    }
    if order.url:
        made["generatorURL"] = order.link(notice)
    return made


KIND = Kind(FIELDS, send)
