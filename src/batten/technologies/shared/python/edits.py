"""Edits of Python source that keep everything around them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping

from batten.formats.lines import indentation, line_break, line_end
from batten.formats.python import span
from batten.model import Edit, Fix, Safety, Span
from batten.technologies.shared.python.module import Module, argument
from batten.technologies.shared.python.values import evaluate

_OFF = {"1": "0", "true": "false", "True": "False", "TRUE": "FALSE", "yes": "no", "on": "off"}
_COMMENT = re.compile(r"#[^\n]*")


def risky(title: str, edits: list[Edit], breaks: str) -> Fix | None:
    """A fix that others may notice; None without edits."""
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks) if edits else None


def turned_off(title: str, module: Module, where: Span) -> Fix | None:
    """False, or the word for it in a default that is text. An expression is decided where it gets its value."""
    written = module.source.text[where.start : where.end]
    quote, inner = written[:1], written[1:-1]
    if quote in ("'", '"') and inner in _OFF:
        return Fix(title, (Edit(module.path, where, f"{quote}{_OFF[inner]}{quote}"),))
    return Fix(title, (Edit(module.path, where, "False"),)) if written in ("True", "1") else None


def touches(module: Module, given: ast.expr, where: Span) -> bool:
    """Whether the place is the argument's own, or that of the constant it names."""
    value = evaluate(module, given)
    places = [given, *([value.node] if value.module.path == module.path else [])]
    return any(within(where, span(module.source, node)) for node in places)


def replaced(module: Module, given: ast.expr, text: str) -> Edit:
    """The list written anew where it is, or the argument when the list is in another file."""
    value = evaluate(module, given)
    node = value.node if value.module.path == module.path else given
    if isinstance(node, ast.Constant):
        node = given
    where = span(module.source, node)
    written = module.source.text[where.start : where.end]
    if "\n" in written and isinstance(node, ast.List) and node.elts:
        newline = line_break(module.source.text)
        inner = indentation(module.source.text, span(module.source, node.elts[0]).start)
        outer = indentation(module.source.text, span(module.source, node).end - 1)
        lines = "".join(
            f"{inner}{json.dumps(item, ensure_ascii=False)},{newline}" for item in json.loads(text)
        )
        text = f"[{newline}{lines}{outer}]"
    return Edit(module.path, where, text)


def within(inner: Span, outer: Span) -> bool:
    """Whether a span is in another."""
    return outer.start <= inner.start and inner.end <= outer.end


def listed(items: tuple[str, ...]) -> str:
    """A list of texts as Python and JSON write it."""
    return json.dumps(list(items), ensure_ascii=False)


def with_keywords(module: Module, call: ast.Call, wanted: Mapping[str, str]) -> list[Edit]:
    """Edits that give the call these keywords; those it has keep their places."""
    edits: list[Edit] = []
    missing: list[str] = []
    for name, text in wanted.items():
        given = argument(call, name)
        if given is None:
            missing.append(f"{name}={text}")
        elif ast.unparse(given) != ast.unparse(ast.parse(text, mode="eval")):
            edits.append(Edit(module.path, span(module.source, given), text))
    return [*edits, *_added(module, call, missing)]


def _added(module: Module, call: ast.Call, keywords: list[str]) -> Iterator[Edit]:
    """Keywords after a call's last argument, on lines of their own when its arguments are."""
    if not keywords:
        return
    text, closing = module.source.text, span(module.source, call).end - 1
    given = sorted((span(module.source, n) for n in (*call.args, *call.keywords)), key=lambda s: s.end)
    if not given:
        yield Edit(module.path, Span(closing, closing), ", ".join(keywords))
        return
    last = given[-1]
    after = _COMMENT.sub(lambda m: " " * len(m[0]), text[last.end : closing])
    comma = after.find(",")
    start = span(module.source, call.func).end
    over_lines = "\n" in text[start : given[0].start]
    if comma >= 0:
        place = last.end + comma + 1
    else:
        place = last.end + after.rfind(")") + 1
    if over_lines:
        lead = line_break(text) + indentation(text, last.start)
        if comma >= 0:
            place = line_end(text, place)
            yield Edit(module.path, Span(place, place), "".join(f"{lead}{k}," for k in keywords))
        else:
            yield Edit(module.path, Span(place, place), "".join(f",{lead}{k}" for k in keywords))
    elif comma >= 0:
        yield Edit(module.path, Span(place, place), "".join(f" {k}," for k in keywords))
    else:
        yield Edit(module.path, Span(place, place), "".join(f", {k}" for k in keywords))
