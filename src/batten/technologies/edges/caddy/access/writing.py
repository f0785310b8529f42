"""Writers for who gets what: files, consoles, rules that do nothing, credentials, the admin API, host names."""

from __future__ import annotations

import re

from batten.formats.caddyfile_edits import nested, quoted
from batten.formats.lines import before, remove, replace
from batten.model import Edit, Fix, Location, Safety
from batten.technologies.edges.caddy.access.reading import cut_off, stripped, taken_by
from batten.technologies.edges.caddy.flow import LOGINS, ends, refuses
from batten.technologies.edges.caddy.headers.writing import remove_word
from batten.technologies.edges.caddy.matchers import NEAR, matcher_of
from batten.technologies.edges.caddy.tree import Item, Tree
from batten.technologies.shared.edges.served import missed_by
from batten.technologies.shared.transport.questions import ask_hosts


def free_name(item: Item, name: str) -> str:
    """A matcher's name that the site does not use yet."""
    used = {i.name for i in item.site.walk()}
    return next(n for n in (name, *(f"{name}{k}" for k in range(2, 1000))) if n not in used)


def deny_paths(item: Item, patterns: tuple[str, ...]) -> Fix | None:
    """404 before files are served. `respond` comes before `file_server`, and stands before it in a route."""
    if item.name != "file_server" or item.imported:
        return None
    if patterns == ("/.*",):
        name = free_name(item, "@hidden")
        matcher = nested(item.source, name, "path */.*", "not path /.well-known/*")
    else:
        name = free_name(item, "@private")
        matcher = " ".join([name, "path", *(quoted("/" + p.lstrip("/")) for p in patterns)])
    edit = before(item.source, item.statement, f"{matcher}\nrespond {name} 404")
    forwards = any(
        i.name in ("reverse_proxy", "php_fastcgi", "rewrite", "try_files") for i in item.site.walk()
    )
    breaks = missed_by(patterns, forwards)
    title = "answer 404 for files that must not be served"
    return Fix(title, (edit,), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)


