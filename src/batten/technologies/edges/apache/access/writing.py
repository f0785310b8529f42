"""Writers for what is served, logged and let through."""

from __future__ import annotations

import posixpath
import re

from batten.formats.lines import line_start, next_line
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.edges.apache.placement import (
    after,
    into,
    load_module,
    regex,
    removed,
    replaced,
    spelt,
    step,
    word,
)
from batten.technologies.edges.apache.rewrites import redirects
from batten.technologies.edges.apache.sections import names_of
from batten.technologies.edges.apache.tls.writing import TOP
from batten.technologies.edges.apache.tree import METHODS, PATHS, Item, Tree
from batten.technologies.shared.edges.served import missed_by
from batten.technologies.shared.transport.questions import ask_hosts

_FORMAT = '"%h %l %u %t \\"%r\\" %>s %b"'  # the common log format
_SAFE_VALUE = {
    "httpprotocoloptions": "Strict",
    "mergetrailers": "Off",
    "allowencodedslashes": "NoDecode",
    "mergeslashes": "On",
}


def trace(tree: Tree, item: Item) -> Fix | None:
    if item.name == "traceenable":
        edit = replaced(item, "TraceEnable Off")
    elif item.name in ("", "virtualhost"):
        edit = into(item, "TraceEnable Off", ("servertokens", "serversignature", "servername", "serverroot"))
    else:
        return None
    return Fix("refuse TRACE", (edit,))


def listing(item: Item) -> Fix | None:
    """`Indexes` taken out; an `Options` of words without a sign says all there is, so None is left over."""
    if item.name != "options":
        return None
    words = item.values
    if any(w.startswith(("+", "-")) for w in words):
        left = ["-Indexes" if w.lower() in ("+indexes", "indexes") else w for w in words]
        left = [*left, "-Indexes"] if any(w.lower() in ("all", "+all") for w in words) else left
    elif any(w.lower() == "all" for w in words):
        left = ["Includes", "ExecCGI", "FollowSymLinks"]
    else:
        left = [w for w in words if w.lower() != "indexes"] or ["None"]
    edit = replaced(item, f"Options {' '.join(left)}")
    return Fix(
        "turn directory listing off", (edit,), safety=Safety.RISKY, breaks="people who browse the listing"
    )


def traversal(item: Item) -> Fix | None:
    """The slash made part of the expression: ^/img/(.*)$ for ^/img(.*)$."""
    if not item.name.endswith("match") or not item.values:
        return None
    made = item.value.replace("(", "/(", 1)
    breaks = f"requests for {item.value.partition('(')[0].lstrip('^')} without the trailing slash"
    return Fix("match only paths below it", (word(item, 0, regex(made)),), safety=Safety.RISKY, breaks=breaks)


def open_proxy(item: Item) -> Fix | None:
    if item.name != "proxyrequests":
        return None
    breaks = "clients that use this server as their proxy"
    return Fix(
        "forward to named upstreams only",
        (replaced(item, "ProxyRequests Off"),),
        safety=Safety.RISKY,
        breaks=breaks,
    )


def invalid_headers(item: Item) -> Fix | None:
    breaks = "clients that send such requests"
    value = _SAFE_VALUE.get(item.name)
    if value is not None:
        words = [w for w in item.values if w.lower() not in ("unsafe", "on", "off")]
        kept = " ".join([value, *words]) if item.name == "httpprotocoloptions" else value
        edit = replaced(item, f"{spelt(item)} {kept}")
        return Fix(f"set {spelt(item)} to {value}", (edit,), safety=Safety.RISKY, breaks=breaks)
    if item.name == "rewriteoptions":
        left = [v for v in item.values if v.lower() != "allowanyuri"]
        edit = replaced(item, f"RewriteOptions {' '.join(left)}") if left else removed(item)
        return Fix("give rewrite rules paths only", (edit,), safety=Safety.RISKY, breaks=breaks)
    index = next((n for n, v in enumerate(item.values) if v.lower() == "upgrade=any"), -1)
    if index < 0:
        return None
    edit = word(item, index, "upgrade=websocket")
    return Fix(
        "allow upgrades to WebSocket only",
        (edit,),
        safety=Safety.RISKY,
        breaks="clients that upgrade to other protocols",
    )


def private(item: Item) -> Fix | None:
    """Let only the machine itself ask."""
    title, breaks = "allow requests from this host only", "people and monitors on other hosts"
    if item.name not in PATHS:
        return None
    rules = [i for i in item.items if i.name in ("require", "order", "allow", "deny", "satisfy")]
    if not rules:
        return Fix(title, (into(item, "Require local", ("sethandler",)),), safety=Safety.RISKY, breaks=breaks)
    edits = (replaced(rules[0], "Require local"), *(removed(i) for i in rules[1:]))
    return Fix(title, edits, safety=Safety.RISKY, breaks=breaks)


def log(item: Item) -> Fix | None:
    if item.name in ("customlog", "transferlog"):
        edit = word(item, 0, '"logs/access_log"')
    elif item.name == "errorlog":
        edit = replaced(item, 'ErrorLog "logs/error_log"')
    elif item.name in ("", "virtualhost"):
        edit = into(item, f'CustomLog "logs/access_log" {_FORMAT}', ("errorlog", *TOP))
    else:
        return None
    return Fix("turn the log on", (edit,))


