"""Edits of the pipeline: what is for development only, order, HSTS, and the limiter that is set up and not used."""

from __future__ import annotations

from tree_sitter import Node

from batten.controls.transport import max_age
from batten.formats.lines import indentation, line_break
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.technologies.frameworks.aspnet.code.edits import (
    call_at,
    line_after,
    line_before,
    removed,
    statement_of,
)
from batten.technologies.frameworks.aspnet.code.module import (
    HIGHEST,
    METHODS,
    Module,
    arguments,
    method_of,
    owner_of,
)
from batten.technologies.frameworks.aspnet.code.project import method_around
from batten.technologies.frameworks.aspnet.code.reach import Reach, local

_DAY = 86_400
_DOCS = ("Swagger", "OpenApi", "Scalar", "ReDoc")


def in_development(module: Module, at: Location, title: str, breaks: str) -> Fix | None:
    """The statement under the condition that the environment is `Development`."""
    call = call_at(module, at)
    statement = statement_of(call) if call is not None else None
    asked = _environment(module, call) if call is not None else ""
    if call is None or statement is None or statement.type != "expression_statement" or not asked:
        return None
    if local(module, call) is Reach.PRODUCTION:  # it is for all others by its condition
        gone = removed(module, call)
        return Fix(title, (gone,), safety=Safety.RISKY, breaks=breaks) if gone is not None else None
    edits = [_conditional(module, one, asked) for one in _all(module, call, statement)]
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _all(module: Module, call: Node, statement: Node) -> list[Node]:
    """The statement, with the others that show the same documentation."""
    if not any(word in method_of(module, call) for word in _DOCS):
        return [statement]
    found = [statement]
    for other in module.calls:
        beside = statement_of(other)
        named = method_of(module, other)
        if beside is None or beside in found or beside.parent is None or not named.startswith(("Use", "Map")):
            continue
        if any(word in named for word in _DOCS) and beside.type == "expression_statement" and _block(beside) == _block(statement):  # fmt: skip
            found.append(beside)
    return found


def _block(statement: Node) -> Node | None:
    """What a statement is in; statements of the top level are each in one of their own."""
    above = statement.parent
    return above.parent if above is not None and above.type == "global_statement" else above


def _conditional(module: Module, statement: Node, asked: str) -> Edit:
    text, where = module.script.text, module.script.span(statement)
    lead = line_break(text) + indentation(text, where.start)
    lines = module.text(statement).replace("\n", "\n    ")
    return Edit(module.path, where, f"if ({asked}){lead}{{{lead}    {lines}{lead}}}")


def _environment(module: Module, call: Node) -> str:
    """How the code asks for the environment: of the application, or of a parameter."""
    method = method_around(call)
    if method is None:
        owner = owner_of(call)
        while owner is not None and owner.type == "invocation_expression":
            owner = owner_of(owner)
        name = module.text(owner) if owner is not None and owner.type == "identifier" else ""
        return f"{name}.Environment.IsDevelopment()" if name else ""
    scope = module.scopes.get(method.id)
    for name, kind in (scope.types if scope is not None else {}).items():
        if kind in ("IWebHostEnvironment", "IHostEnvironment", "IHostingEnvironment"):
            return f"{name}.IsDevelopment()"
        if kind == "WebApplication":
            return f"{name}.Environment.IsDevelopment()"
    return ""


def in_order(module: Module, at: Location) -> Fix | None:
    """`UseAuthentication` before `UseAuthorization`, and the cache of answers after it."""
    call = call_at(module, at)
    if call is None or call.parent is None or call.parent.type != "expression_statement":
        return None
    first = method_of(module, call) == "UseAuthentication"
    other = _other(module, call, "UseAuthorization" if first else "UseAuthentication")
    gone = removed(module, call)
    if other is None or other.parent is None or other.parent.type != "expression_statement" or gone is None:
        return None
    line = module.text(call.parent)
    moved = (
        line_before(module, other.parent, line)
        if first
        else line_after(module, _last(module, call, other), line)
    )
    title = "authenticate before access is decided" if first else "keep answers after callers are known"
    breaks = (
        "callers that were refused until now" if first else "answers that are no longer served from the cache"
    )
    return Fix(title, (gone, moved), safety=Safety.RISKY, breaks=breaks)


