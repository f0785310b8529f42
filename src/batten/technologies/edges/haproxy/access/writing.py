"""Writers for statistics and lenient parsing."""

from __future__ import annotations

import re

from batten.formats import apply
from batten.formats.haproxy_edits import add_words, after
from batten.formats.lines import before, remove, replace
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.edges.haproxy.access.rewritten import defeated, rewritings
from batten.technologies.edges.haproxy.conditions import split
from batten.technologies.edges.haproxy.features import uri_of
from batten.technologies.edges.haproxy.tree import Item, Tree

_PATH_TEST = re.compile(r"(path|url|base)(?:_(beg|dir|end|reg|sub))?")
_NEAR = "src 127.0.0.0/8 ::1"


def private_statistics(item: Item) -> Fix | None:
    """Keep the page to this host. A frontend has no `stats http-request`, and defaults have no rules."""
    block = item.home
    breaks = "people and monitors that read the page from another host"
    match block.kind:
        case "listen" | "backend":
            line = f"stats http-request deny unless {{ {_NEAR} }}"
            edit = after(block.source, block.section, block.all("stats")[-1].statement, line)
        case "frontend":
            path = uri_of(block).partition("?")[0]
            line = f"http-request deny if {{ path_beg {path} }} !{{ {_NEAR} }}"
            rules = block.all("http-request")
            edit = before(block.source, (rules or [item])[0].statement, line)
        case _:
            return None
    return Fix("restrict the statistics page to this host", (edit,), safety=Safety.RISKY, breaks=breaks)


def private_metrics(item: Item) -> Fix | None:
    """One more test on the rule; alternatives and `unless` are left to people."""
    condition = split(item.values)[1]
    if condition[:1] == ["unless"] or "or" in condition or "||" in condition:
        return None
    words = f"{{ {_NEAR} }}" if condition else f"if {{ {_NEAR} }}"
    breaks = "monitors that read the metrics from another host"
    edit = add_words(item.source, item.statement, words)
    return Fix("restrict the metrics to this host", (edit,), safety=Safety.RISKY, breaks=breaks)


def private_socket(item: Item) -> Fix | None:
    """The runtime API on loopback, at the port it has."""
    word = item.statement.words[2]
    port = word.text.rpartition(":")[2]
    edit = Edit(item.source.path, word.span, f"ipv4@127.0.0.1:{port}")
    breaks = "people and programs that use the runtime API from another host"
    return Fix("restrict the runtime API to this host", (edit,), safety=Safety.RISKY, breaks=breaks)


def not_root(item: Item) -> Fix | None:
    if item.values[0] not in ("user", "uid"):
        return None
    edit = replace(item.source, item.statement, "user haproxy")
    return Fix(
        "run as the user haproxy",
        (edit,),
        safety=Safety.RISKY,
        breaks="files that only root may read after start-up",
    )


def media_type(item: Item) -> Fix | None:
    words = item.statement.words
    number = next((n for n, w in enumerate(words[:-1]) if w.text == "content-type"), None)
    if number is None:
        return None
    edit = Edit(item.source.path, words[number + 1].span, "application/json")
    return Fix("send JSON with its media type", (edit,))


def access_rule(tree: Tree, item: Item) -> Fix | None:
    """A certificate for all clients, the path as the backend parses it, or the place where the rule sees it."""
    if item.values[0] == "bind":
        if "crt-ignore-err" in item.values:
            # The line without `crt-ignore-err` and what it ignores.
            number = item.values.index("crt-ignore-err")
            words = item.statement.words
            span = Span(words[number - 1].span.end, words[number + 1].span.end)
            return Fix(
                "accept certificates of the trusted authority only",
                (Edit(item.source.path, span, ""),),
                safety=Safety.RISKY,
                breaks="clients whose certificate another authority has signed, or that has expired",
            )
        number = item.values.index("verify") + 1
        edit = Edit(item.source.path, item.statement.words[number].span, "required")
        return Fix(
            "require a client certificate",
            (edit,),
            safety=Safety.RISKY,
            breaks="clients without a certificate",
        )
    rewritten = defeated(rewritings(tree, item.home), item)
    if rewritten is not None:
        # To the other side of the rule that rewrites the path, where both are in one section.
        rewriting = rewritten[1]
        block = item.home
        if rewriting.home is not block or item.source is not rewriting.source:
            return None
        span, own = item.statement.span, _decoded(item)
        text = apply(item.source.text, own)
        line = text[span.start : span.end + len(text) - len(item.source.text)]
        others = [edit for test in _tests_named(item) for edit in _decoded(test)]
        behind = block.items.index(item) < block.items.index(rewriting)
        here = (
            after(block.source, block.section, rewriting.statement, line)
            if behind
            else before(block.source, rewriting.statement, line)
        )
        where = "below" if behind else "above"
        return Fix(
            f"move the rule {where} the one that rewrites the path",
            (remove(item.source, item.statement), here, *others),
            safety=Safety.RISKY,
            breaks="clients that use the path which the rule now refuses",
        )
    edits = [e for line in (item, *_tests_named(item)) for e in _decoded(line)]
    before_it = item.home.all("http-request")[: item.home.all("http-request").index(item)]
    opening = [i for i in before_it if i.values[1:] == ["allow"]]
    if opening:
        edits += [remove(i.source, i.statement) for i in opening]
        breaks = "clients that the rules below refuse"
        return Fix("remove the unconditional `allow`", tuple(edits), safety=Safety.RISKY, breaks=breaks)
    return Fix("match the decoded path", tuple(edits)) if edits else None


def _tests_named(rule: Item) -> list[Item]:
    """The acl lines that a rule names."""
    names = {w.lstrip("!") for w in split(rule.values)[1]}
    return [
        i
        for b in (rule.home, *rule.home.outer)
        for i in b.all("acl")
        if i.values[1:2] and i.values[1] in names
    ]


def _decoded(item: Item) -> list[Edit]:
    edits = []
    for number, word in enumerate(item.statement.words):
        found = _PATH_TEST.fullmatch(word.text)
        before_it = item.statement.words[number - 1].text if number else ""
        if found and (before_it == "{" or (item.values[0] == "acl" and number == 2)):
            how = f" -m {found[2]}" if found[2] else ""
            edits.append(Edit(item.source.path, word.span, f"{found[1]},url_dec{how}"))
    return edits


def invalid_requests(item: Item) -> Fix | None:
    breaks = "clients that send requests that violate the HTTP standard"
    return Fix(
        "refuse invalid requests", (remove(item.source, item.statement),), safety=Safety.RISKY, breaks=breaks
    )
