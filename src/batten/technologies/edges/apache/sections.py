"""What a server or a section does with a request: match, let in, serve, forward, refuse; in httpd's own order.

Source: "Configuration Sections", "How the sections are merged": <Directory> by length, then <Files>, then
<Location>, each group in file order with the virtual host's own behind the main server's.
"""

from __future__ import annotations

import re

from batten.facts import Content
from batten.model.networks import everybody
from batten.model.record import record
from batten.patterns import BadPattern, compiled
from batten.technologies.edges.apache.rewrites import only_plain, redirects, rules, secure
from batten.technologies.edges.apache.tree import PATHS, REQUIRES, Item, Tree, root_of, written
from batten.technologies.shared.edges.nodes import remembered
from batten.technologies.shared.edges.paths import ASSET
from batten.technologies.shared.transport.upstreams import is_loopback

PASSES = ("proxypass", "proxypassmatch")
_ASSET_FOLDER = re.compile(r"^/(?:images?|imgs?|css|js|fonts?|static|assets|media|favicons?)(?:/|$)")
_EXTENSIONS = re.compile(r"\\\.\(?(?:\?:)?\(?((?:[\w?]+\|)*[\w?]+)\)?\)?\$$")
_ORDER = {"directory": 0, "directorymatch": 0, "files": 1, "filesmatch": 1, "location": 2, "locationmatch": 2}
DULL = re.compile(r"health|ping|status|metrics|favicon|robots|ready|live|static|assets", re.IGNORECASE)


@record
class Match:
    """How a section is chosen: `kind` is prefix, regex, glob (of a file's name) or folder."""

    kind: str
    path: str


def match_of(section: Item) -> Match:
    words = section.values
    expression = section.name.endswith("match") or words[:1] == ["~"]
    text = (words[1] if words[:1] == ["~"] and len(words) > 1 else section.value) or "/"
    if expression:
        return Match("regex", text)
    kind = {"directory": "folder", "files": "glob"}.get(section.name, "prefix")
    return Match(kind, text if text == "/" or kind == "glob" else text.rstrip("/") or "/")


def sections(server: Item) -> list[Item]:
    """The sections that hold for a server, in the order in which they are merged."""
    return remembered(server, "sections", lambda: _merged(server))


def _merged(server: Item) -> list[Item]:
    root = root_of(server)
    own = [*root.all(*_ORDER), *(server.all(*_ORDER) if server is not root else [])]
    return sorted(own, key=_rank)


def _rank(section: Item) -> tuple[int, int]:
    """Folders by their length, expressions behind them; the others in file order."""
    group = _ORDER[section.name]
    if group:
        return group, 0
    match = match_of(section)
    return 0, 9999 if match.kind == "regex" else match.path.count("/") + (match.path != "/")


def locations(server: Item) -> list[Item]:
    return server.all("location", "locationmatch")


def wholes(server: Item) -> list[Item]:
    """The <Location> sections of the server itself that take every request."""
    return remembered(server, "wholes", lambda: [s for s in locations(server) if whole(s)])


def whole(section: Item) -> bool:
    """Whether a section takes every request."""
    match = match_of(section)
    if match.kind == "regex":
        return match.path in ("^/", "/", ".*", "^.*$", "^/.*$", "^")
    return match.path in ("/", "*")


# --- who is let in ---


def restricts(block: Item) -> bool | None:
    """Whether the block's own rules restrict access; None when it has none."""
    found = [_held(i) for i in block.items if i.name == "require" or i.name in REQUIRES]
    held = [h for h in found if h is not None]
    old = _old(block)
    satisfy = block.last("satisfy")
    if held and old is not None and satisfy is not None and satisfy.value.lower() == "any":
        return all(held) and old
    if not held:
        return old
    return all(held) or old is True


def _held(item: Item) -> bool | None:
    """Whether one rule, or a group of them, keeps people out. None: it says nothing of who comes."""
    if item.name == "require":
        return requirement(item.values)
    inside = [
        h
        for h in map(_held, (i for i in item.items if i.name == "require" or i.name in REQUIRES))
        if h is not None
    ]
    match item.name:
        case "requireall":
            return any(inside) if inside else None
        case "requireany":
            return all(inside) if inside else None
        case _:
            return None


