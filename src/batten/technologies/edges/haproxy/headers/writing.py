"""Writers of what is sent with answers."""

from __future__ import annotations

from batten.formats.haproxy_edits import add_words, after, append, quoted
from batten.formats.lines import remove, replace
from batten.model import Edit, Fix, Safety
from batten.technologies.edges.haproxy import versions
from batten.technologies.edges.haproxy.conditions import condition_of, split
from batten.technologies.edges.haproxy.cors import ORIGIN, changes, fetched, is_origin, variables
from batten.technologies.edges.haproxy.headers.reading import RESPONSE_RULES, change_of
from batten.technologies.edges.haproxy.tls.listeners import over_tls, speaks_tls
from batten.technologies.edges.haproxy.tree import Block, Item, Tree
from batten.technologies.shared.containers.versions import at_least
from batten.technologies.shared.edges.headers import flagged
from batten.technologies.shared.transport.questions import ask_origins

# A new line goes below the last of the first kind that the section has.
_LIKE = (*reversed(RESPONSE_RULES), "http-request", "cookie", "option", "mode", "bind")


def into(block: Block, lines: str, like: tuple[str, ...] = _LIKE) -> Edit:
    """`lines` into a section, beside their like."""
    for keyword in like:
        same = block.all(keyword)
        if same:
            return after(block.source, block.section, same[-1].statement, lines)
    return append(block.source, block.section, lines)


def rule_name(tree: Tree) -> str:
    """The rule whose headers go with HAProxy's own answers too, where there is one."""
    old = at_least(tree.version, versions.AFTER_RESPONSE) is False
    return "http-response" if old else "http-after-response"


def set_header(tree: Tree, block: Block, item: Item | None, name: str, value: str) -> Fix | None:
    action = "add-header" if name.lower() == "vary" else "set-header"
    line = f"{rule_name(tree)} {action} {name} {quoted(value.replace('%', '%%'))}"
    if item is not None:
        if change_of(item) is None:
            return None
        edit = replace(item.source, item.statement, line + _condition(item))
    else:
        # RFC 6797, 7.2: HSTS is not sent over plain HTTP.
        mixed = over_tls(block) and not all(speaks_tls(b).known(True) for b in block.all("bind"))
        edit = into(
            block,
            line
            + (
                (" if { ssl_fc }" if mixed and name.lower() == "strict-transport-security" else "")
                or _if_absent(name)
            ),
        )
    return Fix(f"send {name}", (edit,))


def _condition(item: Item) -> str:
    """The rule's condition, as it is written."""
    number = len(split(item.values)[0])
    words = item.statement.words
    return " " + item.source.text[words[number].start : words[-1].end] if number < len(words) else ""


def _if_absent(name: str) -> str:
    """What an application sends by itself suits it better, and is kept; one value is right for all of the others."""
    kept = name.lower() not in ("strict-transport-security", "x-content-type-options", "vary")
    return f" if !{{ res.hdr({name}) -m found }}" if kept else ""


def remove_header(item: Item) -> Fix | None:
    change = change_of(item)
    if change is None or change.action == "del-header":
        return None
    return Fix(f"stop sending {change.name}", (remove(item.source, item.statement),))


def allow_origins(tree: Tree, block: Block, item: Item | None, origins: tuple[str, ...]) -> Fix | None:
    title = "allow the listed origins only"
    if not origins:
        return ask_origins(title)
    kept = "" if item is None else _kept(tree, item)
    if kept is None:
        return None
    known = [original for name, original in variables(tree).items() if name.startswith("txn.")]
    variable = known[0] if known else "txn.batten_origin"
    rule = rule_name(tree)
    listed = " ".join(quoted(o) for o in origins)
    policy_lines = [] if known else [f"http-request set-var({variable}) req.hdr(origin)"]
    policy_lines.append(
        f"{rule} set-header Access-Control-Allow-Origin %[var({variable})]"
        f" if {{ var({variable}) -m str {listed} }}{kept}"
    )
    if not any(c.name.lower() == "vary" and "origin" in c.value.lower() for c in changes(block)):
        policy_lines.append(f"{rule} add-header Vary Origin")
    lines = "\n".join(policy_lines)
    edit = replace(item.source, item.statement, lines) if item is not None else into(block, lines)
    return Fix(
        title, (edit,), safety=Safety.RISKY, breaks="pages on origins that are not listed in batten.yaml"
    )


def _kept(tree: Tree, item: Item) -> str | None:
    """What of the rule's condition stays: tests of anything but the origin. None: it is too involved."""
    condition = condition_of(item)
    if change_of(item) is None or (condition is not None and not condition.known):
        return None
    if condition is None:
        return ""
    about = [is_origin(tree, fetched(t)) for t in condition.tests]
    if all(about):
        return ""
    simple = not condition.unless and len(condition.alternatives) == 1 and not any(about)
    return _condition(item).removeprefix(" if") if simple else None


def allow_methods(item: Item, methods: tuple[str, ...]) -> Fix | None:
    return _listed(item, methods, "clients that use other methods")


def allow_headers(item: Item, headers: tuple[str, ...]) -> Fix | None:
    return _listed(item, headers, "pages that send other request headers")


def _listed(item: Item, names: tuple[str, ...], breaks: str) -> Fix | None:
    """The value of an Access-Control-* header."""
    change = change_of(item)
    if (
        change is None
        or not change.name.lower().startswith("access-control-")
        or change.name.lower() == ORIGIN
    ):
        return None
    edit = Edit(item.source.path, item.statement.words[3].span, quoted(", ".join(names)))
    return Fix(f"allow {', '.join(names)} only", (edit,), safety=Safety.RISKY, breaks=breaks)


def cookie_flags(item: Item) -> Fix | None:
    breaks = "scripts that read the cookie, cross-site requests with it, and plain HTTP clients"
    change = change_of(item)
    if change is not None and change.name.lower() == "set-cookie":
        word = item.statement.words[3]
        edit = Edit(item.source.path, word.span, quoted(flagged(change.value)))
        return Fix("set the cookie's flags", (edit,), safety=Safety.RISKY, breaks=breaks)
    if item.values[0] != "cookie":
        return None
    words = [w for w in ("httponly", "secure") if w not in item.values]
    if "samesite=" not in " ".join(item.values).lower():
        words.append("attr SameSite=Lax")
    edit = add_words(item.source, item.statement, " ".join(words))
    return Fix("set the cookie's flags", (edit,), safety=Safety.RISKY, breaks=breaks)


def banner(block: Block) -> Fix | None:
    lines = block.all("stats")
    if not lines:
        return None
    edit = after(block.source, block.section, lines[-1].statement, "stats hide-version")
    return Fix("hide the version on the statistics page", (edit,))
