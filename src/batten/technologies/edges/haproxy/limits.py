"""Bounds on what clients may send, and the edits that set them. HAProxy has none on the size of bodies but rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Limits
from batten.formats.lines import before, replace
from batten.model import ABSENT, UNKNOWN, Fix, Quantity, Safety, Setting
from batten.technologies.edges.haproxy.conditions import condition_of
from batten.technologies.edges.haproxy.headers.reading import serves
from batten.technologies.edges.haproxy.headers.writing import into
from batten.technologies.edges.haproxy.tls.listeners import redirects_to_tls, refuses
from batten.technologies.edges.haproxy.tree import Block, Item, Tree

_TIMEOUTS = {
    Quantity.HEADER_TIMEOUT: ("http-request", "clients that need longer to send a request's headers"),
    Quantity.BODY_TIMEOUT: (
        "client",
        "clients that are idle for longer, including long polling and WebSockets",
    ),
    Quantity.SEND_TIMEOUT: ("server", "requests that a server processes for longer"),
}
_RATE = re.compile(r"(\d+)r/s")
_WINDOW = 10  # seconds over which requests are counted, so that a page's burst passes

_TIME = re.compile(r"(\d+)(us|ms|s|m|h|d)?")
_SIZE = re.compile(r"gt (\d{1,18})")
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
            body=_body(block),
            header_timeout=timeout(block, "http-request"),
            body_timeout=timeout(block, "client"),
            rate=_rate(tree, block) if answers else None,
        )
    for block in tree.of("backend", "listen"):
        if block.http and block.all("server"):
            yield Limits(block.block(), send_timeout=timeout(block, "server"))


def _body(block: Block) -> Setting[int] | None:
    """The largest size of a body that rules with 413 leave: `if { req.body_size gt 65536 }`."""
    found: Setting[int] | None = None
    for rule in block.all("http-request"):
        condition = condition_of(rule) if "413" in rule.values[2:4] and not rule.varies else None
        for test in (
            condition.tests if condition is not None and condition.known and not condition.unless else ()
        ):
            size = _SIZE.fullmatch(" ".join(test.patterns)) if test.fetch == "req.body_size" else None
            most = max(int(size[1]), 1) if size else 0  # of the fact, 0 is no bound
            if most and not test.negated and (found is None or most > found.known(0)):
                found = Setting(most, rule.place())
    return found


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


def limit(block: Block, item: Item | None, resource: Quantity, amount: str) -> Fix | None:
    if resource is Quantity.RATE:
        # Count each address's requests and refuse what is over. A section has one table only.
        found = _RATE.fullmatch(amount)
        if found is None or block.all("stick-table"):
            return None
        most = int(found[1]) * _WINDOW
        lines = (
            f"stick-table type ipv6 size 100k expire {_WINDOW * 3}s store http_req_rate({_WINDOW}s)\n"
            "http-request track-sc0 src\n"
            f"http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {most} }}"
        )
        rules = block.all("http-request")
        edit = (
            before(block.source, rules[0].statement, lines)
            if rules
            else into(block, lines, ("option", "mode", "bind"))
        )
        breaks = f"addresses that send more than {found[1]} requests per second, including NAT gateways"
        return Fix("limit the rate of requests", (edit,), safety=Safety.RISKY, breaks=breaks)
    if resource not in _TIMEOUTS:
        return None
    name, breaks = _TIMEOUTS[resource]
    line = f"timeout {name} {amount}"
    edit = (
        replace(item.source, item.statement, line)
        if item
        else into(block, line, ("timeout", "option", "mode"))
    )
    return Fix(f"limit the time with `timeout {name}`", (edit,), safety=Safety.RISKY, breaks=breaks)
