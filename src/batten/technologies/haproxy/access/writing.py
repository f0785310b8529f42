"""Writers for limits, logs, statistics and lenient parsing."""

from __future__ import annotations

import re

from batten.formats.haproxy_edits import add_words, after, before, remove, replace
from batten.model import Edit, Fix, Quantity, Safety
from batten.technologies.haproxy.conditions import split
from batten.technologies.haproxy.features import uri_of
from batten.technologies.haproxy.headers.writing import into
from batten.technologies.haproxy.logs import formatted, silenced, target_off
from batten.technologies.haproxy.tree import Block, Item, Tree

_TIMEOUTS = {
    Quantity.HEADER_TIMEOUT: ("http-request", "clients that need longer to send a request's headers"),
    Quantity.BODY_TIMEOUT: (
        "client",
        "clients that are idle for longer, including long polling and WebSockets",
    ),
    Quantity.SEND_TIMEOUT: ("server", "requests that a server processes for longer"),
}
_PATH_TEST = re.compile(r"(path|url|base)(?:_(beg|dir|end|sub))?")
_RATE = re.compile(r"(\d+)r/s")
_NEAR = "src 127.0.0.0/8 ::1"
_WINDOW = 10  # seconds over which requests are counted, so that a page's burst passes


def limit(block: Block, item: Item | None, resource: Quantity, amount: str) -> Fix | None:
    if resource is Quantity.RATE:
        return _rate(block, amount)
    if resource not in _TIMEOUTS:
        return None
    name, breaks = _TIMEOUTS[resource]
    line = f"timeout {name} {amount}"
    edit = (
        replace(item.source, item.statement, line)
        if item
        else into(block, line, ("timeout", "option", "mode"))
    )
    return Fix(f"limit the time with `timeout {name}`", (edit,), Safety.RISKY, breaks)


def _rate(block: Block, amount: str) -> Fix | None:
    """Count each address's requests and refuse what is over. A section has one table only."""
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
    return Fix("limit the rate of requests", (edit,), Safety.RISKY, breaks)


def access_log(tree: Tree, block: Block, item: Item | None) -> Fix | None:
    """A target where there is none, and a format that names the request."""
    if item is not None and item is silenced(block):
        return Fix("log every request", (remove(item.source, item.statement),))
    off = item is not None and item is target_off(block)
    lines = ["log global"] if off or (item is None and not block.inherited("log")) else []
    if not formatted(block):
        lines.append("option httplog")
    text = "\n".join(lines)
    edits: list[Edit] = []
    if off and item is not None:
        edits.append(replace(item.source, item.statement, text))
    elif text:
        edits.append(into(block, text, ("log", "option", "mode", "bind")))
    if tree.globally("log") is None and ("log global" in lines or item is not None):
        shared = tree.of("global")
        if not shared:
            return None
        target = "/dev/log local0" if tree.globally("daemon") else "stdout format raw local0"
        edits.insert(0, into(shared[0], f"log {target}", ("log",)))
    return Fix("log requests", tuple(edits)) if edits else None


def banner(block: Block) -> Fix | None:
    lines = block.all("stats")
    if not lines:
        return None
    edit = after(block.source, block.section, lines[-1].statement, "stats hide-version")
    return Fix("hide the version on the statistics page", (edit,))


def private_statistics(item: Item) -> Fix | None:
    """Keep the page to this host. A frontend has no `stats http-request`, and defaults have no rules."""
    block = item.home
    breaks = "people and monitors that read the page from another host"
    match block.kind:
        case "listen" | "backend":
            line = f"stats http-request deny unless {{ {_NEAR} }}"
            edit = after(block.source, block.section, block.all("stats")[-1].statement, line)
        case "frontend":
            path = uri_of(block).partition("?")[0]
            line = f"http-request deny if {{ path_beg {path} }} !{{ {_NEAR} }}"
            rules = block.all("http-request")
            edit = before(block.source, (rules or [item])[0].statement, line)
        case _:
            return None
    return Fix("restrict the statistics page to this host", (edit,), Safety.RISKY, breaks)


def private_metrics(item: Item) -> Fix | None:
    """One more test on the rule; alternatives and `unless` are left to people."""
    condition = split(item.values)[1]
    if condition[:1] == ["unless"] or "or" in condition or "||" in condition:
        return None
    words = f"{{ {_NEAR} }}" if condition else f"if {{ {_NEAR} }}"
    breaks = "monitors that read the metrics from another host"
    edit = add_words(item.source, item.statement, words)
    return Fix("restrict the metrics to this host", (edit,), Safety.RISKY, breaks)


def private_socket(item: Item) -> Fix | None:
    """The runtime API on loopback, at the port it has."""
    word = item.statement.words[2]
    port = word.text.rpartition(":")[2]
    edit = Edit(item.source.path, word.span, f"ipv4@127.0.0.1:{port}")
    breaks = "people and programs that use the runtime API from another host"
    return Fix("restrict the runtime API to this host", (edit,), Safety.RISKY, breaks)


def not_root(item: Item) -> Fix | None:
    if item.values[0] not in ("user", "uid"):
        return None
    edit = replace(item.source, item.statement, "user haproxy")
    return Fix(
        "run as the user haproxy", (edit,), Safety.RISKY, "files that only root may read after start-up"
    )


def media_type(item: Item) -> Fix | None:
    words = item.statement.words
    number = next((n for n, w in enumerate(words[:-1]) if w.text == "content-type"), None)
    if number is None:
        return None
    edit = Edit(item.source.path, words[number + 1].span, "application/json")
    return Fix("send JSON with its media type", (edit,))


def access_rule(item: Item) -> Fix | None:
    """A certificate for all clients, or the path as the backend parses it."""
    if item.values[0] == "bind":
        number = item.values.index("verify") + 1
        edit = Edit(item.source.path, item.statement.words[number].span, "required")
        return Fix("require a client certificate", (edit,), Safety.RISKY, "clients without a certificate")
    edits = [e for line in (item, *_tests_named(item)) for e in _decoded(line)]
    before_it = item.home.all("http-request")[: item.home.all("http-request").index(item)]
    opening = [i for i in before_it if i.values[1:] == ["allow"]]
    if opening:
        edits += [remove(i.source, i.statement) for i in opening]
        breaks = "clients that the rules below refuse"
        return Fix("remove the unconditional `allow`", tuple(edits), Safety.RISKY, breaks)
    return Fix("match the decoded path", tuple(edits)) if edits else None


def _tests_named(rule: Item) -> list[Item]:
    """The acl lines that a rule names."""
    names = {w.lstrip("!") for w in split(rule.values)[1]}
    return [
        i
        for b in (rule.home, *rule.home.outer)
        for i in b.all("acl")
        if i.values[1:2] and i.values[1] in names
    ]


def _decoded(item: Item) -> list[Edit]:
    edits = []
    for number, word in enumerate(item.statement.words):
        found = _PATH_TEST.fullmatch(word.text)
        before_it = item.statement.words[number - 1].text if number else ""
        if found and (before_it == "{" or (item.values[0] == "acl" and number == 2)):
            how = f" -m {found[2]}" if found[2] else ""
            edits.append(Edit(item.source.path, word.span, f"{found[1]},url_dec{how}"))
    return edits


def invalid_requests(item: Item) -> Fix | None:
    breaks = "clients that send requests that violate the HTTP standard"
    return Fix("refuse invalid requests", (remove(item.source, item.statement),), Safety.RISKY, breaks)
