"""What controllers have of the classes that they extend: attributes are inherited, and many programs have a base of their own.

Source: https://learn.microsoft.com/aspnet/core/mvc/controllers/routing#route-name (route attributes on a base controller).
"""

from __future__ import annotations

import re

from tree_sitter import Node

from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.module import Module, argument, load
from batten.technologies.frameworks.aspnet.code.owners import Guard, attributed, attributes
from batten.technologies.frameworks.aspnet.code.project import project_of

_FRAMEWORK = ("", "ControllerBase", "Controller", "ApiController", "ODataController")
_DEEPEST = 4
_NAME = re.compile(r":\s{0,99}([\w.]{1,200})")


@record
class Given:
    """What a class gives its actions: the template of their paths, and what it requires. `known`: whether its bases were found."""

    template: str | None
    guard: Guard
    known: bool


def given(module: Module, node: Node, workspace: Workspace, depth: int = 0) -> Given:
    """What a controller has of its own attributes, else of those of the classes that it extends."""
    own = Given(template(module, attributes(module, node).get("Route")), attributed(module, node), True)
    bases = next((c for c in node.named_children if c.type == "base_list"), None)
    found = _NAME.match(module.text(bases)) if bases is not None else None
    name = found[1].rpartition(".")[2] if found is not None else ""
    if name in _FRAMEWORK:
        return own
    held = _found(name, module.path, workspace) if depth < _DEEPEST else None
    base = given(*held, workspace, depth + 1) if held is not None else Given(None, Guard.UNKNOWN, False)
    return Given(
        own.template if own.template is not None else base.template,
        own.guard if own.guard is not Guard.NOTHING else base.guard,
        own.template is not None or base.known,
    )


def template(module: Module, attribute: Node | None) -> str | None:
    """What an attribute writes; None where it is not there, or not known."""
    value = module.plain(argument(attribute, 0, "template")) if attribute is not None else None
    return value if isinstance(value, str) else None


def _found(name: str, path: str, workspace: Workspace) -> tuple[Module, Node] | None:
    """The one class of a name that the project declares."""
    project = project_of(path, workspace)
    return workspace.kept(("csharp base", project.folder, name), lambda: _declared(name, path, workspace))


def _declared(name: str, path: str, workspace: Workspace) -> tuple[Module, Node] | None:
    texts = project_of(path, workspace).texts
    pattern = re.compile(rf"\bclass\s{{1,9}}{name}\b")  # ours: a name, letters and digits
    listed = [other for other, text in texts.items() if pattern.search(text)]
    try:
        module = load(listed[0], workspace) if len(listed) == 1 else None
    except (SyntaxProblem, Unreadable):
        return None
    for one in module.classes if module is not None else ():
        if module is not None and module.text(one.child_by_field_name("name")) == name:
            return module, one
    return None
