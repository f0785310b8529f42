"""Rules that restrict access, whether they work, and what is logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from batten.facts import AccessLog, AccessRule, Content
from batten.model import ABSENT, UNKNOWN, Setting
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
from batten.technologies.edges.nginx.bypasses import bypasses, restriction
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item

_CREDENTIAL = re.compile(
    r"\$\{?(http_authorization|http_proxy_authorization|http_cookie|http_x_api_key|http_x_auth_token"
    r"|cookie_\w+|sent_http_set_cookie|request_body|arg_(?:\w*token|\w*key|apikey|password|passwd|pwd|secret|sig))\b\}?",
    re.IGNORECASE,
)
_PROGRAM = re.compile(r"\\\.\(?(?:\?:)?(?:php|phtml|cgi|pl|py|aspx?|jsp)")


# `!=` and `!~`; an expression for what is to be refused keeps nobody out who leaves the header out.
_OTHER_REFERER = re.compile(r"^\(?\s*\$\{?http_referer\}?\s*!")


def rules(tree: Tree) -> Iterator[AccessRule]:
    for context in (*tree.own, *tree.root.all("stream")):
        for block in (context, *context.below("http", "stream", "server", "location", "limit_except")):
            yield from _of_block(block)
    for server in tree.servers:
        # A prefix location's rules do not hold for what an expression takes: /admin/x.php.
        programs = [
            i
            for i in server.all("location")
            if match_of(i).kind == "regex"
            and _PROGRAM.search(match_of(i).path)
            and passes(i)
            and not restriction(i)
        ]
        if programs:
            for location in server.all("location"):
                match = match_of(location)
                nested = any(match_of(i).kind == "regex" for i in location.all("location"))
                if match.kind == "prefix" and match.modifier != "^~" and match.path != "/" and not nested:
                    rule = restriction(location)
                    if rule is not None and not match.path.startswith("/."):
                        taken = "a location with a regular expression handles requests below its prefix"
                        yield AccessRule(rule.place(), f"{rule.name} {rule.value}", taken)
    yield from bypasses(tree)


def _of_block(block: Item) -> Iterator[AccessRule]:
    listed = block.all("allow", "deny")
    allows = [i for i in listed if i.name == "allow"]
    denies = [i for i in listed if i.name == "deny"]
    unread = block.hides("deny") or not block.name  # a list that others include, before their own `deny all`
    narrow = [i for i in allows if i.value != "all"]
    # With `satisfy any` those that no rule is about still have to log in.
    loose = narrow and not denies and len(narrow) == len(allows) and not unread
    if loose and not (_any(block) and _logs_in(block)):
        yield AccessRule(narrow[0].place(), f"allow {narrow[0].value}", "no `deny all` follows it")
    elif listed:
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
    everybody = [i for i in allows if i.value == "all"]
    if everybody and block.first("satisfy") and _any(block) and _logs_in(block):
        yield AccessRule(everybody[0].place(), "the login", "`satisfy any` with `allow all` skips it")
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
            yield AccessRule(item.place(), f"deny {item.value}", f"`allow {wider.value}` precedes it")
            return
    yield AccessRule(listed[0].place(), f"{listed[0].name} {listed[0].value}")


def _allowed_before(earlier: list[Item], item: Item) -> Item | None:
    """The rule before a `deny` that allows all of its addresses."""
    denied = _network(item.value) if item.name == "deny" else None
    if denied is None:
        return None
    known = ((i, _network(i.value)) for i in earlier if i.name == "allow")
    return next(
        (
            i
            for i, n in known
            if n is not None and n[0] == denied[0] and n[1] <= denied[1] and n[2] >= denied[2]
        ),
        None,
    )


def _network(value: str) -> tuple[int, int, int] | None:
    """Version, first and last address; None for a name, a socket or a variable."""
    try:
        network = ip_network(value, strict=False)
    except ValueError:
        return None
    return network.version, int(network[0]), int(network[-1])


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
