"""Access rules that do nothing, and ways around those that do. Each was tried on httpd 2.4."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessRule, Content
from batten.model.networks import everybody
from batten.technologies.edges.apache.rewrites import redirects, secure
from batten.technologies.edges.apache.sections import (
    content_of,
    denied,
    logs_in,
    match_of,
    passes,
    private,
    requirement,
    restricts,
    sections,
    whole,
)
from batten.technologies.edges.apache.tree import PATHS, REQUIRES, Item, Tree, inherited

_CLIENT = re.compile(
    r"SSL_CLIENT_|ssl-verify-client|SSLRequire|SSLFakeBasicAuth|FakeBasicAuth|StdEnvVars|ExportCertData"
)
_SPOOFED = ("referer", "user-agent", "x-forwarded-for", "x-real-ip", "x-client-ip")
_READS = ("GET", "POST")


def bypasses(tree: Tree) -> Iterator[AccessRule]:
    for block in (tree.root, *(i for i in tree.root.walk() if i.section)):
        if block.name in PATHS or block.name in ("", "virtualhost", "requireany"):
            yield from _any_of(block)
            yield from _order(block)
            yield from _named_verbs(block)
            yield from _login(block)
            yield from _spoofed(block)
    for server in tree.servers:
        if private(tree, server):
            continue
        # Optional certificates are asked for, and then somebody has to look.
        found = inherited(server, "sslverifyclient")
        if isinstance(found, Item) and found.value.lower() in ("optional", "optional_no_ca"):
            words = [v for i in (*server.walk(), *tree.root.items) for v in (i.directive.name, *i.values)]
            demands = any(i.name == "sslverifyclient" and i.value.lower() == "require" for i in server.walk())
            if (
                not demands
                and not server.unread
                and not any(_CLIENT.search(w) or w == "sslrequire" for w in words)
            ):
                defeat = "SSL_CLIENT_VERIFY is never checked, so clients without a certificate are admitted"
                yield AccessRule(found.place(), f"`SSLVerifyClient {found.value}`", defeat)
        # mod_proxy takes a request before mod_alias is asked.
        for redirect in redirects(server):
            if (
                redirect.takes("/a/b.c")
                and secure(redirect.target)
                and any(i.value == "/" for i in passes(server))
            ):
                yield AccessRule(
                    redirect.item.place(),
                    "the redirect to HTTPS",
                    "`ProxyPass` handles every request before it",
                )
        yield from _opened_again(server)
    yield from _forged_addresses(tree)


def _any_of(block: Item) -> Iterator[AccessRule]:
    """mod_authz_core: rules side by side are alternatives, so `Require all granted` lets everybody in."""
    found = [i for i in block.items if i.name == "require" or i.name in REQUIRES]
    opened = any(i.name == "require" and requirement(i.values) is False for i in found)
    strict = next((i for i in found if i.name == "require" and requirement(i.values) is True), None)
    if opened and strict is not None and not (denied_by(strict)):
        yield AccessRule(
            strict.place(),
            f"`Require {' '.join(strict.values[:2])}`",
            "`Require all granted` beside it admits all clients",
        )
    elif strict is not None and block.name != "requireany":
        yield AccessRule(strict.place(), f"`Require {strict.value}`")


def denied_by(item: Item) -> bool:
    return [v.lower() for v in item.values[:2]] == ["all", "denied"]


def _order(block: Item) -> Iterator[AccessRule]:
    """mod_access_compat: with `Order deny,allow` those whom no line names get in."""
    order = block.last("order")
    allows = block.all("allow")
    narrow = [i for i in allows if i.values[1:2] and i.values[1].lower() not in ("all",)]
    if order is None or not narrow or len(narrow) < len(allows) or block.all("deny") or block.hides("deny"):
        return
    if order.value.lower().replace(" ", "") == "deny,allow" and not restricts(block):
        yield AccessRule(
            narrow[0].place(), f"`Allow from {narrow[0].values[1]}`", "no rule denies the other addresses"
        )


def _named_verbs(block: Item) -> Iterator[AccessRule]:
    """<Limit GET POST> holds for these verbs; the others meet no rule at all."""
    for limit in block.all("limit"):
        verbs = {v.upper() for v in limit.values}
        if (
            verbs & set(_READS)
            and restricts(limit)
            and not restricts(block)
            and not any(denied(i) or restricts(i) for i in block.all("limitexcept"))
        ):
            defeat = "other verbs, such as OPTIONS, PUT or DELETE, are not restricted"
            yield AccessRule(limit.place(), f"`<Limit {' '.join(limit.values)}>`", defeat)


def _login(block: Item) -> Iterator[AccessRule]:
    """A login that is set up, and that no `Require` demands."""
    kind = block.last("authtype")
    if kind is None or kind.value.lower() not in ("basic", "digest", "form") or block.name not in PATHS:
        return
    inner = [i for i in block.walk() if i.section]
    unsure = block.hides("require") or any(logs_in(i) for i in inner)
    demanded = logs_in(block) or any(
        i.name in ("require", *REQUIRES) and requirement(i.values) for i in block.items
    )
    satisfy = block.last("satisfy")
    opened = satisfy is not None and satisfy.value.lower() == "any" and restricts_by_address(block) is False
    if opened and logs_in(block):
        yield AccessRule(
            kind.place(), "the login", "`Satisfy any` with `Allow from all` admits clients without it"
        )
    elif not demanded and not unsure and _below(block) is False:
        yield AccessRule(kind.place(), "the login", "no `Require valid-user` enforces it")


def restricts_by_address(block: Item) -> bool | None:
    names = [i for i in block.items if i.name in ("allow", "deny")]
    if not names:
        return None
    return not any(i.name == "allow" and [v.lower() for v in i.values[:2]] == ["from", "all"] for i in names)


def _below(block: Item) -> bool:
    """Whether a section of the same place, or below it, demands a user."""
    scope = next((b for b in block.around() if b.name in ("virtualhost", "")), block)
    path = match_of(block).path.rstrip("/")
    others = (s for s in sections(scope) if s is not block and s.name[:4] == block.name[:4])
    return any(logs_in(s) and (match_of(s).kind == "regex" or s.value.startswith(path)) for s in others)


def _spoofed(block: Item) -> Iterator[AccessRule]:
    """`Require env ok`, where a header that every client writes sets `ok`. For images it is good enough."""
    if content_of(block) is Content.ASSET or block.name in ("filesmatch", "files"):
        return
    for item in block.items:
        words = [v.lower() for v in item.values]
        name = item.values[1] if words[:1] == ["env"] and len(words) > 1 else ""
        if item.name == "allow" and len(words) > 1 and words[1].startswith("env="):
            name = item.values[1][4:]
        header = _header_of(item, name) if name and not name.startswith("!") else ""
        if header:
            yield AccessRule(
                item.place(), f"`{item.name.capitalize()} … {name}`", f"clients set {header} freely"
            )


def _header_of(item: Item, name: str) -> str:
    for block in item.around():
        for made in block.all("setenvif", "setenvifnocase"):
            named = any(v.partition("=")[0] == name for v in made.values[2:])
            if named and made.value.lower() in _SPOOFED:
                return made.value
        for made in block.all("browsermatch", "browsermatchnocase"):  # mod_setenvif: SetEnvIf User-Agent
            if any(v.partition("=")[0] == name for v in made.values[1:]):
                return "User-Agent"
    return ""


def _opened_again(server: Item) -> Iterator[AccessRule]:
    """<Location> is merged behind <Directory> and <Files>: what it grants they cannot refuse. Of two <Location> sections
    the one that is written later decides, whichever path is longer."""
    opened: set[str] = set()  # paths of the sections behind the one that is looked at
    for section in reversed(sections(server)):
        location = section.name.startswith("location")
        if location and (
            any(i.name == "require" and requirement(i.values) is False for i in section.items)
            and not restricts(section)
        ):
            match = match_of(section)
            opened.add("/" if whole(section) else match.path.rstrip("/") if match.kind == "prefix" else "")
        elif (
            opened
            and restricts(section) is True
            and (location or not (section.name == "directory" and match_of(section).path == "/"))
        ):
            defeat = _opener(section, opened) if location else _LATER if "/" in opened else ""
            if defeat:
                rule = f"`<{section.name.capitalize().replace('match', 'Match')} {section.value}>`"
                yield AccessRule(section.block(), rule, defeat)


_LATER = "`Require all granted` of a <Location> is applied after it"


def _opener(section: Item, opened: set[str]) -> str:
    """Whether every request for a section's path is one for a section behind it, too; "" when not."""
    match = match_of(section)
    path = match.path.rstrip("/") if match.kind == "prefix" else ""
    above = (path[:n] for n, sign in enumerate(f"{path}/") if sign == "/" and n)
    taken = "/" in opened or any(outer in opened for outer in above)
    return "`Require all granted` of a later <Location> replaces it" if taken else ""


def _forged_addresses(tree: Tree) -> Iterator[AccessRule]:
    """mod_remoteip without a list of proxies believes whoever sends the header."""
    lists = (
        "remoteipinternalproxy",
        "remoteiptrustedproxy",
        "remoteipinternalproxylist",
        "remoteiptrustedproxylist",
    )
    for item in tree.root.walk():
        if item.name != "remoteipheader" or item.up is None:
            continue
        trusted = [i for b in item.around() for i in b.all(*lists)]
        wide = bool(everybody(v for i in trusted for v in i.values))
        rule = next((i for i in tree.root.walk() if _by_address(i)), None)
        if rule is not None and (not trusted or wide) and not any(b.unread for b in item.around()):
            defeat = "without a list of proxies every client can set the address that it checks"
            yield AccessRule(item.place(), f"`{rule.name.capitalize()} {' '.join(rule.values[:1])}`", defeat)


def _by_address(item: Item) -> bool:
    words = [v.lower() for v in item.values]
    if item.name == "require":
        return words[:1] == ["ip"] and bool(requirement(item.values))
    return item.name == "allow" and len(words) > 1 and bool(re.match(r"[\d.:a-f]+(?:/|$)", words[1]))
