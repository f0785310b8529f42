"""Rules that restrict access, and the ways around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule
from batten.model.networks import everybody, network
from batten.patterns import BadPattern, compiled, shortest
from batten.technologies.edges.nginx.blocks import (
    GUARDS,
    guarded,
    locations,
    match_of,
    passes,
    private,
    refuses,
    returned,
    rules_of,
)
from batten.technologies.edges.nginx.matching import LocationTable, below, readable, table_of
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.edges.nginx.upstreams import target_of
from batten.technologies.shared.edges.nodes import Item, once

_FORGED = r"\$\{?http_(?:x_forwarded_for|x_real_ip|x_client_ip|client_ip|true_client_ip|forwarded)\}?"
_ADDRESS = re.compile(rf"^\(?\s*{_FORGED}\s*!")
_BROWSER = re.compile(r"^\(?\s*\$\{?http_user_agent\}?\s*!")
_TEST = re.compile(r"^\(?\s*\$\{?(\w+)\}?\s*(?:(!?=)\s*[\"']?([^\"'\s()]*)[\"']?\s*)?\)?$")
_CLIENTS_ADDRESS = re.compile(r"^\(?\s*\$\{?remote_addr\}?\s*!~\*?\s*(\S+?)\s*\)?$")
_CLIENT = re.compile(r"\$\{?(?:ssl_client_\w+)")
PROGRAM = re.compile(r"\\\.\(?(?:\?:)?(?:php|phtml|cgi|pl|py|aspx?|jsp)")
_EXPRESSIONS = 20  # of a server, in their order: the first that matches decides
_RUNS_CODE = re.compile(r"_by_lua|^js_|^perl")


def bypasses(tree: Tree) -> Iterator[AccessRule]:
    for server in tree.servers:
        if private(server):
            continue
        # ngx_http_realip_module: whoever is trusted says what the client's address is.
        trusted = _trusting(inherited(server, "set_real_ip_from") or [])
        header = inherited(server, "real_ip_header")
        if trusted and header is not None and not (header and header[-1].value == "proxy_protocol"):
            blocks = (server, *locations(server))
            rules = [i for b in blocks for i in rules_of(b) or () if i.name == "allow" and i.value != "all"]
            if rules:
                forged_rule = f"allow {rules[0].value}"
                yield AccessRule(
                    trusted[0].place(), forged_rule, "every client can set the address that it checks"
                )
        yield from _optional_certificates(tree, server)
        yield from _unread_links(server)
        # ngx_http_auth_request_module: a subrequest that is answered with 2xx admits the request.
        asking = server.below("auth_request")
        judges = {match_of(i).path: i for i in server.all("location")} if asking else {}
        for asked in asking:
            judge = judges.get(asked.value)
            answer = returned(judge) if judge is not None and not judge.first("if") else None
            if answer is not None and 200 <= answer.status < 300:
                defeat = f"{asked.value} answers {answer.status} to every request"
                yield AccessRule(asked.place(), f"auth_request {asked.value}", defeat)
        table = table_of(server)
        yield from _taken_by_expressions(server, table)
        for location in locations(server):
            for block in location.all("limit_except"):
                if not block.items and not block.unread and block.directive.body is not None:
                    rule = f"limit_except {' '.join(block.values)}"
                    yield AccessRule(block.place(), rule, "it contains no rule, so every verb is allowed")
            yield from _moved_before_rules(server, table, location)
            yield from _served_by_error_page(table, location)
            # `location = /admin` holds for that one path; the application answers /admin/ alike.
            match = match_of(location)
            beside_rule = restriction(location)
            last = match.path.rpartition("/")[2]
            if beside_rule is not None and match.kind == "exact" and last and "." not in last:
                other = table.of(match.path + "/")
                unsafe = other is not None and not guarded(other) and not refuses(other)
                if other is not None and unsafe and passes(other) and _same_upstream(table, location, other):
                    yield AccessRule(
                        beside_rule.place(),
                        f"{beside_rule.name} {beside_rule.value}",
                        f"{match.path}/ bypasses it",
                    )
            yield from _named_addresses(tree, location)


@once
def restriction(block: Item) -> Item | None:
    """The block's own rule that restricts access."""
    return next(
        (
            i
            for i in block.all("deny", *GUARDS)
            if (i.value == "all" if i.name == "deny" else i.value not in ("off", ""))
        ),
        None,
    )


