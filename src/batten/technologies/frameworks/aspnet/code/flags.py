"""The flags of cookies, written where they are missing or off."""

from __future__ import annotations

from tree_sitter import Node

from batten.model import Edit, Fix, Location, Safety, Span
from batten.technologies.frameworks.aspnet.code.cookies import FORMS
from batten.technologies.frameworks.aspnet.code.edits import call_at, members_added, statements_added
from batten.technologies.frameworks.aspnet.code.module import (
    LAMBDAS,
    MADE,
    Module,
    argument,
    arguments,
    method_of,
)
from batten.technologies.shared.python.arguments import sensitive

_PLAIN = "clients over plain HTTP, and pages of other sites that embed the application"
_APPENDED = {"Secure": "true", "HttpOnly": "true", "SameSite": "SameSiteMode.Lax"}
_SET_UP = {
    "Cookie.SecurePolicy": "CookieSecurePolicy.Always",
    "Cookie.HttpOnly": "true",
    "Cookie.SameSite": "SameSiteMode.Lax",
}


def flagged(module: Module, at: Location) -> Fix | None:
    """The flags of the cookie that a call appends or sets up; scripts may read one that holds no credential."""
    call = call_at(module, at)
    if call is None:
        return None
    if method_of(module, call) == "Append":
        options, name = argument(call, 2, "options"), module.string(argument(call, 0, "key"))
        wanted = _APPENDED if not name or sensitive(name) else {"Secure": _APPENDED["Secure"]}
        if options is None:
            end = module.script.span(arguments(call)[-1]).end
            joined = ", ".join(f"{key} = {value}" for key, value in wanted.items())
            edits = [Edit(module.path, Span(end, end), f", new CookieOptions {{ {joined} }}")]
        else:
            made = module.resolved(options)
            if made is None or made.type not in MADE:
                edits = []
            else:
                written = _written(module, module.text(options), made)
                appended_edits = [
                    Edit(module.path, module.script.span(node), wanted[key])
                    for key, node in written.items()
                    if key in wanted
                    and module.text(node).rpartition(".")[2] in ("false", "None", "Unspecified")
                ]
                missing = {key: value for key, value in wanted.items() if key not in written}
                added = members_added(module, made, missing) if missing else None
                edits = [*appended_edits, *([added] if added is not None else [])]
    else:
        edits = _set_up(module, call)
    return Fix("set the cookie's flags", tuple(edits), safety=Safety.RISKY, breaks=_PLAIN) if edits else None


def _written(module: Module, name: str, made: Node) -> dict[str, Node]:
    """The flags that are given in the initializer, or later by the name of the options."""
    found: dict[str, Node] = {}
    where = module.script.span(made)
    for node in module.assigned:
        left, right = module.text(node.child_by_field_name("left")), node.child_by_field_name("right")
        here = module.script.span(node)
        inside = where.start <= here.start and here.end <= where.end
        key = left if inside else left.removeprefix(f"{name}.") if left.startswith(f"{name}.") else ""
        if key in _APPENDED and right is not None:
            found[key] = right
    return found


def _set_up(module: Module, call: Node) -> list[Edit]:
    """`AddSession()` gets a lambda, or its lambda further lines."""
    form = FORMS.get(method_of(module, call))
    function = next((a for a in arguments(call) if a.type in LAMBDAS), None)
    if form is None:
        return []
    wanted = _SET_UP if form.sensitive else {"Cookie.SecurePolicy": _SET_UP["Cookie.SecurePolicy"]}
    if function is None:
        listed = call.child_by_field_name("arguments")
        if listed is None or arguments(call):
            return []
        made = f"(options => options.Cookie.SecurePolicy = {wanted['Cookie.SecurePolicy']})"
        return [Edit(module.path, module.script.span(listed), made)]
    taken = function.child_by_field_name("parameters")
    name = module.text(taken).strip("()").rpartition(" ")[2]
    written = {
        key: node.child_by_field_name("right")
        for node in module.assigned
        for key in wanted
        if module.text(node.child_by_field_name("left")) == f"{name}.{key}"
        and _inside(module, node, function)
    }
    edits = [
        Edit(module.path, module.script.span(node), wanted[key])
        for key, node in written.items()
        if node is not None
        and module.text(node) in ("false", "CookieSecurePolicy.None", "SameSiteMode.Unspecified")
    ]
    if "Cookie.SecurePolicy" in written or form.secure is not False or not name:
        return edits
    line = f"{name}.Cookie.SecurePolicy = CookieSecurePolicy.Always;"
    return [*edits, *statements_added(module, function, [line])]


def _inside(module: Module, node: Node, outer: Node) -> bool:
    here, around = module.script.span(node), module.script.span(outer)
    return around.start <= here.start and here.end <= around.end
