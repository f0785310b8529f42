"""How a block decides Access-Control-Allow-Origin: a literal, a map over the Origin, an `if`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import OriginRule
from batten.technologies.edges.nginx.blocks import refuses
from batten.technologies.edges.nginx.tree import Tree, varies
from batten.technologies.shared.edges.nodes import Item
from batten.technologies.shared.edges.origins import origin, pattern, reflected

_ORIGIN = re.compile(r"^\$\{?http_origin\}?$")
_ON_ORIGIN = re.compile(r"^\(?\s*\$\{?http_origin\}?\s*(=|!=|~\*|~|!~\*|!~)\s*(.+?)\s*\)?$", re.DOTALL)
_ON_VARIABLE = re.compile(r"^\(?\s*\$\{?(\w+)\}?\s*(=|~\*?)\s*(.+?)\s*\)?$", re.DOTALL)


def rules_of_value(tree: Tree, item: Item) -> tuple[OriginRule, ...] | None:
    """The origins that an add_header Access-Control-Allow-Origin lets in; None: cannot be known."""
    value = item.values[1] if len(item.values) > 1 else ""
    if _ORIGIN.match(value):
        return _guarded(item)
    if not varies(value):
        return (origin(value, item.place()),) if value else ()
    if re.fullmatch(r"\$\{?\w+\}?", value):
        name = value.strip("${}")
        return _of_map(tree, name) or _of_set(item, name)
    return None


def _guarded(item: Item) -> tuple[OriginRule, ...] | None:
    """`$http_origin` is echoed: to everybody, unless an `if` around or before it looks at it."""
    unsure = False
    for around in item.around():
        if around.name == "if":
            rules = rules_of_condition(around)
            if rules is not None:
                return rules
            unsure = unsure or around.value.lstrip("(").strip() not in ("$request_method", "")
        for other in around.all("if"):
            rules = rules_of_condition(other, negated=True) if refuses(other) else None
            if rules is not None:
                return rules
    if unsure:
        return None
    return (reflected(item.place(), "$http_origin"),)


def rules_of_condition(condition: Item, negated: bool = False) -> tuple[OriginRule, ...] | None:
    """The origins for which an `if` holds (or, negated, does not); None when it is about other things,
    or about a variable that such an `if` set."""
    text = " ".join(condition.values)
    found = _ON_ORIGIN.match(text)
    if found is None:
        if negated:
            return None
        # `if ($cors = "true")` after `if ($http_origin ~ …) { set $cors "true"; }`.
        found = _ON_VARIABLE.match(text)
        if found is None:
            return None
        for around in condition.around():
            for other in around.all("if"):
                if other is not condition and any(i.value == f"${found[1]}" for i in other.all("set")):
                    rules = rules_of_condition(other) if _ON_ORIGIN.match(" ".join(other.values)) else None
                    if rules is not None:
                        return rules
        return None
    unquoted_text = found[2]
    operator, what = (
        found[1],
        unquoted_text[1:-1]
        if len(unquoted_text) > 1 and unquoted_text[0] == unquoted_text[-1] and unquoted_text[0] in "\"'"
        else unquoted_text,
    )
    if operator.startswith("!") is not negated:
        return () if what == "" else None
    if operator.lstrip("!") == "=":
        return (origin(what, condition.place()),) if what else None
    return (pattern(what, condition.place()),)


def _of_map(tree: Tree, name: str) -> tuple[OriginRule, ...] | None:
    for http in tree.http:
        for made in http.all("map"):
            if len(made.values) > 1 and made.values[1] == f"${name}":
                if not _ORIGIN.match(made.value) or made.first("hostnames") or made.unread:
                    return None
                rules = [_of_entry(e) for e in made.items if e.values]
                known = [r for r in rules if r is not None]
                return None if len(known) < len(rules) else tuple(r for pair in known for r in pair)
    return None


def _of_entry(entry: Item) -> tuple[OriginRule, ...] | None:
    """One line of `map $http_origin $x { … }`."""
    key, value = entry.name, entry.value
    if value == "":
        return ()
    if value == "*":
        return (origin("*", entry.place()),)
    echoes = bool(_ORIGIN.match(value))
    if not echoes and varies(value):
        return None
    if key == "default":
        return (reflected(entry.place(), "$http_origin"),) if echoes else (origin(value, entry.place()),)
    if key.startswith("~"):
        return (
            (pattern(key.lstrip("~").removeprefix("*"), entry.place()),)
            if echoes
            else (origin(value, entry.place()),)
        )
    return (origin(key if echoes else value, entry.place()),)


def _of_set(item: Item, name: str) -> tuple[OriginRule, ...] | None:
    """`set $cors $http_origin;`, by itself or in an `if` that looks at the Origin."""
    rules: list[OriginRule] = []
    for made in _sets(item, f"${name}"):
        value = made.values[1] if len(made.values) > 1 else ""
        if value in ("", "''", '""'):
            continue
        if _ORIGIN.match(value):
            found = _guarded(made)
            if found is None:
                return None
            rules += found
        elif varies(value):
            return None
        else:
            rules.append(origin(value, made.place()))
    return tuple(rules) or None


def _sets(item: Item, name: str) -> Iterator[Item]:
    for around in item.around():
        for child in around.items:
            if child.name == "set" and child.value == name:
                yield child
            elif child.name == "if":
                yield from (i for i in child.all("set") if i.value == name)
