"""Switches that are worth a control of their own: statistics, metrics, lenient parsing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Feature
from batten.model import ABSENT, UNKNOWN, Setting, Switch
from batten.technologies.edges.haproxy import versions
from batten.technologies.edges.haproxy.conditions import Condition, Test, condition_of
from batten.technologies.edges.haproxy.tls.listeners import address_of, local_only, parameter
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.transport.upstreams import is_loopback

_LENIENT = {
    "accept-invalid-http-request": "requests that violate the HTTP standard are accepted",
    "accept-unsafe-violations-in-http-request": "requests that violate the HTTP standard are accepted",
}
# Of the section `global`.
_GLOBALLY = {
    "h1-accept-payload-with-any-method": "bodies of GET, HEAD and DELETE requests of HTTP/1.0 clients are accepted",
    "h1-do-not-close-on-insecure-transfer-encoding": (
        "connections stay open after messages with both Content-Length and Transfer-Encoding"
    ),
}
DEFAULT_URI = "/haproxy?stats"
# Who asks, rather than what is asked for.
_IDENTITY = ("src", "http_auth", "http_auth_group", "ssl_c_used", "ssl_c_verify", "hdr_ip", "ssl_fc_has_crt")
_ADMITTING = ("allow", "accept")
_ANSWERING = ("return", "redirect")  # and the request gets no further
REFUSING = ("deny", "auth", "reject", "silent-drop", "tarpit")


def features(tree: Tree) -> Iterator[Feature]:
    yield from _lenient(tree)
    for block in tree.of("frontend", "listen", "backend"):
        if not block.http or not _entered(tree, block):
            continue
        lines = statistics(block)
        if lines:
            first = next((i for i in lines if i.values[1:2] in (["enable"], ["uri"])), lines[0])
            on: Setting[bool] = Setting(True, first.place())
            if any(i.varies for i in lines if i.values[1:2] == ["uri"]) or first.statement.conditional:
                on = Setting(UNKNOWN, first.place())
            if any(i.values[1:2] in (["auth"], ["http-request"]) for i in lines) or guarded(
                tree, block, uri_of(block)
            ):
                on = Setting(False, first.place())
            yield Feature(first.place(), Switch.CONSOLE, on, f"HAProxy's statistics page at {uri_of(block)}")
        yield from _metrics(tree, block)
        yield from _fixed_answers(block)
        # A redirect whose host a link decides.
        for rule in block.all("http-request"):
            words = rule.values
            target = parameter(words, "location") or parameter(words, "prefix")
            host = target.partition("://")[2] or (target if target.startswith("%[") else "")
            found = re.match(r"%\[(?:urlp|url_param|req\.cook|cook)\(([\w-]+)", host)
            if words[1:2] == ["redirect"] and found:
                what = f"`redirect` to the parameter {found[1]}"
                yield Feature(rule.place(), Switch.OPEN_REDIRECT, Setting(True, rule.place()), what)
    yield from _sockets(tree)
    for users_block in tree.of("global"):
        for item in (*users_block.all("user", "root"), *users_block.all("uid", "0")):
            yield Feature(item.place(), Switch.ROOT_WORKER, Setting(True, item.place()), "HAProxy runs")
    # What HAProxy fetches itself, for Lua and OCSP (manual, 3.11).
    own_item = tree.globally("httpclient.ssl.verify")
    if own_item is not None and own_item.values[1:2] == ["none"] and not own_item.varies:
        yield Feature(
            own_item.place(), Switch.VERIFY_TLS, Setting(False, own_item.place()), "HAProxy's own HTTP client"
        )


def _lenient(tree: Tree) -> Iterator[Feature]:
    for block in tree.of("defaults", "frontend", "listen", "global"):
        for item in block.items:
            words = item.values
            option = words[1] if words[0] == "option" and len(words) > 1 else ""
            what = _LENIENT.get(option)
            if block.kind == "global":
                what = _GLOBALLY.get(words[0], what)
            if what:
                on = Setting(UNKNOWN if item.statement.conditional else True, item.place())
                yield Feature(item.place(), Switch.INVALID_HEADERS, on, what)


def _entered(tree: Tree, block: Block) -> bool:
    """Whether somebody beyond this host can get at the section."""
    doors = [block] if block.kind != "backend" else tree.fronts(block)
    return any(d.all("bind") and not local_only(d) for d in doors)


def statistics(block: Block) -> list[Item]:
    """The `stats` lines in force. Any of them turns the page on (manual, 4.2)."""
    return [i for b in (block, *block.outer) for i in b.all("stats") if i.values[1:2] != ["socket"]]


def uri_of(block: Block) -> str:
    found = block.inherited("stats", "uri")
    return found[-1].values[2] if found and len(found[-1].values) > 2 else DEFAULT_URI


def _metrics(tree: Tree, block: Block) -> Iterator[Feature]:
    for rule in block.rules("http-request"):
        if rule.values[1:3] != ["use-service", "prometheus-exporter"]:
            continue
        condition = condition_of(rule)
        unsure = rule.varies or (condition is not None and not condition.known)
        asked = [
            p
            for t in (condition.tests if condition else ())
            if t.fetch.startswith("path")
            for p in t.patterns
        ]
        safe = guarded(tree, block, asked[0] if asked else "/") or led_by_who(condition)
        on = Setting(UNKNOWN if unsure and not safe else not safe, rule.place())
        yield Feature(rule.place(), Switch.METRICS, on, "HAProxy's metrics endpoint")


def _fixed_answers(block: Block) -> Iterator[Feature]:
    """What `http-request return` says, and of which type."""
    for rule in block.all("http-request"):
        words = rule.values
        body = parameter(words, "string") or parameter(words, "lf-string")
        media = parameter(words, "content-type")
        if (
            words[1:2] == ["return"]
            and body.lstrip().startswith(('{"', "[{"))
            and media
            and "json" not in media
        ):
            yield Feature(
                rule.place(),
                Switch.MEDIA_TYPE,
                Setting(UNKNOWN if rule.varies else False, rule.place()),
                media,
            )


def _sockets(tree: Tree) -> Iterator[Feature]:
    """The runtime API has no login: who reaches its port changes servers, maps and certificates."""
    for block in tree.of("global"):
        for item in block.all("stats", "socket"):
            address = " ".join(item.values[2:3])
            host = address_of(address)[0] if ":" in address and not item.varies else UNKNOWN
            if isinstance(host, str) and not is_loopback(host):
                level = parameter(item.values, "level") or "operator"
                what = f"HAProxy's runtime API (level {level})"
                yield Feature(item.place(), Switch.CONSOLE, Setting(True, item.place()), what)


def guarded(tree: Tree, block: Block, path: str) -> bool:
    """Whether a rule turns people away from a path by who they are: there, or where requests come in."""
    if any(_kept_out(block.rules(kind), path) for kind in ("tcp-request", "http-request")):
        return True
    if block.kind != "backend":
        return False
    doors = tree.fronts(block)
    return bool(doors) and all(guarded(tree, d, path) or _led_by_who(d, block) for d in doors)


def _kept_out(rules: Iterator[Item], path: str) -> bool:
    """Whether the rules, of which the first that applies and ends them decides, answer strangers themselves."""
    for rule in rules:
        words = rule.values
        action = next(iter(words[1:2] if words[0] == "http-request" else words[2:3]), "")
        condition = condition_of(rule)
        if action in (*REFUSING, *_ANSWERING):
            if condition is None or not condition.known:
                turns_away = True
            else:
                if condition.unless:
                    turns_away = any(asks_who(t) and not t.negated for t in condition.tests)
                else:
                    # Whether the tests hold for all who are not known, as far as that path is asked for.
                    turns_away = any(
                        (
                            any(
                                t.negated and (asks_who(t) or (_of_path(t) and not _matches(t, path)))
                                for t in tests
                            )
                            and all(not _of_path(t) or _matches(t, path) for t in tests if not t.negated)
                        )
                        for tests in condition.alternatives
                    )
            if turns_away:
                return True
        if action in _ADMITTING and (condition is None or (condition.known and _admits(condition, path))):
            return False
    return False


def _admits(condition: Condition, path: str) -> bool:
    # Whether a test certainly holds for a stranger who asks for the path.
    return not condition.unless and any(
        all((t.negated if asks_who(t) else _of_path(t) and _matches(t, path) is not t.negated) for t in tests)
        for tests in condition.alternatives
    )


def _of_path(test: Test) -> bool:
    return test.fetch.startswith(("path", "url"))


def _matches(test: Test, path: str) -> bool:
    return any(path.startswith(p) for p in test.patterns)


def asks_who(test: Test) -> bool:
    return test.fetch.startswith(_IDENTITY)


def led_by_who(condition: Condition | None) -> bool:
    """Whether a rule is for known people only."""
    if condition is None:
        return False
    if not condition.known:
        return True
    if condition.unless:
        return any(asks_who(t) and t.negated for t in condition.tests)
    return all(any(asks_who(t) and not t.negated for t in a) for a in condition.alternatives)


def _led_by_who(front: Block, block: Block) -> bool:
    lines = [i for i in front.all("use_backend") if i.values[1:2] == [block.name]]
    return bool(lines) and all(led_by_who(condition_of(i)) for i in lines)


def banners(tree: Tree) -> Iterator[Banner]:
    """HAProxy puts no Server header into answers; its statistics page names its version."""
    for block in tree.of("frontend", "listen", "backend"):
        lines = statistics(block) if block.http and _entered(tree, block) else []
        if not lines:
            continue
        told = next(
            (i for i in reversed(lines) if i.values[1:2] in (["hide-version"], ["show-version"])), None
        )
        home = lines[0].home
        shown: Setting[bool] = Setting(ABSENT, home.block(), versions.shows_version(tree.version))
        if told is not None:
            shown = Setting(told.values[1] == "show-version", told.place())
        yield Banner(
            shown.at, product="HAProxy", header=f"the statistics page at {uri_of(block)}", shows_version=shown
        )
