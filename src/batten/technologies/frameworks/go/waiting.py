"""Timeouts of servers, written where they are missing."""

from __future__ import annotations

from tree_sitter import Node

from batten.formats.lines import indentation, line_break
from batten.model import Edit, Fix, Kind, Location, Quantity, Safety
from batten.technologies.frameworks.go.edits import (
    at_call,
    at_literal,
    at_value,
    fields_edits,
    import_edits,
    line_before,
)
from batten.technologies.frameworks.go.module import Module, arguments

_FIELDS = {
    Quantity.HEADER_TIMEOUT: ("ReadHeaderTimeout", "10 * time.Second", "bound the time of headers"),
    Quantity.BODY_TIMEOUT: ("ReadTimeout", "60 * time.Second", "bound the time of requests"),
    Quantity.SEND_TIMEOUT: ("WriteTimeout", "60 * time.Second", "bound the time of answers"),
}
_ALL = ", ".join(f"{name}: {value}" for name, value, _ in _FIELDS.values())
_BREAKS = "clients that are slower, and answers that are streamed for longer"


def limited(module: Module, quantity: Quantity, at: Location) -> Fix | None:
    """The field of a server; of a call that starts one without limits, a server that has them."""
    if quantity not in _FIELDS:
        return None
    name, value, title = _FIELDS[quantity]
    literal, call = at_literal(module, at), at_call(module, at)
    if at.kind is Kind.VALUE and at_value(module, at) is not None and at.span is not None:
        edits = [Edit(module.path, at.span, value)]
    elif literal is not None:
        every = {field: amount for field, amount, _ in _FIELDS.values()}  # of an empty literal, by one edit
        edits = fields_edits(module, literal, {name: value} if module.options(literal) else every)
    elif call is not None:
        title, edits = "bound the time of headers, requests and answers", _started(module, call)
    else:
        edits = []
    if not edits:
        return None
    wanted = [*edits, *import_edits(module, "time")]
    return Fix(title, tuple(wanted), safety=Safety.RISKY, breaks=_BREAKS)


def _started(module: Module, call: Node) -> list[Edit]:
    function, given = call.child_by_field_name("function"), [module.text(a) for a in arguments(call)]
    if function is None:
        return []
    owner, name = (module.text(function.child_by_field_name(part)) for part in ("operand", "field"))
    if name.startswith("Start"):
        # Echo's own server, set up before it starts.
        server = f"{owner}.{'TLSServer' if 'TLS' in name else 'Server'}"
        statement: Node | None = call
        while statement is not None and (
            statement.parent is None or statement.parent.type not in ("statement_list", "block")
        ):
            statement = statement.parent
        if statement is None:
            return []
        text = module.script.text
        lead = line_break(text) + indentation(text, module.script.span(statement).start)
        before_fields = (f"{server}.{name} = {value}" for name, value, _ in _FIELDS.values())
        return [line_before(module, statement, lead.join(before_fields))]
    http = owner if module.called(call).startswith("net/http.") else "http"
    handler = owner if name.startswith("Run") else given[-1] if given else ""
    rest = given[1:] if name.startswith("Run") else given[1:-1]
    if not given or (http == "http" and module.packages.get("http", "net/http") != "net/http"):
        return []
    fields = [f"Addr: {given[0]}"] if "Serve" not in (name, name.removesuffix("TLS")) else []
    fields += [f"Handler: {handler}"] if handler != "nil" else []
    method = {"Run": "ListenAndServe", "RunTLS": "ListenAndServeTLS"}.get(name, name)
    left = [given[0], *rest] if not fields[:1] or not fields[0].startswith("Addr") else rest
    made = f"(&{http}.Server{{{', '.join([*fields, _ALL])}}}).{method}({', '.join(left)})"
    return [Edit(module.path, module.script.span(call), made), *import_edits(module, "net/http")]