def _trusting(listed: list[Item]) -> list[Item]:
    """The directives, if they name all addresses of a kind together."""
    networks = {i: n for i in listed if (n := network(i.value)) is not None}
    for version in (4, 6):
        items = [i for i, n in networks.items() if n.version == version]
        if everybody(i.value for i in items):
            return items
    return []


def _optional_certificates(tree: Tree, server: Item) -> Iterator[AccessRule]:
    """Optional certificates are asked for, and then somebody has to look."""
    found = inherited(server, "ssl_verify_client")
    if not found or found[-1].value not in ("optional", "optional_no_ca") or server.unread:
        return
    items = [*server.walk(), *(i for h in tree.http for i in h.items if i.name != "server")]
    nested = [j for i in items if i.name in ("map", "geo", "log_format") for j in (i, *i.items)]
    looks = any(_CLIENT.search(v) for i in (*items, *nested) if i.name != "log_format" for v in i.values)
    if not looks and not any(_RUNS_CODE.search(i.name) or i.unread for i in items):
        defeat = "$ssl_client_verify is never checked, so clients without a certificate are admitted"
        yield AccessRule(found[-1].place(), f"ssl_verify_client {found[-1].value}", defeat)


def _unread_links(server: Item) -> Iterator[AccessRule]:
    """ngx_http_secure_link_module only sets a variable."""
    links = server.below("secure_link")
    if not links:
        return
    looks = any(
        "$secure_link" in " ".join(i.values) for i in server.walk() if not i.name.startswith("secure_link")
    )
    unsure = any(i.unread or _RUNS_CODE.search(i.name) for i in (server, *server.walk()))
    if not looks and not unsure:
        yield AccessRule(links[0].place(), "secure_link", "$secure_link is never checked")


def _moved_before_rules(server: Item, table: LocationTable, location: Item) -> Iterator[AccessRule]:
    """`rewrite` moves the request to another location before anybody looks at the rules of this one."""
    rule = restriction(location)
    match = match_of(location)
    if rule is None or match.kind == "named" or restriction(server) is not None:
        return
    path = match.path if match.kind != "regex" else shortest(readable(match.path)) or ""
    samples = [path.rstrip("/") + rest for rest in ("/x", "/a/b.c")] if path.startswith("/") else []
    for block in (location, *location.all("if")):
        for item in block.all("rewrite"):
            words = item.values
            if not samples or len(words) < 2 or words[2:3] not in ([], ["last"]) or "://" in words[1]:
                continue
            target = table.of(words[1].partition("$")[0].partition("?")[0])
            # Whether it matches whatever is below the path.
            try:
                matches = all(map(compiled(readable(words[0])).search, samples))
            except BadPattern:
                matches = False
            if matches and target not in (None, location) and not guarded(target or server):
                what = "`rewrite` leaves the location before it is applied"
                if block is not location:
                    what = (
                        f"`if {' '.join(block.values)}` leaves the location by `rewrite` before it is applied"
                    )
                named = f"{rule.name} {rule.value}"
                yield AccessRule(rule.place(), named, what, partial=block is not location)
                return


def _taken_by_expressions(server: Item, table: LocationTable) -> Iterator[AccessRule]:
    """A prefix location's rules do not hold for what an expression takes: /admin/x.php."""
    open_ones = [
        i for i, _ in table.expressions[:_EXPRESSIONS] if passes(i) and not guarded(i) and not refuses(i)
    ]
    for location in server.all("location") if open_ones else ():
        match, rule = match_of(location), restriction(location)
        if rule is None or match.kind != "prefix" or match.path == "/" or match.path.startswith("/."):
            continue
        for other in open_ones:
            path = below(match.path, other)
            if not path or table.of(path) is not other:
                continue
            named = f"{rule.name} {rule.value}"
            if PROGRAM.search(match_of(other).path):
                taken = "a location with a regular expression handles requests below its prefix"
                yield AccessRule(rule.place(), named, taken)
            elif _same_upstream(table, location, other):
                taken = f"`location {' '.join(other.values)}` handles requests such as {path}"
                yield AccessRule(rule.place(), named, taken, partial=True)
            else:
                continue
            break