def _other(module: Module, call: Node, name: str) -> Node | None:
    owner = module.text(owner_of(call))
    same = (c for c in module.by_method.get(name, ()) if method_around(c) == method_around(call))
    return next((c for c in same if module.text(owner_of(c)) == owner), None)


def _last(module: Module, call: Node, other: Node) -> Node:
    """The statement after which the cache stands: authorisation's, where that is below authentication's."""
    later = _other(module, call, "UseAuthorization")
    found = later if later is not None and later.start_byte > other.start_byte else other
    assert found.parent is not None  # a call is in a statement
    return found.parent


def behind_tls(module: Module, at: Location, value: str, breaks: str) -> Fix | None:
    """The length in its options, or `AddHsts` with one; and `UseHsts` where it is missing."""
    days = max(max_age(value) // _DAY, 1)
    breaks = breaks or "ports and sub-domains that are served over plain HTTP"
    if at.pointer == "HstsOptions/MaxAge" and at.kind is Kind.VALUE and at.span is not None:
        edit = Edit(at.source, at.span, f"TimeSpan.FromDays({days})")
        return Fix("raise the length of HSTS", (edit,), safety=Safety.RISKY, breaks=breaks)
    call = call_at(module, at)
    services = _services(module)
    if call is None or services is None:
        return None
    name, place = services
    made = f"{name}.AddHsts(options => {{ options.MaxAge = TimeSpan.FromDays({days}); options.IncludeSubDomains = true; }});"
    edits = [line_before(module, place, made)]
    if method_of(module, call) == "UseHttpsRedirection":
        statement = statement_of(call)
        if statement is None:
            return None
        edits.append(line_before(module, statement, f"{module.text(owner_of(call))}.UseHsts();"))
    return Fix("send HSTS for a year", tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _services(module: Module) -> tuple[str, Node] | None:
    """How the file names its services, and the statement before which they are complete."""
    for call in module.calls:
        owner = owner_of(call)
        if method_of(module, call) == "Build" and not arguments(call) and owner is not None and owner.type == "identifier":  # fmt: skip
            statement = statement_of(call)
            if statement is not None and "CreateBuilder" in module.text(module.resolved(owner)):
                return f"{module.text(owner)}.Services", statement
    for method in module.methods:
        scope = module.scopes.get(method.id)
        names = [
            n
            for n, kind in (scope.types if scope is not None else {}).items()
            if kind == "IServiceCollection"
        ]
        body = method.child_by_field_name("body")
        inner = [c for c in body.named_children if c.type.endswith("_statement")] if body is not None else []
        if module.text(method.child_by_field_name("name")) == "ConfigureServices" and names and inner:
            return names[0], inner[0]
    return None


def limited(module: Module, at: Location) -> Fix | None:
    """`app.UseRateLimiter();` after the application is built, where routing comes first by itself."""
    if at.pointer != "AddRateLimiter" or any(method_of(module, c) == "UseRouting" for c in module.calls):
        return None
    for call in module.calls:
        above = call.parent
        if method_of(module, call) != "Build" or above is None or above.type != "variable_declarator":
            continue
        statement, name = statement_of(call), module.text(above.child_by_field_name("name"))
        if statement is not None and module.resolved(owner_of(call)) is not None and not _nested(call):
            edit = line_after(module, statement, f"{name}.UseRateLimiter();")
            return Fix("use the limits", (edit,), safety=Safety.RISKY, breaks="clients that call more often")
    return None


def _nested(call: Node) -> bool:
    above, steps = call.parent, 0
    while above is not None and steps < HIGHEST:
        if above.type in METHODS:
            return True
        above, steps = above.parent, steps + 1
    return False