def private(item: Item) -> Fix | None:
    """404 for clients on other hosts. In a site's own block, `handle` would be asked first."""
    paths = matcher_of(item).paths
    nests = item.name in ("handle", "handle_path", "route")
    inside = item.items[0] if nests and item.items else item
    if item.imported or (item.matched and not paths):
        return None
    name = free_name(item, "@outside")
    lines = [f"not remote_ip {NEAR}"]
    if paths and not nests:
        lines.insert(0, f"path {' '.join(paths)}")
    text = f"{nested(item.source, name, *lines)}\nrespond {name} 404"
    breaks = "people and monitors that read it from another host"
    return Fix(
        "restrict it to this host",
        (before(inside.source, inside.statement, text),),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def no_listing(item: Item) -> Fix | None:
    breaks = "people who browse the folder"
    if item.name == "browse":
        return Fix(
            "turn directory listing off",
            (remove(item.source, item.statement),),
            safety=Safety.RISKY,
            breaks=breaks,
        )
    if item.name != "file_server" or "browse" not in item.texts:
        return None
    number = item.texts.index("browse")
    words = item.statement.words[number + 1 :]
    edits = (remove_word(item, number), *(remove_word(item, number + 1 + n) for n in range(len(words))))
    return Fix("turn directory listing off", edits, safety=Safety.RISKY, breaks=breaks)


def access_rule(tree: Tree, item: Item) -> Fix | None:
    """What makes a rule do what it seems to."""
    if item.imported:
        return None
    if "forwarded" in item.texts:
        breaks = "clients behind a proxy, which all share its address"
        edit = remove_word(item, item.texts.index("forwarded"))
        return Fix("check the address of the connection", (edit,), safety=Safety.RISKY, breaks=breaks)
    if item.name == "trusted_proxies":
        edit = replace(
            item.source,
            item.statement,
            " ".join(
                [
                    *(["trusted_proxies", "static"] if "static" in item.texts else ["trusted_proxies"]),
                    "private_ranges",
                ]
            ),
        )
        breaks = "proxies in front that have public addresses"
        return Fix("trust proxies of private networks only", (edit,), safety=Safety.RISKY, breaks=breaks)
    if item.name == "mode":
        # Only where it is said whose certificates are good.
        block = item.up
        trusted = block is not None and any(i.name.startswith("trust") for i in block.items)
        if not trusted:
            return None
        edit = replace(item.source, item.statement, "mode require_and_verify")
        return Fix(
            "require a client certificate",
            (edit,),
            safety=Safety.RISKY,
            breaks="clients without a certificate that is trusted",
        )
    up, token = item.up, item.statement.words[1] if len(item.statement.words) > 1 else None
    if up is None:
        return None
    breaks = "clients that the rule is meant to refuse"
    if up.name == "route":
        # The rule above what answers before it.
        taker = next((i for i in up.items[: up.items.index(item)] if ends(i)), None)
        if taker is None:
            return None
        span = item.statement.span
        indent = re.match(r"[ \t]*", item.source.line(item.source.line_of(item.statement.span.start)))
        text = item.source.text[span.start : span.end].replace("\n" + (indent[0] if indent else ""), "\n")
        edits = (before(taker.source, taker.statement, text), remove(item.source, item.statement))
        return Fix("move the rule first", edits, safety=Safety.RISKY, breaks=breaks)
    if refuses(item) and (taker := taken_by(item)) is not None:
        # The rule in a `handle` of its own: the longest path goes first, and one without a path last.
        single = len(matcher_of(item).paths) == 1 and item.matched.startswith("/")
        if not single or not matcher_of(taker).everything:
            return None
        words = item.statement.words
        raw = item.source.text
        rule = " ".join(
            [raw[words[0].start : words[0].end], raw[words[2].start : item.statement.span.end]]
            if len(words) > 2
            else [item.name]
        )
        text = nested(item.source, f"handle {item.matched}", rule)
        edit = replace(item.source, item.statement, text)
        return Fix("move the rule into its own `handle`", (edit,), safety=Safety.RISKY, breaks=breaks)
    prefix = cut_off(item) or stripped(item)
    if prefix and token is not None:
        edit = Edit(item.source.path, token.span, item.matched[len(prefix.rstrip("/")) :])
        return Fix("match the path after the rewrite", (edit,), safety=Safety.RISKY, breaks=breaks)
    if (
        item.name in LOGINS
        and token is not None
        and token.text == item.matched
        and item.matched.startswith("/")
    ):
        edit = Edit(item.source.path, token.span, token.text + "*")
        return Fix(
            "require it for every path below, too",
            (edit,),
            safety=Safety.RISKY,
            breaks="clients of the paths below",
        )
    return None


def environment(item: Item, at: Location) -> Fix | None:
    """A reference to the environment in the place of the credential."""
    span = at.span
    number = next((n for n, w in enumerate(item.statement.words) if w.span == span), 0)
    if not number or span is None or item.imported:
        return None
    scheme = re.match(r"(?:Basic|Bearer|Token|ApiKey)\s+", item.texts[number], re.IGNORECASE)
    named = item.texts[number - 1].lstrip("+")
    variable = re.sub(r"\W+", "_", f"{named}_token" if item.name in ("dns", "acme_dns") else named).upper()
    value = f"{scheme[0] if scheme else ''}{{env.{variable}}}"
    edit = Edit(item.source.path, span, f'"{value}"' if scheme else value)
    breaks = f"a server without {variable} in its environment; rotate the credential, because it is exposed"
    return Fix(
        f"read it from the environment variable {variable}", (edit,), safety=Safety.RISKY, breaks=breaks
    )


def remove_option(item: Item, title: str) -> Fix:
    return Fix(title, (remove(item.source, item.statement),))


def private_admin(item: Item) -> Fix | None:
    """The admin API on loopback, at the port it has."""
    words = item.statement.words
    if len(words) < 2 or words[1].text != item.texts[1]:
        return None
    port = words[1].text.rpartition(":")[2]
    edit = Edit(item.source.path, words[1].span, f"localhost:{port if port.isdigit() else 2019}")
    breaks = "people and programs that use the admin API from another host"
    return Fix("restrict the admin API to this host", (edit,), safety=Safety.RISKY, breaks=breaks)


def check_host(item: Item) -> Fix | None:
    if item.name != "strict_sni_host":
        return ask_hosts("answer only for the server's own names")
    edit = replace(item.source, item.statement, "strict_sni_host on")
    return Fix(
        "require the Host to match the TLS server name",
        (edit,),
        safety=Safety.RISKY,
        breaks="clients whose TLS server name differs from the Host",
    )
