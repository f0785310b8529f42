"""Edits of C#: calls of a chain, statements, members of options, and where a finding's place is in the tree."""

from __future__ import annotations

from collections.abc import Mapping

from tree_sitter import Node

from batten.formats.document import Text
from batten.formats.lines import indentation, line_break, line_end, line_start, removal, stands_alone
from batten.model import Edit, Location, Span
from batten.technologies.frameworks.aspnet.code.module import HIGHEST, Module
from batten.technologies.frameworks.aspnet.code.policies import segment


def call_at(module: Module, at: Location) -> Node | None:
    """The call whose name and arguments a place covers."""
    if not module.by_place:
        module.by_place |= {segment(module, call, "").span: call for call in reversed(module.calls)}
    return module.by_place.get(at.span)


def node_at(module: Module, at: Location) -> Node | None:
    """The outermost expression that is written at a place."""
    return next((n for n in module.script.nodes if module.script.span(n) == at.span), None)


def statement_of(node: Node) -> Node | None:
    above: Node | None = node
    for _ in range(HIGHEST):
        if above is None or above.type in ("expression_statement", "local_declaration_statement"):
            return above
        above = above.parent
    return None


def removed(module: Module, call: Node) -> Edit | None:
    """A call taken out of its chain, or its statement where it stands alone."""
    function, statement = call.child_by_field_name("function"), call.parent
    owner = function.child_by_field_name("expression") if function is not None else None
    if owner is None:
        return None
    alone = owner.type in ("identifier", "member_access_expression")
    if alone and statement is not None and statement.type == "expression_statement":
        return _statement_removed(module, statement)
    start, end = module.script.span(owner).end, module.script.span(call).end
    return Edit(module.path, Span(start, end), "")


def _statement_removed(module: Module, statement: Node) -> Edit | None:
    """One that a condition alone decides about leaves an empty block."""
    above, where = statement.parent, module.script.span(statement)
    if above is not None and above.type in ("if_statement", "else_clause"):
        return Edit(module.path, where, "{ }")
    return removal(Text(module.path, module.script.text), where)


def without(module: Module, assigned: Node) -> Edit | None:
    """An assignment taken out: its statement, or its member with one comma of an initializer."""
    above, text = assigned.parent, module.script.text
    if above is None:
        return None
    if above.type == "expression_statement":
        return _statement_removed(module, above)
    if above.type != "initializer_expression":
        return None
    items = [c for c in above.named_children if c.type != "comment"]
    index = next(i for i, item in enumerate(items) if item.id == assigned.id)
    where = module.script.span(assigned)
    comma = text.find(",", where.end, module.script.span(items[index + 1]).start if index + 1 < len(items) else module.script.span(above).end)  # fmt: skip
    if comma >= 0:
        return removal(Text(module.path, text), Span(where.start, comma + 1))
    if index == 0:
        return removal(Text(module.path, text), where)
    return Edit(module.path, Span(module.script.span(items[index - 1]).end, where.end), "")


def line_before(module: Module, node: Node, line: str) -> Edit:
    """A statement before another, on a line of its own."""
    text, start = module.script.text, module.script.span(node).start
    if text[line_start(text, start) : start].strip():
        return Edit(module.path, Span(start, start), line + " ")
    place = line_start(text, start)
    return Edit(module.path, Span(place, place), indentation(text, start) + line + line_break(text))


def line_after(module: Module, node: Node, line: str) -> Edit:
    """A statement after another, on a line of its own."""
    text, where = module.script.text, module.script.span(node)
    if not stands_alone(text, Span(where.start, line_end(text, where.end))):
        return Edit(module.path, Span(where.end, where.end), " " + line)
    place = line_end(text, where.end)
    return Edit(module.path, Span(place, place), line_break(text) + indentation(text, where.start) + line)


def members_added(module: Module, holder: Node, wanted: Mapping[str, str]) -> Edit | None:
    """Members in the initializer of `new X { … }`, as its others are written."""
    listed = holder.child_by_field_name("initializer") or next(
        (c for c in holder.named_children if c.type == "initializer_expression"), None
    )
    text = module.script.text
    joined = ", ".join(f"{key} = {value}" for key, value in wanted.items())
    if listed is None:
        end = module.script.span(holder).end
        return Edit(module.path, Span(end, end), f" {{ {joined} }}")
    items = [c for c in listed.named_children if c.type != "comment"]
    where = module.script.span(listed)
    if not items:
        return Edit(module.path, where, f"{{ {joined} }}")
    last = module.script.span(items[-1])
    if "\n" not in text[where.start : last.start]:
        return Edit(module.path, Span(last.end, last.end), f", {joined}")
    lead = line_break(text) + indentation(text, last.start)
    return Edit(
        module.path, Span(last.end, last.end), "".join(f",{lead}{k} = {v}" for k, v in wanted.items())
    )


def statements_added(module: Module, function: Node, lines: list[str]) -> list[Edit]:
    """Assignments at the end of a lambda's block; of an expression a block is made."""
    body = function.child_by_field_name("body")
    if body is None:
        return []
    text, where = module.script.text, module.script.span(body)
    if body.type != "block":
        before, after = (Span(place, place) for place in (where.start, where.end))
        return [Edit(module.path, before, "{ "), Edit(module.path, after, f"; {' '.join(lines)} }}")]
    inner = [c for c in body.named_children if c.type != "comment"]
    if not inner:
        return [Edit(module.path, where, "{ " + " ".join(lines) + " }")]
    last = module.script.span(inner[-1])
    if "\n" not in text[where.start : last.end]:
        return [Edit(module.path, Span(last.end, last.end), " " + " ".join(lines))]
    place = line_end(text, last.end)
    lead = line_break(text) + indentation(text, last.start)
    return [Edit(module.path, Span(place, place), "".join(lead + line for line in lines))]
