"""Bounds on what clients may send. HAProxy has none on the size of bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Limits
from batten.model import ABSENT, UNKNOWN, Setting
from batten.technologies.haproxy.headers.reading import serves
from batten.technologies.haproxy.tls.listeners import redirects_to_tls, refuses
from batten.technologies.haproxy.tree import Block, Tree

_TIME = re.compile(r"(\d+)(us|ms|s|m|h|d)?")
_UNITS = {"us": 0.000001, "ms": 0.001, "": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_RATES = re.compile(
    r"(?:sc\d?_|src_|table_)?(?:http_(?:req|err)|conn|bytes_in)_(?:rate|cur|cnt)|sc_.*_rate|be_sess_rate"
)
_RATE_RULES = ("http-request", "tcp-request")


def limits(tree: Tree) -> Iterator[Limits]:
    for block in tree.entrances:
        if refuses(block):
            continue
        answers = serves(tree, block) and not redirects_to_tls(tree, block).known(False)
        yield Limits(
            block.block(),
            header_timeout=timeout(block, "http-request"),
            body_timeout=timeout(block, "client"),
            rate=_rate(tree, block) if answers else None,
        )
    for block in tree.of("backend", "listen"):
        if block.http and block.all("server"):
            yield Limits(block.block(), send_timeout=timeout(block, "server"))


def timeout(block: Block, name: str) -> Setting[float]:
    """Seconds; absent is without end. It is written where its like are: in the defaults."""
    found = block.inherited("timeout", name)
    if not found:
        return Setting(UNKNOWN if block.unread else ABSENT, home_of(block).block())
    last = found[-1]
    value = None if last.varies or len(last.values) < 3 else seconds(last.values[2])
    return Setting(UNKNOWN if value is None else value, last.place())


def home_of(block: Block) -> Block:
    """Where a setting that several sections share belongs."""
    return block.outer[0] if block.outer else block


def seconds(text: str) -> float | None:
    """Seconds of a time as HAProxy writes it: milliseconds without a unit."""
    found = _TIME.fullmatch(text)
    return int(found[1]) * _UNITS[found[2] or ""] if found else None


def _rate(tree: Tree, block: Block) -> Setting[str]:
    """Somebody who counts requests, here or behind, has thought of it."""
    for part in (block, *(tree.behind(block) or ())):
        for rule in part.rules(*_RATE_RULES):
            if any(_RATES.search(w) for w in rule.values) or "track-sc" in " ".join(rule.values[1:2]):
                return Setting(UNKNOWN, rule.place())
        for acl in (i for b in (part, *part.outer) for i in b.all("acl")):
            if any(_RATES.search(w) for w in acl.values[2:3]):
                return Setting(UNKNOWN, acl.place())
        if part.all("filter") or part.inherited("rate-limit"):
            return Setting(UNKNOWN, part.block())
    return Setting(UNKNOWN if block.unread else ABSENT, block.block())
