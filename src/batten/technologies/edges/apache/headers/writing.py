"""Writers of what is sent: headers, cookies, the cross-origin policy, verbs."""

from __future__ import annotations

from batten.model import Edit, Fix, Safety
from batten.technologies.edges.apache.cors import makes_origin
from batten.technologies.edges.apache.headers.reading import blocks_of, header_named, line_of
from batten.technologies.edges.apache.placement import (
    after,
    into,
    load_module,
    quoted,
    regex,
    removed,
    replaced,
    spelt,
    step,
    word,
)
from batten.technologies.edges.apache.tree import METHODS, PATHS, Item, Tree, written
from batten.technologies.shared.edges.headers import flagged
from batten.technologies.shared.edges.origins import expression
from batten.technologies.shared.transport.questions import ask_origins

LIKE = ("header", "servertokens", "sslcert", "ssl", "documentroot", "serveralias", "servername")
_COOKIE = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
_ORIGINS = "pages on origins that are not listed in batten.yaml"
_VARIABLE = "BATTEN_ORIGIN"


def set_header(tree: Tree, item: Item, name: str, value: str) -> Fix | None:
    """Send the header with every answer: in the place of a weak one, or in the block."""
    text = (
        f"Header always merge {name} {quoted(value)}"
        if name == "Vary"
        else f"Header always set {name} {quoted(value)}"
    )
    if item.name == "header":
        line = line_of(item)
        if line is None or line.name.lower() != name.lower():
            return None
        edit = replaced(item, text)
    elif item.name in ("", "virtualhost", *PATHS):
        edit = into(item, text, LIKE)
    else:
        return None
    return Fix(f"send {name}", (*load_module(tree, "headers"), edit))


def remove_header(item: Item, name: str) -> Fix | None:
    return Fix(f"stop sending {name}", (removed(item),)) if item.name == "header" else None


def cookie_flags(item: Item) -> Fix | None:
    title = "set the cookie's flags"
    if item.name == "header" and (line := line_of(item)) is not None:
        edit = word(item, line.index, quoted(flagged(line.value)))
        return Fix(title, (edit,), safety=Safety.RISKY, breaks=_COOKIE)
    if item.name == "cookietracking":
        scope = item.up or item
        wanted = {"CookieSecure": "on", "CookieHttpOnly": "on", "CookieSameSite": "Lax"}
        off = [i for n in wanted for i in scope.all(n.lower()) if i.value.lower() == "off"]
        missing = [f"{n} {v}" for n, v in wanted.items() if written(scope, n.lower()) is None]
        edits = [replaced(i, f"{spelt(i)} on") for i in off]
        edits += [after(item, "\n".join(missing))] if missing else []
        return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=_COOKIE) if edits else None
    if item.name.startswith("sessioncookiename"):
        text = flagged(f"{item.value}=; {';'.join(item.values[1:])}".rstrip("; ")).partition("; ")[2]
        start = item.directive.span.start
        name_of = item.source.text[start : start + len(item.name)]
        line_text = f"{name_of} {item.value} {text.replace('; ', ';')}"
        return Fix(title, (replaced(item, line_text),), safety=Safety.RISKY, breaks=_COOKIE)
    return None


def allow_origins(tree: Tree, item: Item, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    edits: tuple[Edit, ...] = ()
    if item.name == "header":
        edits = (replaced(item, _policy(item, origins)),)
    elif makes_origin(item):
        made = expression(origins).replace("(?:", "(")
        edits = (word(item, 1, regex(made)),)
    elif item.name == "rewriterule" and item.up is not None:
        # The expression of the RewriteCond before the rule.
        siblings = item.up.items if item.up is not None else []
        tests = [
            i
            for i in siblings[: siblings.index(item)]
            if i.name == "rewritecond" and "origin" in i.value.lower()
        ]
        edits = (word(tests[-1], 1, regex(expression(origins).replace("(?:", "("))),) if tests else ()
    elif item.name in ("", "virtualhost", "location"):
        edits = (into(item, _policy(item, origins), LIKE),)
    if not edits:
        return None
    return Fix(
        title, (*load_module(tree, "headers", "setenvif"), *edits), safety=Safety.RISKY, breaks=_ORIGINS
    )


def _policy(item: Item, origins: tuple[str, ...]) -> str:
    """The Origin, where an expression knows it, echoed; Vary beside it."""
    lines = [
        f"SetEnvIf Origin {regex(expression(origins))} {_VARIABLE}=$0",
        f'Header always set Access-Control-Allow-Origin "%{{{_VARIABLE}}}e" env={_VARIABLE}',
    ]
    block = item if item.section or not item.name else item.up or item
    scope = (
        block
        if block.name in ("virtualhost", "")
        else next(b for b in block.around() if b.name in ("virtualhost", ""))
    )
    blocks = [*blocks_of(scope), block]
    if not any("origin" in line.value.lower() for line, _ in header_named(blocks, "vary")):
        lines.append("Header always merge Vary Origin")
    return "\n".join(lines)


def allow_methods(item: Item, methods: tuple[str, ...]) -> Fix | None:
    title, breaks = f"allow {', '.join(methods)} only", "clients that use other methods"
    first = item.directive.args[0] if item.directive.args else None
    edit: Edit | None = None
    if item.name == "header" and (line := line_of(item)) is not None:
        edit = word(item, line.index, quoted(", ".join(methods)))
    elif item.name == "allowmethods":
        edit = replaced(item, f"AllowMethods {' '.join(methods)}")
    elif item.name == "require":
        edit = replaced(item, f"Require method {' '.join(methods)}")
    elif item.name in METHODS and first is not None:
        span = type(item.directive.span)(first.start, item.directive.args[-1].end)
        edit = Edit(item.source.path, span, " ".join(methods))
    elif item.name == "rewritecond":
        edit = word(item, 1, f"!^({'|'.join(methods)})$")
    elif item.name == "location":
        edit = into(
            item, f"<LimitExcept {' '.join(methods)}>\n{step(item)}Require all denied\n</LimitExcept>"
        )
    return None if edit is None else Fix(title, (edit,), safety=Safety.RISKY, breaks=breaks)


def allow_headers(item: Item, headers: tuple[str, ...]) -> Fix | None:
    line = line_of(item) if item.name == "header" else None
    if line is None:
        return None
    edit = word(item, line.index, quoted(", ".join(headers)))
    return Fix(
        "allow named request headers only",
        (edit,),
        safety=Safety.RISKY,
        breaks="pages that send other request headers",
    )


def banner(item: Item) -> Fix | None:
    match item.name:
        case "header":
            return Fix(f"stop sending {item.values[-2]}", (removed(item),))
        case "servertokens":
            edit = replaced(item, "ServerTokens Prod")
        case "serversignature":
            edit = replaced(item, "ServerSignature Off")
        case "php_flag" | "php_admin_flag":
            edit = word(item, 1, "off")
        case "proxyvia":
            edit = replaced(item, "ProxyVia On")
        case "":
            edit = into(item, "ServerTokens Prod", ("serversignature", "servername", "serverroot"))
        case _:
            return None
    return Fix("hide the version", (edit,))
