"""The rows `services:` below `guard:` of batten.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Mapping, Node
from batten.policy.reading import Fields
from batten.policy.services import KEYS, Service

MODES = ("enforce", "observe")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")


def services(fields: Fields, guard: Node | None) -> Iterator[Service]:
    """Raises PolicyProblem."""
    rows = guard["services"] if isinstance(guard, Mapping) else None
    seen: list[Service] = []
    for item in fields.items(rows, "services"):
        row = fields.mapping(item, "a service", KEYS)
        texts = {key: fields.string(row[key]) for key in KEYS if key != "hosts"}
        for key in ("name", "contract", "upstream"):
            if not texts[key]:
                fields.complain(row[key] or row, f"a service has no {key}", f"write `{key}:`")
        if not NAME.fullmatch(texts["name"]):
            fields.complain(
                row["name"] or row,
                f"'{texts['name']}' is not a name of a service",
                "write a word such as orders",
            )
        prefix = texts["prefix"].removesuffix("/")
        if not PREFIX.fullmatch(prefix):
            fields.complain(
                row["prefix"] or row,
                f"'{texts['prefix']}' is not a prefix",
                "write a plain path such as /orders",
            )
        if texts["mode"] not in ("", *MODES):
            fields.complain(
                row["mode"] or row, f"'{texts['mode']}' is not a mode", "write enforce or observe"
            )
        made = Service(
            texts["name"],
            contract=texts["contract"],
            upstream=texts["upstream"],
            ca=texts["upstream-ca"],
            server_name=texts["upstream-name"],
            certificate=texts["upstream-cert"],
            key=texts["upstream-key"],
            hosts=fields.strings(row["hosts"]),
            prefix=prefix,
            policy=texts["policy"],
            mode=texts["mode"],
        )
        for other in seen:
            if made.name == other.name:
                fields.complain(item, f"the service '{made.name}' is defined twice", "choose another name")
            # Where one has hosts and the other has none, the one with hosts comes first.
            if made.prefix == other.prefix and (
                made.hosts == other.hosts or bool(set(made.hosts) & set(other.hosts))
            ):
                fields.complain(
                    item,
                    f"the services '{other.name}' and '{made.name}' have the same hosts and prefix",
                    "write `hosts` or `prefix`",
                )
        seen.append(made)
    yield from seen
