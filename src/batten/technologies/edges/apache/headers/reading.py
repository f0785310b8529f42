"""What httpd adds to answers, server by server and section by section.

mod_headers keeps two tables: what `always` writes is sent with every answer, the rest with those that are no
error of httpd's own. Both are merged from the server into its sections, so nothing is lost on the way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from batten.facts import Banner, Cookie, ResponseHeaders, SentHeader
from batten.model import UNKNOWN, Setting, Unknown
from batten.model.record import record
from batten.technologies.edges.apache.rewrites import rules
from batten.technologies.edges.apache.sections import (
    authenticated,
    content_of,
    forwards_all,
    logs_in,
    match_of,
    only_redirects,
    refuses,
    sections,
    whole,
)
from batten.technologies.edges.apache.tls.listeners import over_tls
from batten.technologies.edges.apache.tree import RUNTIME, Item, Tree, root_of, setting, varies, written
from batten.technologies.shared.edges.headers import (
    PRODUCTS,
    HeaderChange,
    cookie_of,
    fold,
    joined,
    unknown_headers,
)
from batten.technologies.shared.edges.nodes import remembered

_ACTIONS = {
    "set": "set",
    "add": "add",
    "append": "add",
    "merge": "add",
    "setifempty": "default",
    "unset": "remove",
}
_FORMAT = re.compile(r"%[^%]")


@record
class Line:
    """The parts of a `Header` directive. `test` is what stands behind the value: env=…, expr=…, early."""

    item: Item
    always: bool
    action: str
    name: str
    value: str
    test: str
    index: int  # of the value among the arguments


def line_of(item: Item) -> Line | None:
    words = item.values
    start = 1 if words and words[0].lower() in ("always", "onsuccess") else 0
    if len(words) < start + 2:
        return None
    always = start == 1 and words[0].lower() == "always"
    action, name = words[start].lower(), words[start + 1]
    rest = words[start + 2 :]
    if action in ("unset", "echo", "note"):
        return Line(item, always, action, name, "", rest[-1] if rest else "", start + 2)
    skip = 2 if action.startswith("edit") else 1
    test = rest[skip] if len(rest) > skip else ""
    return Line(
        item, always, action, name, rest[skip - 1] if len(rest) >= skip else "", test, start + 1 + skip
    )


def lines(block: Item) -> list[tuple[Line, bool]]:
    """The header lines of one block, and whether a request decides about them."""
    return remembered(block, "headers", lambda: list(_lines(block)))


def _lines(block: Item) -> Iterator[tuple[Line, bool]]:
    for item in block.all("header", *RUNTIME, "limit", "limitexcept"):
        if item.name == "header" and (line := line_of(item)) is not None:
            yield line, False
        elif item.name in RUNTIME or item.name in ("limit", "limitexcept"):
            for inner in item.walk():
                if inner.name == "header" and (line := line_of(inner)) is not None:
                    yield line, True


def changes(blocks: Iterable[Item], always: bool) -> Iterator[HeaderChange]:
    for block in blocks:
        if not always:
            # mod_expires adds `max-age` to Cache-Control: to every answer, or to those of a media type.
            active = written(block, "expiresactive")
            if active is not None and active.value.lower() == "on":
                default = block.last("expiresdefault")
                if default is not None:
                    seconds = period(" ".join(default.values))
                    value = Setting(UNKNOWN if seconds is None else f"max-age={seconds}", default.place())
                    yield HeaderChange("add", "Cache-Control", value, on_errors=False)
                for item in block.all("expiresbytype"):
                    yield HeaderChange(
                        "add",
                        "Cache-Control",
                        Setting(UNKNOWN, item.place()),
                        on_errors=False,
                        conditional=True,
                    )
        for line, unsure in lines(block):
            if line.always is not always:
                continue
            at = line.item.place()
            conditional = unsure or bool(line.test)
            action = _ACTIONS.get(line.action)
            if line.action.startswith("edit") and line.name.lower() != "set-cookie":
                yield HeaderChange("set", line.name, Setting(UNKNOWN, at), conditional=True)
            elif action is not None:
                yield HeaderChange(action, line.name, Setting(value_of(line), at), always, conditional)


_PERIOD = re.compile(r"(\d{1,9})\s+(year|month|week|day|hour|minute|second)s?")
_SECONDS = {
    "year": 31_536_000,
    "month": 2_592_000,
    "week": 604_800,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}


def period(text: str) -> int | None:
    """Seconds of `access plus 1 month 2 days` or `A3600`; None for what counts from a file's change."""
    plain = text.lower().strip("\"'")
    short = re.fullmatch(r"a(\d{1,9})", plain)
    if short:
        return int(short[1])
    if not plain.startswith(("access", "now")):
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in _PERIOD.findall(plain))