def _served_by_error_page(table: LocationTable, location: Item) -> Iterator[AccessRule]:
    """`error_page 403 = @app` answers those who were refused with what they asked for."""
    rule = restriction(location)
    if rule is None:
        return
    statuses = ("403",) if rule.name == "deny" else ("401", "403")
    for page in inherited(location, "error_page") or ():
        target = table.by_path.get(page.values[-1]) if page.values else None
        if target is None or not set(statuses) & set(page.values) or guarded(target):
            continue
        if _same_upstream(table, location, target):
            defeat = f"`error_page` redirects refused requests to {page.values[-1]}, which admits them"
            yield AccessRule(rule.place(), f"{rule.name} {rule.value}", defeat)
            return


def _same_upstream(table: LocationTable, location: Item, other: Item) -> bool:
    """Whether both go to one place; a location that goes nowhere would have been the root's."""
    root = table.prefixes.get("/", location)
    here, there = passes(location) or passes(root), passes(other)
    if here is None or there is None:
        return False
    one, two = target_of(here.value), target_of(there.value)
    return (one.host, one.port) == (two.host, two.port)


def _named_addresses(tree: Tree, location: Item) -> Iterator[AccessRule]:
    """An allow-list over a header that every client may write."""
    for condition in () if guarded(location) else location.all("if"):
        text = " ".join(condition.values)
        if not refuses(condition):
            continue
        if _ADDRESS.match(text) or _forged_list(tree, text):
            name = text.lstrip("( ").split()[0].rstrip(")")
            defeat = f"clients set {name} freely" if _ADDRESS.match(text) else _forged_list(tree, text)
            yield AccessRule(condition.place(), "the test of an address", defeat)
        elif _BROWSER.match(text):
            defeat = "clients set User-Agent freely"
            yield AccessRule(condition.place(), "the test of $http_user_agent", defeat, partial=True)
        other = _other_address(text)
        if other:
            defeat = f"the expression also matches {other}"
            yield AccessRule(condition.place(), "the test of $remote_addr", defeat, partial=True)


def _forged_list(tree: Tree, text: str) -> str:
    """Why a list of addresses, by `geo` or `map`, that refuses all others keeps nobody out; "" where it may."""
    found = _TEST.match(text)
    for made in (i for h in tree.http for i in h.all("geo", "map")) if found else ():
        source = made.value if len(made.values) > 1 else ""
        if found is None or made.values[-1:] != [f"${found[1]}"] or not re.fullmatch(_FORGED, source):
            continue
        default = made.first("default")
        value = default.value if default is not None else ""
        holds = (value == (found[3] or "")) is (found[2] == "=") if found[2] else value not in ("", "0")
        if holds:
            return f"`{made.name}` looks at {source}, which clients set freely"
    return ""


def _other_address(text: str) -> str:
    """An address beside those that `$remote_addr !~ …` is meant to let in; "" when the expression is not about one
    address or one network in dots."""
    found = _CLIENTS_ADDRESS.match(text)
    pattern = found[1].strip("\"'") if found else ""
    literal = re.sub(r"[\^$\\]", "", pattern)
    if not re.fullmatch(r"(?:\d{1,3}\.){1,3}\d{0,3}", literal):
        return ""
    rest = ".".join(["0"] * (4 - literal.rstrip(".").count(".") - 1))
    whole = f"{literal.rstrip('.')}.{rest}" if rest else literal
    near = [f"{d}{whole}" for d in "12"] + [f"{whole}{d}" for d in "05"]
    if literal.endswith("."):
        near.append(f"{literal[:-1]}0.{rest}")
    for address in near:
        parts = address.split(".")
        valid = len(parts) == 4 and all(p.isdigit() and int(p) < 256 and str(int(p)) == p for p in parts)
        if valid and not f"{address}.".startswith(f"{literal.rstrip('.')}."):
            try:
                hits = bool(compiled(pattern).search(address))
            except BadPattern:
                hits = False
            if hits:
                return address
    return ""
