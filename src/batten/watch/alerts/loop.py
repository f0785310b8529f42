"""From events to messages, and from the outbox to channels: two steps, each in transactions of its own, so that a crash between
them tells nothing twice that was not on its way, and loses nothing."""

from __future__ import annotations

import logging
from functools import partial

from sqlalchemy import Connection

from batten.live.addresses import Addresses, networks
from batten.masking import sentence
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.notices import Notice, Topic, again, decoded, encoded, notices
from batten.watch.alerts.quiet import QuietProblem, quiet
from batten.watch.alerts.sending import deliver
from batten.watch.model import DAY, MINUTE, SECOND, Channel, Owned
from batten.watch.secrets import secret
from batten.watch.settings import Watch
from batten.watch.store import assignments, channels
from batten.watch.store.database import now as clock
from batten.watch.store.news import news, old_enough, overdue, standing

logger = logging.getLogger("batten.watch.alerts")
_GATHERS = 30 * SECOND  # events wait so long for others that belong to them
_TAKES = 5 * MINUTE  # at the most to send a message; then it is tried again
_LAST_TRY = 3 * DAY
_WAITS = tuple(n * MINUTE for n in (1, 2, 5, 15, 30, 60, 120, 240))
_READ = 500  # events at a time


def once(watch: Watch, now: int | None = None) -> int:
    """Make messages of what happened, and send what is due; returns how many were sent."""
    at = clock() if now is None else now
    with watch.database.read() as db:
        known = [one for one in channels.every(db) if not one.disabled]
    for one in known:
        with watch.database.begin() as db:
            current = channels.alone(db, one.id)  # another process may have read on
            if current is not None and not current.disabled:
                gather(db, current, at)
    with watch.database.read() as db:
        waiting = channels.waiting(db, at)
    return sum(_sent(watch, message, at) for message in waiting)


def gather(db: Connection, one: Channel, now: int) -> None:
    """Put into the outbox what a channel is to be told, and note how far its events were read."""
    until = old_enough(db, one, now, now - _GATHERS)
    events = news(db, one, now, until, _READ)
    held = channels.held(db, one.id)
    made = notices(events, held, standing(db, ((e.cause, e.environment) for e in events if e.cause)))
    made += _still(db, one, held, now, {notice.subject for notice in made})
    if made:
        _put(db, one, made, now)
    read = max(event.id for event in events) if len(events) == _READ else until
    if read != one.read:
        channels.has_read(db, one.id, read)


def _put(db: Connection, one: Channel, made: list[Notice], now: int) -> None:
    for urgent in (True, False):
        part = [notice for notice in made if (notice.severity == "critical") is urgent]
        if part:
            key = f"{one.id}-{now:x}-{'u' if urgent else 'n'}"
            channels.post(db, one.id, key, encoded(part), now, now if urgent else _due(one, now))
    for notice in made:
        if notice.topic.ends:
            channels.let_go(db, one.id, (notice.subject,))
        else:
            channels.hold(db, one.id, notice.subject, encoded((notice,)), now)


def _due(one: Channel, now: int) -> int:
    try:
        hours = quiet(one.quiet)
    except QuietProblem:
        return now
    return hours.after(now) if hours is not None else now


def _still(
    db: Connection, one: Channel, held: dict[str, channels.Held], now: int, told: set[str]
) -> list[Notice]:
    """What the channel was told long ago and still stands. What is gone without an event (its environment was removed) is let go."""
    old = [h for h in held.values() if one.again and h.at <= now - one.again and h.subject not in told]
    before = {h.subject: next(iter(decoded(h.body) or ()), None) for h in old}
    pairs = [(n.cause, n.number) for n in before.values() if n is not None and n.cause]
    open_now = standing(db, pairs)
    late = overdue(db, [n.number for n in before.values() if n is not None and not n.cause])
    made = []
    for known in old:
        notice = before[known.subject]
        count = 0
        if notice is not None:
            count = (
                open_now.get((notice.cause, notice.number), 0) if notice.cause else int(notice.number in late)
            )
        still = again(known, count)
        if still is not None:
            made.append(still)
        elif notice is None or notice.topic is not Topic.FAILED:
            channels.let_go(db, one.id, (known.subject,))
    return made


def _sent(watch: Watch, message: channels.Message, now: int) -> bool:
    """Try one message, unless another process does; a failure puts it off, for three days at most."""
    with watch.database.begin() as db:
        if not channels.take(db, message, now + _TAKES):
            return False
        one = channels.find(db, message.channel)
        owned = assignments.owned_of(db, one) if one is not None else Owned()
    told = decoded(message.body)
    if one is None or one.disabled or not told:
        with watch.database.begin() as db:
            channels.give_up(db, message.id, now, "the channel is disabled, or the message cannot be read")
        return False
    try:
        _delivered(watch, one, f"msg_{message.id}_{message.created:x}", told, now, owned)
    except Undelivered as problem:
        with watch.database.begin() as db:
            _failed(db, one, message, problem, now)
        return False
    with watch.database.begin() as db:
        channels.sent(db, message.id, now)
        channels.failed(db, one.id, "")
    return True


def _failed(db: Connection, one: Channel, message: channels.Message, problem: Undelivered, now: int) -> None:
    why = sentence(str(problem))
    channels.failed(db, one.id, why)
    wait = _WAITS[min(message.attempts, len(_WAITS) - 1)]
    if problem.final or now + wait - message.created > _LAST_TRY:
        channels.give_up(db, message.id, now, why)
        logger.warning("an alert to %s was not delivered, and is not tried again: %s", ascii(one.name), why)
    else:
        channels.put_off(db, message.id, now + wait, why)
        logger.info(
            "an alert to %s was not delivered, and is tried again in %d s: %s",
            ascii(one.name),
            wait // SECOND,
            why,
        )


def _delivered(watch: Watch, one: Channel, key: str, told: list[Notice], now: int, owned: Owned) -> None:
    settings = watch.settings
    within = Addresses(allowed=settings.alert_networks, barred=networks(owned.barred()), public=True)
    deliver(one, key, told, settings.url, partial(secret, settings.folder), within, now, owned)


def test(watch: Watch, one: Channel, by: str) -> None:
    """Send a test message at once, by the settings that the caller was shown. Raises Undelivered."""
    now = clock()
    with watch.database.read() as db:
        owned = assignments.owned_of(db, one)
    notice = Notice(
        topic=Topic.TEST, subject="test", environment="", number=0, severity="info", sentence=f"Requested by {by}.", since=now
    )  # fmt: skip
    _delivered(watch, one, f"test_{one.id}_{now:x}", [notice], now, owned)
