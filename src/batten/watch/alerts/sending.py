"""Channels as they are set up, and one message to one channel."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from batten.live.addresses import Addresses
from batten.watch.alerts.addresses import Undelivered
from batten.watch.alerts.kinds import Kind, Order
from batten.watch.alerts.notices import Notice
from batten.watch.alerts.quiet import QuietProblem, quiet
from batten.watch.model import Channel, ChannelKind, Owned
from batten.watch.secrets import ALERTED as _SECRET
from batten.watch.secrets import named_by

Secrets = Callable[[str], str | None]
_LONGEST = 2_000


class ChannelProblem(ValueError):
    """A channel cannot be set up like this; the sentence says what to write."""


def kind_of(kind: ChannelKind) -> Kind:
    """The settings of a kind, and how it sends; its module is loaded when it is used."""
    return cast(Kind, import_module(f"batten.watch.alerts.kinds.{kind.value}").KIND)


def check(one: Channel, owned: Owned) -> None:
    """Raises ChannelProblem for what can never be sent, and for settings that name what is not `owned`."""
    fields = kind_of(one.kind).fields
    for name in one.settings:
        if name not in fields:
            raise ChannelProblem(
                f"a {one.kind.value} channel has no setting `{name}`; it has {', '.join(fields)}"
            )
    for name, field in fields.items():
        value = one.settings.get(name, "")
        if field.required and not value:
            raise ChannelProblem(f"`{name}` is missing: {field.says}")
        if field.secret and value and _SECRET.fullmatch(value) is None:
            raise ChannelProblem(
                f"`{name}` is a secret: write ${{ALERT_NAME}}, and set it with `batten watch secret ALERT_NAME`"
            )
        if len(value) > _LONGEST or any(ord(c) < 32 for c in value):
            raise ChannelProblem(f"`{name}` is longer than {_LONGEST} characters, or has a control character")
    if refusal := owned.refusal(named_by(one.settings)):
        raise ChannelProblem(refusal)
    try:
        quiet(one.quiet)
    except QuietProblem as problem:
        raise ChannelProblem(str(problem)) from None


def deliver(
    one: Channel,
    key: str,
    told: list[Notice],
    url: str,
    secrets: Secrets,
    allowed: Addresses,
    now: int,
    owned: Owned,
) -> None:
    """Send one message; what its settings name has to be `owned` now, whatever was so when they were written. Raises Undelivered."""
    if refusal := owned.refusal(named_by(one.settings)):
        raise Undelivered(refusal)
    order = Order(
        key=key, notices=tuple(told), settings={
    name: _SECRET.sub(lambda found: _secret(found[1], secrets), value) for name, value in one.settings.items()
}, url=url, sent=now, allowed=allowed
    )  # fmt: skip
    kind_of(one.kind).send(order)


def _secret(name: str, secrets: Secrets) -> str:
    value = secrets(name)
    if value is None:
        raise Undelivered(f"the secret {name} is not set; `batten watch secret {name}` sets it", final=False)
    return value