def value_of(line: Line) -> str | Unknown:
    """The literal value; UNKNOWN where a variable or an expression makes it."""
    return UNKNOWN if dynamic(line.value) else line.value.replace("%%", "%")


def dynamic(text: str) -> bool:
    return varies(text) or text.startswith("expr=") or bool(_FORMAT.search(text.replace("%%", "")))


def sent(tree: Tree, blocks: list[Item]) -> dict[str, SentHeader]:
    """What the blocks send together, in the order in which they are merged."""
    # <If> sections are folded in as conditions; they hide nothing more.
    unread = any(
        b.hides("header") for b in blocks if any(p is None or "header$".startswith(p) for p in b.unread)
    )
    before = unknown_headers(blocks[-1].block()) if unread else {}
    if tree.modules is not None and "headers" not in tree.modules:
        return before
    success = fold(changes(blocks, always=False), before)
    always = fold(changes(blocks, always=True), before)
    both = dict(success)
    for name, header in always.items():
        twin = both.get(name)
        same = twin is None or twin.value.value == header.value.value
        both[name] = header if same or twin is None else SentHeader(joined(twin, header).value, True)
    return both


def blocks_of(server: Item) -> list[Item]:
    """The blocks whose headers every answer of a server has: its own, and sections that take all."""
    return remembered(server, "blocks", lambda: _blocks_of(server))


def _blocks_of(server: Item) -> list[Item]:
    root = root_of(server)
    folders = not forwards_all(server)
    every = [s for s in sections(server) if whole(s) or (folders and _is_root(server, s))]
    proxies = [
        p for b in {id(root): root, id(server): server}.values() for p in b.all("proxy") if p.value == "*"
    ]
    return [root, *([server] if server is not root else []), *proxies, *every]


def _is_root(server: Item, section: Item) -> bool:
    folder = written(server, "documentroot")
    return (
        section.name == "directory"
        and folder is not None
        and folder.value.rstrip("/") == section.value.rstrip("/")
    )


def chain(server: Item, section: Item) -> list[Item]:
    """The blocks whose headers a section's answers have, outermost first."""
    outer: list[Item] = []
    if section.name == "location" and match_of(section).kind == "prefix":
        by_path = remembered(server, "paths", lambda: _by_path(server))
        path = match_of(section).path
        above = [path[:n] for n, sign in enumerate(path) if sign == "/" and n]
        outer = [s for p in (*above, path) for s in by_path.get(p, ()) if s is not section]
    return [*dict.fromkeys([*blocks_of(server), *outer]), section]


def _by_path(server: Item) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for section in sections(server):
        if section.name == "location" and match_of(section).kind == "prefix" and lines(section):
            found.setdefault(match_of(section).path, []).append(section)
    return found


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    for server in tree.servers:
        if refuses(server):
            continue
        tls = over_tls(tree, server)
        yield _of(tree, server, server, blocks_of(server), tls)
        if only_redirects(server) and not tls:
            continue
        every = set(map(id, blocks_of(server)))
        for section in (*sections(server), *server.all("proxy")):
            own = id(section) not in every and bool(lines(section))
            if own and (section.up is server or len(tree.servers) == 1) and not refuses(section):
                yield _of(tree, server, section, chain(server, section), tls)


def _of(tree: Tree, server: Item, block: Item, blocks: list[Item], tls: bool) -> ResponseHeaders:
    redirect = block is server and only_redirects(server) and not tls
    return ResponseHeaders(
        block.block(),
        over_tls=tls,
        sent=sent(tree, blocks),
        dropped={},
        content=content_of(block),
        status=301 if redirect else 0,
        authenticated=authenticated(server) or logs_in(block),
        body=not redirect,
    )