def requirement(words: list[str]) -> bool | None:
    lowered = [w.lower() for w in words]
    if lowered[:1] in (["method"], ["not"]) or not words:
        return None
    if lowered[:2] == ["all", "granted"]:
        return False
    return not (lowered[0] == "ip" and everybody(words))


def _old(block: Item) -> bool | None:
    """mod_access_compat: `Order` says what holds for whom no line names."""
    order = block.last("order")
    allow = any(i.values[1:2] and i.values[1].lower() == "all" for i in block.all("allow"))
    deny = any(i.values[1:2] and i.values[1].lower() == "all" for i in block.all("deny"))
    if order is None and not block.all("allow", "deny"):
        return None
    if order is not None and order.value.lower().replace(" ", "") in ("allow,deny", "mutual-failure"):
        return deny or not allow
    return deny and not allow


def logs_in(block: Item) -> bool:
    """Whether the block's own rules require a user."""
    rules_here = (i for i in block.walk() if i.name == "require")
    return any(
        i.value.lower() in ("valid-user", "user", "group", "claim")
        or i.value.lower().startswith(("ldap-", "dbm-", "dbd-"))
        for i in rules_here
    )


def guarding(server: Item, path: str) -> Item | None:
    """The section whose rules hold for a path in the end, as far as paths of URLs tell: the last one."""
    found = None
    for section in sections(server):
        if section.name.startswith("location") and covers(section, path) and restricts(section) is not None:
            found = section
    return found


def covers(section: Item, path: str) -> bool:
    """Whether the section holds for all below a path of a URL."""
    match = match_of(section)
    if match.kind == "regex":
        try:
            return compiled(match.path).search(path) is True
        except BadPattern:
            return False
    return whole(section) or path == match.path or path.startswith(match.path + "/")


def guarded(server: Item, section: Item) -> bool:
    """Whether clients must be from listed addresses, or must log in. True also when it cannot be told."""
    own = restricts(section)
    if own is not None:
        # mod_authz_core, AuthMerging: Off, where a section's rules take the place of those around it, unless it is
        # written.
        how = section.last("authmerging")
        if how is None or how.value.lower() not in ("and", "or"):
            return own
        others = [s for s in sections(server) if s is not section and s.name.startswith("location")]
        around = [r for s in others if covers(s, match_of(section).path) and (r := restricts(s)) is not None]
        if not around:
            return own
        return own or around[-1] if how.value.lower() == "and" else own and around[-1]
    # Whether a <Limit> or <LimitExcept> holds for GET.
    if any(
        restricts(b)
        for b in section.all("limit", "limitexcept")
        if ("GET" in b.values) is (b.name == "limit")
    ):
        return True
    if any(section.hides(n) for n in ("require", "deny")):
        return True
    if section.name.startswith("location"):
        outer = guarding(server, match_of(section).path)
        if outer is not None:
            return bool(restricts(outer))
    unsure = any(root_of(server).hides(n) for n in ("require", "location"))
    return unsure or any(restricts(b) for b in section.around())


def authenticated(server: Item) -> bool:
    """Whether every request to the server must log in."""
    return remembered(
        server,
        "authenticated",
        lambda: any(logs_in(i) for i in sections(server) if i.name.startswith("location") and whole(i)),
    )


def refuses(block: Item) -> bool:
    """Whether the block refuses all clients."""
    if any(r.takes("/", "/a/b.c") and 400 <= r.status < 500 for r in redirects(block)):
        return True
    if any(not r.conditions and r.takes("/a/b.c") and 400 <= r.status < 500 for r in rules(block)):
        return True
    if block.name in PATHS:
        return denied(block)
    whole_sections = [i for i in locations(block) if whole(i)]
    return any(denied(i) for i in whole_sections) and len(locations(block)) == len(whole_sections)


def denied(section: Item) -> bool:
    """`Require all denied`, or its older form, and no rule that allows a client."""
    found = [i for i in section.items if i.name == "require" or i.name in REQUIRES]
    if found:
        return all([v.lower() for v in i.values[:2]] == ["all", "denied"] for i in found)
    return bool(_old(section)) and not section.all("allow")


# --- what is answered ---


