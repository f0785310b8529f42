"""What has no module here, by Apprise (https://github.com/caronc/apprise), an extra: `pip install 'batten[alerts]'`."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import msgspec

from batten.cell.child import Bounds, Task, run
from batten.files.temporary import private_folder
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.kinds import Field, Kind, Order
from batten.watch.alerts.kinds.apprise_work import FAILED, NEVER, Message
from batten.watch.alerts.kinds.texts import MOST, grouped, headline, left, title

FIELDS = {"url": Field("Apprise URL (discord://…, matrix://…)", secret=True)}
# These act on this machine instead of sending.
_LOCAL = frozenset(("dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows", "vapid"))
_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")
_BOUNDS = Bounds(wall=60.0, processor=30)
_WORK = "batten.watch.alerts.kinds.apprise_work"


def send(order: Order) -> None:
    url = order.settings["url"]
    scheme = urlsplit(url).scheme.lower()
    if scheme in _LOCAL:
        raise Undelivered(f"{scheme}:// acts on this machine and is not used", final=True)
    groups = grouped(order.notices)
    lines = [f"{headline(g)}\n{g[0].sentence}" for g in groups[:MOST]]
    message = Message(
        url=url,
        title=title(order.notices),
        body="\n\n".join((*lines, left(groups))).rstrip(),
        allowed=list(map(str, order.allowed.allowed)),
        barred=list(map(str, order.allowed.barred)),
    )
    with private_folder() as home:
        given = {name: os.environ[name] for name in _PASSED if name in os.environ} | {"HOME": str(home)}
        task = Task(
            module=_WORK, given=msgspec.json.encode(message), folder=home, environment=given, bounds=_BOUNDS
        )
        try:
            ended = run(task, lambda line: None, lambda: False)
        except OSError as error:
            raise Undelivered(f"no process could be started: {error.strerror or error}") from error
    if ended.code:
        raise Undelivered(
            ended.last if ended.code in (FAILED, NEVER) else "Apprise failed", final=ended.code == NEVER
        )


KIND = Kind(FIELDS, send)
