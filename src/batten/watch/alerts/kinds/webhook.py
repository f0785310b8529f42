"""A program of the user's own: JSON, signed as Standard Webhooks says, so that neither a forged nor a repeated message counts.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec

from batten.watch.alerts.addresses import Undelivered, client, post
from batten.watch.alerts.kinds import Field, Kind, Order

FIELDS = {
    "url": Field("URL that messages are posted to"),
    "secret": Field("secret that they are signed with: whsec_ and base64, 24 to 64 bytes", secret=True),
}
_PREFIX = "whsec_"


def send(order: Order) -> None:
    rows = [{**msgspec.to_builtins(n), "link": order.link(n)} for n in order.notices]
    body = msgspec.json.encode({"type": "batten.alerts", "timestamp": order.sent, "alerts": rows})
    seconds = order.sent // 1_000
    try:
        secret = base64.b64decode(order.settings["secret"].removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise Undelivered("its secret is not base64", final=True) from None
    if not 24 <= len(secret) <= 64:
        raise Undelivered("its secret has less than 24 bytes, or more than 64", final=True)
    headers = {
        "webhook-id": order.key,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, order.key, seconds, body),
    }
    with client(order.allowed) as to:
        post(to, order.settings["url"], body, headers)


def signature(secret: bytes, key: str, seconds: int, body: bytes) -> str:
    """What a receiver compares: over the message's id, its time, and each byte of its body."""
    signed = f"{key}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()


KIND = Kind(FIELDS, send)