def only_redirects(server: Item) -> bool | None:
    """Whether every plain request is answered by a redirect to https. None: it cannot be told."""
    names = names_of(server)
    unsure = any(server.hides(n) for n in ("redirect", "rewriterule", "virtualhost"))
    for rule in rules(server):
        if secure(rule.target) and rule.takes("/a/b.c"):
            found = only_plain(rule, names)
            if found:
                return True
            unsure = True
    to_tls = [r for r in redirects(server) if secure(r.target) and 300 <= r.status < 400]
    if any(r.takes("/a/b.c") for r in to_tls):
        return not server.all(*PASSES)
    everywhere = [*filter(whole, locations(server)), *(i for i in server.all("if") if "HTTPS" in i.value)]
    if any(secure(r.target) for block in everywhere for r in redirects(block)):
        return True
    if _managed(server, names) or any(
        b.all("sslrequiressl") for b in (server, *filter(whole, locations(server)))
    ):
        return True
    return None if unsure else False


def _managed(server: Item, names: tuple[str, ...]) -> bool:
    """Whether mod_md redirects plain requests for all the names. Source: mod_md, MDRequireHttps"""
    root = root_of(server)
    asked = [i for b in (server, root) for i in b.all("mdrequirehttps")]
    domains = {v.lower() for i in root.all("mdomain", "mdmember", "mdmembers") for v in i.values}
    domains |= {i.value.lower() for i in root.all("mdomainset")}
    wanted = any(i.value.lower() in ("temporary", "permanent") for i in asked)
    return wanted and bool(names) and all(n.lower() in domains for n in names)


def passes(block: Item) -> list[Item]:
    """The directives that forward requests of a server or a section, `ProxyPass /x !` left out."""
    return [
        i
        for i in block.items
        if i.name in PASSES and i.values and i.values[-1] != "!" and "!" not in i.values[1:2]
    ]


def pass_of(item: Item) -> tuple[str, str]:
    """Path (or expression) and URL of a ProxyPass; in a section the path is the section's."""
    if item.up is not None and item.up.name in PATHS:
        return match_of(item.up).path, item.value
    return item.value, item.values[1] if len(item.values) > 1 else ""


def forwards_all(server: Item) -> bool:
    """Whether nothing of the web root is served: every request goes on."""
    here = [*passes(server), *(p for i in locations(server) for p in passes(i))]
    if any(pass_of(i)[0] in ("/", "^/", "^/(.*)$", "^(/.*)$", "^(.*)$", "^(/.*)", ".*") for i in here):
        return True
    return any(r.proxies and not r.conditions and r.takes("/a/b.c") for r in rules(server))


def content_of(block: Item) -> Content:
    """What the answers of a server or section are, as far as its directives tell."""
    match = match_of(block)
    if block.name in PATHS and match.kind == "regex" and only_assets(match.path):
        return Content.ASSET
    if block.name == "location" and _ASSET_FOLDER.match(match.path):
        return Content.ASSET
    if block.name in ("", "virtualhost") and block.first("documentroot") and not forwards_all(block):
        return Content.PAGE
    return Content.UNKNOWN


def only_assets(pattern: str) -> bool:
    """Whether an expression lets nothing but images, styles, scripts, fonts … through."""
    found = _EXTENSIONS.search(pattern)
    return found is not None and all(ASSET.fullmatch(w.replace("?", "")) for w in found[1].split("|"))


def names_of(server: Item) -> tuple[str, ...]:
    """Host names the server answers to; empty for any."""
    named = [i.value for i in server.all("servername")]
    aliases = [v for i in server.all("serveralias") for v in i.values]
    return tuple(_host(n) for n in (*named, *aliases))


def _host(name: str) -> str:
    return re.sub(r"^\w+://|:\d+$", "", name)


def private(tree: Tree, server: Item) -> bool:
    """Whether it listens on loopback only."""
    from_hosts = [v.rpartition(":")[0] or v for v in server.values] if server.name == "virtualhost" else []
    if from_hosts and all(is_loopback(a) for a in from_hosts):
        return True
    listens = [i.value for i in tree.root.all("listen")]
    return bool(listens) and all(":" in v and is_loopback(v.rpartition(":")[0]) for v in listens)


def on(server: Item, name: str) -> bool:
    found = written(server, name)
    return found is not None and found.value.lower() == "on"