def access_rule(tree: Tree, item: Item) -> Fix | None:
    """Each defeat has its own way out."""
    match item.name:
        case "require":
            block = item.up
            opened = (
                [i for i in block.items if i.name == "require" and i.values[:2] == ["all", "granted"]]
                if block
                else []
            )
            if not opened:
                return None
            edits = tuple(removed(i) for i in opened)
            return Fix(
                "remove `Require all granted`",
                edits,
                safety=Safety.RISKY,
                breaks="clients that no other rule allows",
            )
        case "allow":
            order = item.up.last("order") if item.up is not None else None
            if order is None:
                return None
            edit = after(order, "Deny from all")
            return Fix(
                "deny all other addresses",
                (edit,),
                safety=Safety.RISKY,
                breaks="clients from addresses that are not listed",
            )
        case "limit":
            return _all_verbs(item)
        case "authtype":
            block = item.up
            satisfy = block.last("satisfy") if block is not None else None
            if block is None:
                return None
            breaks = "clients without a password"
            if satisfy is not None:
                return Fix(
                    "require the login",
                    (replaced(satisfy, "Satisfy all"),),
                    safety=Safety.RISKY,
                    breaks=breaks,
                )
            edit = into(block, "Require valid-user", ("auth",))
            return Fix("require the login", (edit,), safety=Safety.RISKY, breaks=breaks)
        case "sslverifyclient":
            edit = replaced(item, "SSLVerifyClient require")
            return Fix(
                "require a client certificate",
                (edit,),
                safety=Safety.RISKY,
                breaks="clients without a certificate",
            )
        case "redirect" | "redirectpermanent":
            # The same redirect by mod_rewrite, which is asked before mod_proxy.
            block = item.up
            made = next((r for r in redirects(block) if r.item is item), None) if block is not None else None
            if block is None or made is None or block.first("rewriteengine") is not None:
                return None
            target = made.target.rstrip("/")
            rule = f"RewriteEngine On\nRewriteRule ^/(.*)$ {target}/$1 [R={made.status},L]"
            edits = (*load_module(tree, "rewrite"), replaced(item, rule))
            return Fix(
                "redirect to HTTPS before proxying", edits, safety=Safety.RISKY, breaks="plain HTTP clients"
            )
        case _:
            return None


def _all_verbs(item: Item) -> Fix | None:
    """The two tags taken away: what stands between them then holds for every verb."""
    text, span, head = item.source.text, item.directive.span, item.directive.head
    if item.name not in METHODS or item.directive.body is None:
        return None
    close = item.directive.body.end
    first = Span(line_start(text, head.start), next_line(text, head.end))
    last = Span(line_start(text, close), next_line(text, span.end))
    edits = [Edit(item.source.path, first, "")]
    outer = text[first.start : head.start]
    for inner in item.directive.children:
        start = line_start(text, inner.span.start)
        if text[start : inner.span.start].startswith(outer + step(item)) and not inner.children:
            edits.append(Edit(item.source.path, Span(start, inner.span.start), outer))
    edits.append(Edit(item.source.path, last, ""))
    return Fix(
        "apply the rule to every verb",
        tuple(edits),
        safety=Safety.RISKY,
        breaks="clients that use other verbs and are not authorized",
    )


def host_check(tree: Tree, item: Item) -> Fix | None:
    """Refuse names that are not the server's own."""
    title = "refuse unknown host names"
    names = names_of(item)
    if item.name not in ("", "virtualhost") or not names or any(re.search(r"[*?$]", n) for n in names):
        return ask_hosts(title)
    wanted = "|".join(re.escape(n).replace("\\-", "-") for n in names)
    test = f"RewriteCond %{{HTTP_HOST}} !^(?:{wanted})(?::\\d+)?$ [NC]\nRewriteRule ^ - [F]"
    engine = item.last("rewriteengine")
    edit = after(engine, test) if engine is not None else into(item, f"RewriteEngine On\n{test}", TOP)
    breaks = "clients and health checks that use an address or an unlisted name"
    return Fix(title, (*load_module(tree, "rewrite"), edit), safety=Safety.RISKY, breaks=breaks)


# What may answer a path that is no file.
_ANSWERING = (
    "proxypass", "proxypassmatch", "rewriterule", "fallbackresource", "sethandler", "addhandler", "action", "scriptalias",
    "scriptaliasmatch", "wsgiscriptalias", "dav", "passengerapproot",
)  # fmt: skip


def deny_paths(item: Item, patterns: tuple[str, ...]) -> Fix | None:
    """404 for dot files, or for files by their ending. mod_alias sees the whole path, hidden folders too."""
    block = item if item.section or not item.name else item.up
    if block is None or block.name not in ("", "virtualhost"):
        return None
    lines = "\n".join(f"RedirectMatch 404 {regex(p)}" for p in _expressions(patterns))
    edit = into(block, lines, ("redirectmatch", *TOP))
    breaks = missed_by(patterns, any(i.name in _ANSWERING for i in block.walk()))
    safety = Safety.RISKY if breaks else Safety.SAFE
    return Fix("answer 404 for files that must not be served", (edit,), safety=safety, breaks=breaks)


def _expressions(patterns: tuple[str, ...]) -> list[str]:
    names = [posixpath.basename(p) for p in patterns]
    made = [r"/\.(?!well-known/)"] if any(n.startswith(".") for n in names) else []
    plain = [n for n in names if not n.startswith(".")]
    endings = sorted({n.rpartition(".")[2] for n in plain if "." in n})
    others = sorted({re.escape(n) for n in plain if "." not in n})
    if endings:
        made.append(rf"(?i)\.(?:{'|'.join(map(re.escape, endings))})$")
    if others:
        made.append(rf"/(?:{'|'.join(others)})$")
    return made
