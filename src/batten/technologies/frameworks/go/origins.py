"""Lists of origins in the place of what admits any."""

from __future__ import annotations

import json
import re

from tree_sitter import Node

from batten.model import Edit, Fix, Location, Safety
from batten.technologies.frameworks.go.cors import FIBER, FORMS, OPEN, declaration
from batten.technologies.frameworks.go.edits import at_call, at_literal, at_value, fields_edits, listed
from batten.technologies.frameworks.go.module import Module

_TITLE, _BREAKS = "list the origins that may read answers", "web pages on other origins"
# gin-contrib/cors: what `cors.Default()` allows beside the origins.
_GIN = 'AllowMethods: []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}, AllowHeaders: []string{"Origin", "Content-Length", "Content-Type"}'


def origins_fix(module: Module, at: Location, origins: tuple[str, ...]) -> Fix | None:
    """The edits by the place that admits any origin."""
    node = at_value(module, at)
    if node is None or at.span is None:
        edits: list[Edit] = []
    else:
        match at.pointer:
            case "cors":
                edits = _whole(module, at, origins)
            case "cors/AllowAllOrigins":
                # `AllowAllOrigins: true` and `config.AllowAllOrigins = true`.
                above: Node | None = node
                while above is not None and above.type not in ("keyed_element", "assignment_statement"):
                    above = above.parent
                key = (
                    above.child_by_field_name("key") or above.child_by_field_name("left")
                    if above is not None
                    else None
                )
                if key is None:
                    edits = []
                else:
                    name = module.text(key).removesuffix("AllowAllOrigins")
                    edits = [
                        Edit(module.path, module.script.span(key), f"{name}AllowOrigins"),
                        Edit(module.path, module.script.span(node), listed(origins)),
                    ]
            case "cors/function":
                edits = _compared(module, node, origins)
            case "cors/origins" if node.type.endswith("string_literal"):  # Fiber 2
                edits = [Edit(module.path, at.span, json.dumps(",".join(origins)))]
            case "cors/origins" if node.type != "identifier":
                edits = [Edit(module.path, at.span, listed(origins))]
            case "cors/argument" if node.type.endswith("string_literal"):  # Echo 5
                edits = [Edit(module.path, at.span, ", ".join(map(json.dumps, origins)))]
            case "header/origin" if node.type != "identifier":
                edits = [Edit(module.path, at.span, json.dumps(origins[0]))]
            case _:
                edits = []
    return Fix(_TITLE, tuple(edits), safety=Safety.RISKY, breaks=_BREAKS) if edits else None


def _whole(module: Module, at: Location, origins: tuple[str, ...]) -> list[Edit]:
    """`cors.Default()`, or options without a list."""
    literal, call = at_literal(module, at), at_call(module, at)
    if literal is not None:
        kind = module.qualified(literal.child_by_field_name("type"))
        text = json.dumps(",".join(origins)) if kind.startswith(FIBER) else listed(origins)
        return fields_edits(module, literal, {FORMS[kind].origins: text})
    function = call.child_by_field_name("function") if call is not None else None
    if call is None or function is None:
        return []
    package, key = module.text(function.child_by_field_name("operand")), OPEN[module.called(call)]
    made = f"{key}: {listed(origins)}"
    if "gin-contrib" in module.called(call):
        text = f"{package}.New({package}.Config{{{made}, {_GIN}}})"
    elif "gofiber" in module.called(call):
        words = json.dumps(",".join(origins)) if module.called(call).startswith(FIBER) else listed(origins)
        text = f"{package}.New({package}.Config{{{key}: {words}}})"
    elif "echo" in module.called(call):
        text = f"{package}.CORSWithConfig({package}.CORSConfig{{{made}}})"
    else:
        text = f"{package}.New({package}.Options{{{made}}})"
    return [Edit(module.path, module.script.span(call), text)]


def _compared(module: Module, given: Node, origins: tuple[str, ...]) -> list[Edit]:
    """The function's body compares the origin with each."""
    function = declaration(module, given)
    taken = function.child_by_field_name("parameters") if function is not None else None
    body = function.child_by_field_name("body") if function is not None else None
    named = (
        [p for p in taken.named_children if module.text(p.child_by_field_name("type")) == "string"]
        if taken
        else []
    )
    names = [module.text(n) for p in named for n in p.children_by_field_name("name")]
    if body is None or len(names) != 1 or names[0] == "_":
        return []
    made = " || ".join(f"{names[0]} == {json.dumps(origin)}" for origin in origins)
    returned = re.sub(r"\btrue\b", lambda _: made, module.text(body).strip("{} \t\r\n"))
    return [Edit(module.path, module.script.span(body), f"{{ {returned} }}")]
