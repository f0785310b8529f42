"""A webhook an environment: it tells of a deployment, signed and once, and what was deployed is assessed.

A secret is not kept anywhere: it is worked out from the service's key, the environment and a number that rises with each new
secret. The key is `BATTEN_WATCH_KEY` in the environment, or the file `key` in the data folder; services that share a
database must share it.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from batten import masking
from batten.files import Refused, Root
from batten.model.record import record
from batten.watch.model import SERVICE, Caller, Event, Happening, Source, Why
from batten.watch.schedule.hook_senders import PREFIX, Delivery, HookProblem, read, seal
from batten.watch.settings import Watch
from batten.watch.store import audit, clock, environments, events, hooks, runs

KEY = "BATTEN_WATCH_KEY"
_FILE = "key"
_BYTES = 32
_NUMBERS = 1 << 62  # of environments; databases know no larger ones


@record(kw_only=True)
class Taken:
    """What came of a delivery: the run that will look at what was deployed (0: none will, and `why` says it)."""

    run: int = 0
    why: str = ""


def renew(db: Connection, watch: Watch, caller: Caller, number: int, now: int) -> str | None:
    """A new secret for an environment's webhook, shown this once; the one before ends. None where the caller does not
    administer such an environment. Raises HookProblem."""
    force = hooks.renew(db, caller, number)
    if force is None:
        return None
    made = _secret(_key(watch.settings.folder), number, force)
    audit.append(db, now, caller, "webhook-renewed", environment=number)
    masking.register(made)
    return made


def end(db: Connection, caller: Caller, number: int, now: int) -> bool:
    """Take no deliveries any more; False where the caller does not administer such an environment."""
    if not hooks.end(db, caller, number):
        return False
    audit.append(db, now, caller, "webhook-ended", environment=number)
    return True


def take(watch: Watch, number: int, given: Delivery, only: str = "") -> Taken:
    """Take a delivery. With `only`, a deployment to what the sender calls otherwise is left alone. What is not there answers as
    a wrong signature does. Raises HookProblem."""
    key = _key(watch.settings.folder)
    number = number if 0 < number < _NUMBERS else 0
    with watch.database.begin() as db:
        now = clock.now(db)
        force = hooks.in_force(db, number)
        mark = seal(given.headers, given.body, _secret(key, number, force or 0), now)
        one = environments.find(db, SERVICE, number)
        if force is None or one is None:  # only who has the key can come here
            raise HookProblem(401, "this environment has no webhook")
        told = read(given)
        if told is None:
            return Taken(why="the delivery does not report a deployment")
        if only and told.stage and told.stage != only:
            return Taken(why=f"the deployment is to `{told.stage}`, not to `{only}`")
        if not hooks.first(db, sha256(b"%d\0" % number + mark).hexdigest(), number, now):
            return Taken(why="the delivery was received before")
        data = {"commit": told.commit, "deployment": told.name, "stage": told.stage}
        shown = {name: text for name, text in data.items() if text}
        events.tell(db, [Event(at=now, what=Happening.DEPLOYED, environment=one.id, by=told.by, data=shown)])
        if one.source is Source.PUSHED:
            return Taken(why="results of this environment are pushed; there is nothing to assess")
        label = told.name or told.commit
        return Taken(run=runs.queue(db, one.id, Why.WEBHOOK, told.by or "webhook", now, label)[0].id)


def _secret(key: bytes, number: int, force: int) -> str:
    made = hmac.digest(key, f"batten watch webhook\0{number}\0{force}".encode(), "sha256")
    return PREFIX + b64encode(made).decode()


def _key(folder: Path) -> bytes:
    """The service's key, made where there is none. Raises HookProblem."""
    key = os.environ.get(KEY, "").encode() or _kept(Root(folder, 0o700))
    if len(key) < _BYTES:
        raise HookProblem(
            503,
            f"the service has no key: set {KEY} to at least {_BYTES} characters, or let it write its data folder",
        )
    masking.register(key.decode("utf-8", "replace"))
    return key


def _kept(root: Root) -> bytes:
    try:
        with suppress(FileExistsError):  # another process may have just made it
            if not root.exists(_FILE):
                root.create(_FILE, os.urandom(_BYTES).hex().encode(), 0o600)
        return root.read(_FILE).strip()
    except (OSError, Refused):
        return b""
