"""What a server or a location does with a request: match, serve, forward, redirect, refuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from batten.facts import Content, of_all
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.edges.nginx.tree import Tree, inherited
from batten.technologies.shared.edges.nodes import Item, once, remembered
from batten.technologies.shared.edges.paths import ASSET
from batten.technologies.shared.transport.upstreams import is_loopback

PASSES = ("proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass")
# What is behind another `proxy_pass` is not known here. PHP behind FastCGI may make pages.
_BEHIND = {"grpc_pass": Content.API, "fastcgi_pass": Content.PAGE}
GUARDS = ("auth_basic", "auth_request", "auth_jwt", "auth_oidc", "auth_require")
# Programs and other modules that decide about access; how names begin.
_JUDGES = (
    "access_by_lua", "rewrite_by_lua", "js_access", "auth_ldap", "auth_pam", "auth_gss", "auth_digest", "auth_spnego",
    "eval_", "modsecurity_rules",
)  # fmt: skip
_ASSET_FOLDER = re.compile(r"^/(?:images?|imgs?|css|js|fonts?|static|assets|media|favicons?)(?:/|$)")
_EXTENSIONS = re.compile(r"\\?\.\(?(?:\?:)?\(?((?:[\w?\[\]]+\|)*[\w?\[\]]+)\)?\)?\$")
# What answers in a module's own way, from no file: ngx_http_stub_status_module and its like.
_HANDLERS = frozenset(
    (
        "stub_status",
        "empty_gif",
        "api",
        "status",
        "perl",
        "js_content",
        "content_by_lua_block",
        "content_by_lua_file",
    )
)
_ACME = re.compile(r"^/\.well-known(?:/|$)")
# What makes a value differ between plain and TLS requests.
_PLAIN_TEST = re.compile(
    r"^\(?\s*\$(?:scheme\s*=\s*[\"']?http[\"']?|scheme\s*!=\s*[\"']?https[\"']?|https\s*(?:=\s*[\"']{2}|!=\s*[\"']?on[\"']?)"
    r"|ssl_protocol\s*=\s*[\"']{2}|server_port\s*=\s*[\"']?80[\"']?)\s*\)?$"
)
DULL = re.compile(r"health|ping|status|metrics|favicon|robots|ready|live|static|assets", re.IGNORECASE)
_HOST_TEST = re.compile(r"^\(?\s*\$(?:host|http_host)\s*!?[=~]")


@record
class Match:
    """How a location is chosen: `kind` is prefix, exact, regex or named."""

    kind: str
    path: str
    modifier: str = ""


@once
def match_of(location: Item) -> Match:
    words = location.values
    first = words[0] if words else "/"
    if len(words) > 1:
        modifier, path = first, words[1]
    else:
        glued = re.match(r"(=|~\*|~|\^~)(.+)$", first, re.DOTALL)
        modifier, path = (glued[1], glued[2]) if glued else ("", first)
    if path.startswith("@"):
        return Match("named", path)
    kind = {"=": "exact", "~": "regex", "~*": "regex"}.get(modifier, "prefix")
    return Match(kind, path, modifier)


@once
def locations(server: Item) -> list[Item]:
    """Every location of a server, nested ones too."""
    return [i for i in server.below("location") if i.directive.body is not None]


@record
class Return:
    status: int  # 0: not known
    target: str
    item: Item


@once
def returned(block: Item) -> Return | None:
    """The answer that a block gives to every request, in the rewrite phase: `return`, or a `rewrite`
    of everything to another site."""
    for item in block.all("return", "rewrite"):
        if item.name == "return" and item.values:
            words = item.values
            if words[0].isdigit():
                return Return(int(words[0]), words[1] if len(words) > 1 else "", item)
            return Return(302 if "://" in words[0] or "$" in words[0] else 0, words[0], item)
        if (
            item.name == "rewrite"
            and len(item.values) > 1
            and item.value in ("^", ".*", "^.*", "^.*$", "^(.*)$")
        ):
            target = item.values[1]
            permanent = item.values[2:] == ["permanent"]
            if target.startswith(("http://", "https://", "$scheme")) or item.values[2:] in (
                ["permanent"],
                ["redirect"],
            ):
                return Return(301 if permanent else 302, target, item)
    return None


@once
def refuses(block: Item) -> bool:
    """Whether the block answers no client from outside: 4xx, 444, `deny all` without an exception, `internal`."""
    answer = returned(block)
    if answer is not None:
        return 400 <= answer.status < 500
    if internal(block):
        return True
    rules = _own_rules(block) if block.name == "if" else rules_of(block) or []
    if rules and rules[0].name == "deny" and rules[0].value == "all":
        excepted = block.name == "server" and bool(block.below("allow", "satisfy"))
        return not excepted and not (_satisfied_by_any(block) and authenticated(block))
    return (
        block.first("ssl_reject_handshake") is not None
        and block.name == "server"
        and (block.first("ssl_reject_handshake") or block).value == "on"
    )


@once
def internal(block: Item) -> bool:
    """Whether only nginx itself leads requests there (`error_page`, `try_files`, X-Accel-Redirect); what is nested
    in such a location is internal, too. Source: ngx_http_core_module, internal."""
    return any(i.name == "location" and i.first("internal") is not None for i in block.around())


def is_acme(location: Item) -> bool:
    return bool(_ACME.match(match_of(location).path.lstrip("^")))


@once
def redirects(block: Item) -> bool:
    """Whether the answer is a redirect to https."""
    answer = returned(block)
    return (
        answer is not None
        and answer.status in (301, 302, 303, 307, 308)
        and answer.target.lower().startswith("https://")
    )


@once
def only_redirects_or_refuses(server: Item) -> bool | None:
    """Whether no plain request gets content from this server. None: an unread include may tell."""
    conditions = [i for i in server.all("if") if i.items]
    for condition in conditions:
        if redirects(condition) and _PLAIN_TEST.match(" ".join(condition.values)):
            return True
    if any(not (redirects(i) or refuses(i)) for i in conditions if returned(i)):
        return False
    if any(redirects(i) and _asks_own_variable(server, i) for i in conditions):
        return None  # what it leaves out is for the lines that set the variable to say
    answer = returned(server)
    if answer is not None:
        if answer.target.startswith("$"):
            return None
        return redirects(server) or 400 <= answer.status < 500
    everything = False
    for location in server.all("location"):
        match = match_of(location)
        if match.kind == "named" or is_acme(location) or location.first("internal"):
            continue
        if not (redirects(location) or refuses(location)):
            answer = returned(location)
            unknown = location.hides("return") or (answer is not None and answer.target.startswith("$"))
            return None if unknown else False
        everything = everything or match.path in ("/", ".*", "^", "^/", "^.*$")
    if everything:
        return True
    return None if server.hides("return") else False


def _asks_own_variable(server: Item, condition: Item) -> bool:
    """Whether an `if` compares a variable that the server itself sets."""
    found = re.match(r"\(?\$\{?(\w+)", " ".join(condition.values))
    return found is not None and any(i.values[:1] == [f"${found[1]}"] for i in server.all("set"))


@once
def silent(block: Item) -> int:
    """The status of a block whose every answer carries nothing to render: a redirect, 204, 444. 0: no."""
    answer = returned(block)
    if answer is not None and (answer.status in (204, 304, 444) or 300 <= answer.status < 400):
        return answer.status
    return 0


@once
def passes(block: Item) -> Item | None:
    """The directive that forwards the block's requests, its `if` and `limit_except` blocks included."""
    for around in (block, *block.all("if", "limit_except")):
        for item in around.all(*PASSES):
            if item.values:
                return item
    return None


