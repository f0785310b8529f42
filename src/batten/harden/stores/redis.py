"""Redis: see `_redis`."""

from __future__ import annotations

from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.stack import Store
from batten.harden.stores import _redis
from batten.harden.stores.part import Part


def part(store: Store, local_ca: bool) -> Part:
    return _redis.of_container(store, "redis", local_ca)


def render(intent: Intent) -> Made:
    """For a server of a distribution: the files of its settings folder."""
    return _redis.of_host("redis", intent)
