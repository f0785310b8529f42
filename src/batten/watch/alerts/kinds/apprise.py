"""What has no module here, by Apprise (https://github.com/caronc/apprise), an extra: `pip install 'batten[alerts]'`."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from batten.watch.alerts.addresses import Undelivered, checked
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.kinds.texts import MOST, grouped, headline, left, title

FIELDS = {"url": Field("Apprise URL (discord://…, matrix://…)", secret=True)}
# These act on this machine instead of sending.
_LOCAL = frozenset(("dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows", "vapid"))


def send(order: Order) -> None:
    try:
        apprise = import_module("apprise")
    except ModuleNotFoundError:
        raise Undelivered("apprise is not installed; pip install 'batten[alerts]'", final=True) from None
    url = order.settings["url"]
    scheme = urlsplit(url).scheme.lower()
    if scheme in _LOCAL:
        raise Undelivered(f"{scheme}:// acts on this machine and is not used", final=True)
    sender = apprise.Apprise()
    if not sender.add(url):
        raise Undelivered("its address is not a URL that Apprise knows", final=True)
    for service in sender:
        _held(service, order)
    groups = grouped(order.notices)
    lines = [f"{headline(g)}\n{g[0].sentence}" for g in groups[:MOST]]
    body = "\n\n".join((*lines, left(groups))).rstrip()
    if not sender.notify(body=body, title=title(order.notices), body_format="text"):
        raise Undelivered("Apprise could not deliver it")


def _held(service: Any, order: Order) -> None:
    """A service that is at a host of the URL's, not at one of its own, must be where alerts may go."""
    if any("{host" in template for template in service.templates) and service.host:
        checked(str(service.host), 443, order.allowed)


KIND = Kind(FIELDS, send)