@once
def serves_files(location: Item) -> bool:
    handled = location.first(*_HANDLERS) is not None
    return not handled and passes(location) is None and returned(location) is None and not refuses(location)


@once
def content_of(block: Item) -> Content:
    """What the answers of a server or location are, as far as its directives tell."""
    if block.name in ("if", "limit_except") and block.up is not None:
        return content_of(block.up)
    if block.name == "location":
        return _content_of_location(block)
    kinds = {
        _content_of_location(i)
        for i in locations(block)
        if match_of(i).kind != "named" and not (refuses(i) and match_of(i).kind == "regex")
    }
    kinds -= {Content.ASSET}
    if not kinds:
        return Content.PAGE if block.first("root") and block.first("index") else Content.UNKNOWN
    return of_all(kinds)


def _content_of_location(location: Item) -> Content:
    match = match_of(location)
    forward = passes(location)
    if match.kind == "regex" and only_assets(match.path):
        return Content.ASSET
    if forward is not None:
        return _BEHIND.get(forward.name, Content.UNKNOWN)
    if _ASSET_FOLDER.match(match.path) and match.kind != "regex":
        return Content.ASSET
    answer = returned(location)
    if answer is not None:
        return Content.API if answer.target.lstrip().startswith(("{", "[")) else Content.UNKNOWN
    files = location.first("try_files")
    pages = files is not None and any(v.endswith((".html", ".htm")) for v in files.values)
    index = inherited(location, "index") or []
    if pages or any(v.endswith((".html", ".htm")) for i in index for v in i.values):
        return Content.PAGE
    return Content.UNKNOWN


