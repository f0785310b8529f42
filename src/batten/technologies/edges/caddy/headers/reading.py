"""What is sent with answers. A `header` that removes something is deferred as a whole: Caddy then makes its
changes when an answer is written, and leaves them out of the answers to errors (tried with 2.6.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Banner, Content, Cookie, ResponseHeaders, SentHeader
from batten.model import UNKNOWN, Setting
from batten.model.record import record
from batten.technologies.edges.caddy.addresses import host_names, over_tls
from batten.technologies.edges.caddy.flow import LOGINS, directives, ends, only_redirects, refuses, serves
from batten.technologies.edges.caddy.matchers import matcher_of
from batten.technologies.edges.caddy.tree import Item, Tree, varies
from batten.technologies.shared.edges.headers import PRODUCTS, HeaderChange, cookie_of, fold, unknown_headers

_MAY_FAIL = ("reverse_proxy", "php_fastcgi", "file_server", "error", "request_body", "templates", *LOGINS)

_BELOW = re.compile(r"/[\w.-]{1,100}/\*")


@record
class Line:
    """One change of a header: `operation` is set, add, remove, default, defer or replace; `item` says it,
    `directive` is the `header` that it is in."""

    operation: str
    name: str
    value: str
    item: Item
    directive: Item

    @property
    def deferred(self) -> bool:
        if self.directive.name != "header":
            return True
        lines = list(lines_of(self.directive))
        return self.directive.first("defer") is not None or any(
            line.operation in ("remove", "defer", "replace") for line in lines
        )


def lines_of(directive: Item) -> Iterator[Line]:
    """The changes of one `header` directive: on its line, and in its block."""
    if directive.args:
        yield _line(directive, directive.args, directive)
    for item in directive.items:
        if item.name not in ("defer", "match"):
            yield _line(item, item.texts, directive)


def lines_down(proxy: Item) -> Iterator[Line]:
    """The changes that `reverse_proxy` makes to its upstream's answers; those that Caddy itself sends have none of them."""
    for item in proxy.all("header_down") if proxy.name == "reverse_proxy" else ():
        if len(item.texts) > 1:
            yield _line(item, item.texts[1:], proxy)


def _line(item: Item, words: list[str], directive: Item) -> Line:
    field, value = words[0], " ".join(words[1:2])
    operation = {"+": "add", "-": "remove", "?": "default", ">": "defer"}.get(field[:1], "set")
    name = field.lstrip("+-?>").rstrip(":")
    return Line("replace" if len(words) > 2 else operation, name, value, item, directive)


def answers(tree: Tree) -> Iterator[ResponseHeaders]:
    for site in tree.sites:
        redirects = only_redirects(site)
        if not serves(site) and not redirects:
            continue
        names = {i.name for i in directives(site) if not refuses(i)}
        pages = "file_server" in names and not names & {"reverse_proxy", "php_fastcgi", "respond"}
        yield ResponseHeaders(
            site.block(),
            over_tls=over_tls(tree, site),
            sent=sent(site),
            content=Content.PAGE if pages else Content.UNKNOWN,
            status=301 if redirects else 0,
            authenticated=asks_everybody(site),
            body=not redirects,
            names=host_names(tree, site),
        )


def sent(site: Item) -> dict[str, SentHeader]:
    before = unknown_headers(site.block()) if site.hides() else {}
    fails = any(i.name in _MAY_FAIL for i in directives(site))
    # Caddy's own answers to errors have no body: a default that they lack is one that nothing would be protected by.
    bodies = fails and site.first("handle_errors") is not None
    with_errors = {line.name.lower() for line in _of_errors(site)}
    changes = (
        _change(line, bodies if line.operation == "default" else fails, with_errors)
        for line in _lines(site)
        if not _elsewhere(line.directive)
    )
    return fold(changes, before)


def _lines(site: Item) -> Iterator[Line]:
    for item in directives(site):
        yield from lines_down(item)
    for item in directives(site):
        if item.name == "header":
            # Whether it is in a `route`, behind what answers every request.
            block = item.up
            unreached = (
                block is not None
                and block.name == "route"
                and any(map(ends, block.items[: block.items.index(item)]))
            )
            if not unreached:
                yield from lines_of(item)


def _of_errors(site: Item) -> Iterator[Line]:
    for handler in site.all("handle_errors"):
        for item in handler.walk():
            if item.name == "header" and len(handler.texts) == 1:
                yield from lines_of(item)


def _change(line: Line, fails: bool, with_errors: set[str]) -> HeaderChange:
    item = line.directive
    nested = item.up is not None and not item.up.is_site and not _always(item.up)
    conditional = (
        nested or not matcher_of(item).everything or line.operation == "replace" or bool(item.first("match"))
    )
    errors = not fails or not line.deferred or line.name.lower() in with_errors
    if line.operation == "default":
        errors = not fails or line.name.lower() in with_errors
    value: Setting[str] = Setting(UNKNOWN if varies(line.value) else line.value, line.item.place())
    action = {"replace": "set", "defer": "set", "default": "default"}.get(line.operation, line.operation)
    return HeaderChange("set" if action == "default" else action, line.name, value, errors, conditional)


def _elsewhere(item: Item) -> bool:
    """Whether it is for requests below some path only, so that the others go without it."""
    block: Item | None = item
    while block is not None and not block.is_site:
        matcher = matcher_of(block)
        if matcher.only_paths and all(_BELOW.fullmatch(p) for p in matcher.paths):
            return True
        block = block.up
    return False


def _always(block: Item) -> bool:
    """Whether a `route` runs for every request."""
    outer = block.up is not None and (block.up.is_site or _always(block.up))
    return block.name == "route" and matcher_of(block).everything and outer


def asks_everybody(site: Item) -> bool:
    return any(i.name in LOGINS and matcher_of(i).everything for i in site.items)


def cookies(tree: Tree) -> Iterator[Cookie]:
    for line in _written(tree):
        if line.name.lower() == "set-cookie":
            unsure = any(varies(p) for p in line.value.split(";")[1:])
            yield cookie_of(line.value, line.item.place(), unsure)


def banners(tree: Tree) -> Iterator[Banner]:
    """Caddy sends `Server: Caddy`, without a version. What is left are headers that somebody writes."""
    for line in _written(tree):
        if line.name.lower() in PRODUCTS and re.search(r"\d", line.value) and not varies(line.value):
            product = re.split(r"[/ ]", line.value)[0]
            yield Banner(
                line.item.place(),
                product=product,
                header=line.name,
                shows_version=Setting(True, line.item.place()),
                shown=line.value,
            )


def _written(tree: Tree) -> Iterator[Line]:
    for site in tree.sites:
        yield from (
            line for line in (*_lines(site), *_of_errors(site)) if line.operation not in ("remove", "replace")
        )
