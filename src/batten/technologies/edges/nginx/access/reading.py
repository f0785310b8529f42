"""Rules that restrict access, whether they work, and what is logged."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, AccessRule, Content
from batten.model import ABSENT, UNKNOWN, Setting
from batten.model.networks import everybody, network
from batten.technologies.edges.nginx.blocks import (
    DULL,
    GUARDS,
    content_of,
    locations,
    match_of,
    passes,
    refuses,
    returned,
)
from batten.technologies.edges.nginx.bypasses import bypasses
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item

_CREDENTIAL = re.compile(
    r"\$\{?(http_authorization|http_proxy_authorization|http_cookie|http_x_api_key|http_x_auth_token"
    r"|cookie_\w+|sent_http_set_cookie|request_body|arg_(?:\w*token|\w*key|apikey|password|passwd|pwd|secret|sig))\b\}?",
    re.IGNORECASE,
)


# `!=` and `!~`; an expression for what is to be refused keeps nobody out who leaves the header out.
_OTHER_REFERER = re.compile(r"^\(?\s*\$\{?http_referer\}?\s*!")


def rules(tree: Tree) -> Iterator[AccessRule]:
    for context in (*tree.own, *tree.root.all("stream")):
        for block in (context, *context.below("http", "stream", "server", "location", "limit_except")):
            yield from _of_block(block)
    yield from bypasses(tree)


def _of_block(block: Item) -> Iterator[AccessRule]:
    listed = block.all("allow", "deny")
    allows = [i for i in listed if i.name == "allow"]
    denies = [i for i in listed if i.name == "deny"]
    unread = block.hides("deny") or not block.name  # a list that others include, before their own `deny all`
    narrow = [i for i in allows if i.value != "all"]
    admitting = _admitting(allows[: next((n for n, i in enumerate(listed) if i.name == "deny"), len(listed))])
    # With `satisfy any` those that no rule is about still have to log in.
    loose = narrow and not denies and len(narrow) == len(allows) and not unread
    if loose and not (_any(block) and _logs_in(block)):
        yield AccessRule(narrow[0].place(), f"allow {narrow[0].value}", "no `deny all` follows it")
    elif listed and not (admitting is not None and _any(block) and _logs_in(block)):
        yield from _order(listed)
    # `return` answers in the rewrite phase, before anybody looks at the rules.
    answer = returned(block)
    if answer is not None and 200 <= answer.status < 300 and answer.status != 204:
        own = [*listed, *(i for n in GUARDS for i in block.all(n) if i.value != "off")]
        restricts = [i for i in own if not (i.name == "allow" and i.value == "all")]
        if restricts:
            rule = restricts[0]
            yield AccessRule(
                rule.place(), f"{rule.name} {rule.value}", "`return` answers before it is evaluated"
            )
    basic = block.first("auth_basic")
    if basic is not None and basic.value != "off" and inherited(block, "auth_basic_user_file") == []:
        yield AccessRule(basic.place(), "auth_basic", "no `auth_basic_user_file` is set")
    if admitting is not None and _any(block) and _logs_in(block):
        defeat = f"`satisfy any` with `allow {admitting.value}` skips it"
        yield AccessRule(admitting.place(), "the login", defeat, partial=_of_nobody(admitting))
    yield from _referers(block, listed)


def _order(listed: list[Item]) -> Iterator[AccessRule]:
    """ngx_http_access_module: the first rule that matches decides."""
    for index, item in enumerate(listed):
        if item.name == "allow" and item.value == "all":
            later = next((i for i in listed[index:] if i.name == "deny"), None)
            if later is not None:
                yield AccessRule(later.place(), f"deny {later.value}", "`allow all` precedes it")
                return
        wider = _allowed_before(listed[:index], item)
        if wider is not None:
            defeat = f"`allow {wider.value}` precedes it"
            yield AccessRule(item.place(), f"deny {item.value}", defeat, partial=_of_nobody(wider))
            return
    yield AccessRule(listed[0].place(), f"{listed[0].name} {listed[0].value}")


def _allowed_before(earlier: list[Item], item: Item) -> Item | None:
    """The rule before a `deny` that allows all of its addresses."""
    if item.name != "deny":
        return None
    allows = [i for i in earlier if i.name == "allow"]
    if item.value == "all":
        return _admitting(allows)
    denied = network(item.value)
    known = ((i, network(i.value)) for i in allows) if denied is not None else ()
    # Versions differ, or the one lies within the other.
    return next(
        (i for i, n in known if n is not None and n.version == denied.version and denied.subnet_of(n)),  # type: ignore[union-attr, arg-type]
        None,
    )


def _admitting(allows: list[Item]) -> Item | None:
    """The rule that allows everybody, by itself or with the others."""
    found = "all" if any(i.value == "all" for i in allows) else everybody(i.value for i in allows)
    return next((i for i in allows if found and i.value == found), None)


def _of_nobody(rule: Item) -> bool:
    """Whether a rule is about IPv6 only, and the server is written to listen to IPv4 only."""
    server = next((b for b in rule.around() if b.name == "server"), None)
    listening = server.all("listen") if server is not None else []
    return ":" in rule.value and bool(listening) and not any("[" in i.value for i in listening)


def _any(block: Item) -> bool:
    found = inherited(block, "satisfy")
    return bool(found) and found is not None and found[-1].value == "any"


def _logs_in(block: Item) -> bool:
    return any((found := inherited(block, n)) and found[-1].value != "off" for n in GUARDS)


def _referers(block: Item, listed: list[Item]) -> Iterator[AccessRule]:
    """A client writes the Referer that it likes; images, which it is good enough for, are no matter."""
    if block.name not in ("location", "") or listed or not block.first("valid_referers", "if"):
        return
    if _logs_in(block) or content_of(block) is Content.ASSET:
        return
    referers = block.first("valid_referers")
    tests = [(i, " ".join(i.values)) for i in block.all("if") if refuses(i)]
    if referers is not None and any("$invalid_referer" in text for _, text in tests):
        yield AccessRule(referers.place(), "valid_referers", "clients set Referer freely")
    for condition, text in tests:
        if _OTHER_REFERER.match(text):
            yield AccessRule(condition.place(), "the test of $http_referer", "clients set Referer freely")


def logs(tree: Tree) -> Iterator[AccessLog]:
    for server in tree.servers:
        if refuses(server):
            continue
        found = inherited(server, "error_log")
        if not found:
            errors: Setting[bool] = Setting(UNKNOWN if found is None else ABSENT, server.block(), True)
        else:
            # There is no `off`: nginx writes to a file of that name. Who wrote it wanted no log, and looks at none.
            errors = Setting(any(i.value not in ("off", "/dev/null") for i in found), found[-1].place())
        yield AccessLog(server.block(), _access(server), errors, tuple(_carried(tree, server)))
        for location in locations(server):
            if location.first("access_log") and passes(location) and not DULL.search(match_of(location).path):
                yield AccessLog(location.block(), _access(location), Setting(UNKNOWN, location.block()))


def _access(block: Item) -> Setting[bool]:
    """ngx_http_log_module: on, in the combined format, unless it is turned off."""
    found, answer = inherited(block, "access_log"), returned(block)
    redirects = block.name == "server" and answer is not None and 300 <= answer.status < 400
    if found is None or redirects:
        return Setting(UNKNOWN, block.block())
    if not found:
        return Setting(ABSENT, block.block(), True)
    return Setting(any(i.value not in ("off", "/dev/null") for i in found), found[-1].place())


def _carried(tree: Tree, server: Item) -> Iterator[Setting[str]]:
    used = {i.values[1] for i in inherited(server, "access_log") or () if len(i.values) > 1}
    for http in tree.http:
        for made in http.all("log_format"):
            if made.value in used:
                for name in dict.fromkeys(m[1] for w in made.values[1:] for m in _CREDENTIAL.finditer(w)):
                    yield Setting(f"`${name}`", made.place())