def only_assets(pattern: str) -> bool:
    """Whether a location's expression lets nothing but images, styles, scripts, fonts … through."""
    found = _EXTENSIONS.search(pattern)
    if found is None or not pattern.endswith("$"):
        return False
    return all(_asset(word) for word in found[1].split("|"))


def _asset(word: str) -> bool:
    """An ending; `jpe?g` is good when both of its readings are."""
    shorter = re.sub(r"[\w\]]\?", "", word)
    return bool(ASSET.fullmatch(word.replace("?", "")) and ASSET.fullmatch(shorter))


@once
def guarded(block: Item) -> bool:
    """Whether clients must be from listed addresses, or must log in, as far as nginx checks it.
    True also when an unread include may say so."""
    rules = rules_of(block)
    logins = [inherited(block, name) for name in GUARDS]
    if rules is None or None in logins or inherited(block, "satisfy") is None:
        return True
    if any(map(_judged, block.around())):
        return True  # a program or another module decides
    return restricted(block)


@once
def _judged(block: Item) -> bool:
    return any(name.startswith(_JUDGES) for name in block.spelled())


@once
def restricted(block: Item) -> bool:
    """Whether clients must be from listed addresses, or must log in, as far as it is written here. Of the rules the
    first that matches decides; with `satisfy any` an address that they allow needs no login, and one that none of them
    is about needs it. Sources: ngx_http_access_module; ngx_http_core_module, satisfy."""
    # Whether `limit_except` restricts GET, too.
    if internal(block) or any(("GET" not in i.values and restricted(i)) for i in block.all("limit_except")):
        return True
    rules = rules_of(block) or []
    last = next((i.name for i in rules if i.value == "all"), "")
    # All addresses of IPv4, allowed before anything is denied, are as `allow all`.
    first_deny = next((n for n, i in enumerate(rules) if i.name == "deny"), len(rules))
    if ":" not in (everybody(i.value for i in rules[:first_deny]) or ":"):
        last = "allow"
    if _satisfied_by_any(block) and last == "allow":
        return False
    return authenticated(block) or last == "deny"


def _satisfied_by_any(block: Item) -> bool:
    found = inherited(block, "satisfy")
    return bool(found) and found is not None and found[-1].value == "any"


def rules_of(block: Item) -> list[Item] | None:
    """The allow and deny directives in force, in order; None when an unread include may hold them."""
    for around in block.around():
        own = _own_rules(around)
        if own:
            return own
        if around.hides("allow"):
            return None
        if around.name == "http":
            break
    return []


def _own_rules(block: Item) -> list[Item]:
    return block.all("allow", "deny")


@once
def authenticated(block: Item) -> bool:
    """Whether clients must log in there."""
    return any((found := inherited(block, n)) and found[-1].value not in ("off", "") for n in GUARDS)


@once
def private(server: Item) -> bool:
    """Whether it listens on loopback or a socket only."""
    addresses = [_address(i.value) for i in server.all("listen")]
    return bool(addresses) and all(is_loopback(a) for a in addresses)


def _address(listen: str) -> str:
    if listen.startswith(("unix:", "[")):
        return listen.partition("]")[0] + "]" if listen.startswith("[") else listen
    return listen.rpartition(":")[0] or ("" if listen.isdigit() else listen)


def host_test(condition: Item) -> bool:
    return bool(_HOST_TEST.match(" ".join(condition.values)))


def variables(tree: Tree, scope: Item, name: str) -> list[str] | None:
    """Every text that `set` or `map` may give a user's variable in a scope; None: not set by either."""
    found = values_of(tree, scope, name)
    if found is None:
        return None
    return list(dict.fromkeys(i.values[1] if i.name == "set" else i.value for i in found))


def values_of(tree: Tree, scope: Item, name: str) -> list[Item] | None:
    """The `set` directives, or the lines of a `map`, that give a user's variable its value; None: neither does."""
    found = [
        item
        for around in scope.around()
        for item in remembered(around, "sets", partial(_by_variable, around)).get(f"${name}", ())
    ]
    if found:
        return found
    for http in tree.http:
        made = remembered(http, "maps", partial(_maps, http)).get(f"${name}")
        if made is not None:
            return [i for i in made.items if i.name not in ("hostnames", "volatile") and i.values]
    return None


def _by_variable(block: Item) -> dict[str, list[Item]]:
    """The `set` directives of a block by their variable."""
    found: dict[str, list[Item]] = {}
    for item in _sets(block):
        if len(item.values) > 1:
            found.setdefault(item.value, []).append(item)
    return found


def _maps(http: Item) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for made in http.all("map"):
        if len(made.values) > 1:
            found.setdefault(made.values[1], made)
    return found


def _sets(block: Item) -> Iterator[Item]:
    for item in block.all("set", "if"):
        if item.name == "set":
            yield item
        else:
            yield from item.all("set")