def banners(tree: Tree) -> Iterator[Banner]:
    """core: ServerTokens is Full unless it is written. What is written twice counts once."""
    tokens = setting(tree.root, "servertokens", _tokens, True)
    gone = any(
        line.name.lower() == "server" and line.action in ("unset", "set")
        for block in (tree.root, *tree.hosts)
        for line, _ in lines(block)
    )
    if tree.root.first("secserversignature") is None and not gone and tree.kind == "main":
        shown = f"Apache/{tree.version}" if tree.version else ""
        yield Banner(tokens.at, product="Apache httpd", header="Server", shows_version=tokens, shown=shown)
    elif tokens.written and tokens.is_known and not gone:
        yield Banner(tokens.at, product="Apache httpd", header="Server", shows_version=tokens)
    if tokens.known(True) is True:
        for item in (i for i in tree.root.walk() if i.name == "serversignature"):
            if item.value.lower() in ("on", "email"):
                yield Banner(
                    item.place(),
                    product="Apache httpd",
                    header="the footer of error pages",
                    shows_version=Setting(True, item.place()),
                )
    yield from _told(tree)


def _tokens(words: list[str]) -> bool | None:
    return words[0].lower() not in ("prod", "productonly")


def _told(tree: Tree) -> Iterator[Banner]:
    """Products that httpd is told to name, PHP among them."""
    for item in tree.root.walk():
        line = line_of(item) if item.name == "header" else None
        at = item.place()
        if (
            line is not None
            and line.name.lower() in PRODUCTS
            and _ACTIONS.get(line.action) in ("set", "add", "default")
        ):
            if re.search(r"\d", line.value) and not dynamic(line.value):
                yield Banner(
                    at, product=line.name, header=line.name, shows_version=Setting(True, at), shown=line.value
                )
        elif item.name == "proxyvia" and item.value.lower() == "full":
            yield Banner(at, product="Apache httpd", header="Via", shows_version=Setting(True, at))
        elif item.name in ("php_flag", "php_admin_flag") and item.value == "expose_php":
            on = item.values[-1].lower() in ("on", "1", "true", "yes")
            yield Banner(at, product="PHP", header="X-Powered-By", shows_version=Setting(on, at))


def cookies(tree: Tree) -> Iterator[Cookie]:
    """Cookies that httpd sets itself: by a header, a rewrite, or mod_session."""
    for item in tree.root.walk():
        at = item.place()
        line = line_of(item) if item.name == "header" else None
        if line is not None and line.name.lower() == "set-cookie" and line.action in ("set", "add", "append"):
            yield cookie_of(line.value, at, any(dynamic(p) for p in line.value.split(";")[1:]))
        elif item.name in ("sessioncookiename", "sessioncookiename2") and item.values:
            attributes = ";".join(item.values[1:])
            yield cookie_of(f"{item.value}=; {attributes}", at, varies(attributes))
        elif item.name == "cookietracking" and item.value.lower() == "on":
            # mod_usertrack's cookie, named Apache and without flags unless they are written.
            said = {
                name: found.value
                for name in ("cookiename", "cookiesecure", "cookiehttponly", "cookiesamesite")
                if (found := written(item.up or item, name)) is not None
            }
            tracking_made = [f"{said.get('cookiename', 'Apache')}="]
            tracking_made += ["Secure"] if said.get("cookiesecure", "off").lower() == "on" else []
            tracking_made += ["HttpOnly"] if said.get("cookiehttponly", "off").lower() == "on" else []
            tracking_made += [f"SameSite={said['cookiesamesite']}"] if "cookiesamesite" in said else []
            yield cookie_of("; ".join(tracking_made), at)
    for block in (tree.root, *(i for i in tree.root.walk() if i.section)):
        for rule in rules(block):
            name = next((n for n in ("co", "cookie") if n in rule.flags), "")
            if name and not varies(rule.flags[name]):
                # mod_rewrite's CO flag, name:value:domain:lifetime:path:secure:httponly:samesite, as a header has it.
                text = rule.flags[name]
                sign = text[0] if text[:1] in ";|" else ":"
                parts = [p.strip() for p in text.lstrip(sign).split(sign)]
                parts += [""] * (8 - len(parts))
                made = [f"{parts[0]}={parts[1]}"]
                made += ["Secure"] if parts[5].lower() in ("secure", "true", "1") else []
                made += ["HttpOnly"] if parts[6].lower() in ("httponly", "true", "1") else []
                made += [f"SameSite={parts[7]}"] if parts[7].lower() not in ("", "false", "0") else []
                yield cookie_of("; ".join(made), rule.item.place())


def header_named(blocks: Iterable[Item], name: str) -> Iterator[tuple[Line, bool]]:
    return ((line, unsure) for b in blocks for line, unsure in lines(b) if line.name.lower() == name)
