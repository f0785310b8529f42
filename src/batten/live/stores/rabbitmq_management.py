"""RabbitMQ's management API: who am I, without a login, and as guest where the policy lets vendors' passwords be
tried. A login page is not reported: that it keeps strangers out is what was asked.
"""

from __future__ import annotations

from batten.live.exchange import Response, Steps
from batten.live.stores.consoles import console
from batten.live.stores.door import Door
from batten.live.stores.sighting import Sighting, facts
from batten.live.stores.web import basic, document, fetch, first, other, text_at, unclear

_PATH = "/api/whoami"


def recognised(response: Response) -> bool:
    asks = "RabbitMQ Management" in response.header("www-authenticate")
    page = "<title>RabbitMQ Management</title>" in response.text[:4000]
    known = text_at(document(response), "reason") == "Not_Authorized" or "tags" in document(response)
    return asks or page or known


def probe(door: Door) -> Steps:
    door, told = yield from first(door, _PATH)
    if not recognised(told):
        raise other("RabbitMQ's management")
    if told.status == 200 and text_at(document(told), "name"):
        return [console(door, _PATH, "RabbitMQ's management, without credentials", told)]
    if told.status != 401:
        raise unclear("RabbitMQ's management", told)
    known: bool | None = None
    if door.credentials:
        known = (yield from fetch(door, _PATH, basic("guest", "guest"))).status == 200
    seen = Sighting(
        "rabbitmq",
        False,
        f"GET {_PATH}" + (", then as guest with the password guest" if known is not None else ""),
        f"{told.status}",
        address=told.address,
        tls=bool(door.tls),
        plain=not door.tls,
        default_credentials=known,
    )
    return facts(door, seen)
