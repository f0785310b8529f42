"""Classes that controllers extend: Nest registers the routes of their methods, too."""

from __future__ import annotations

from batten.formats import Workspace
from batten.technologies.frameworks.express.imported import imported
from batten.technologies.frameworks.express.module import Module
from batten.technologies.frameworks.express.nest.decorators import Class, classes
from batten.technologies.frameworks.express.nest.program import COMMON

_DEEPEST = 4


def inherits(module: Module, one: Class, workspace: Workspace, depth: int = 0) -> bool:
    """Whether a class may have routes of one that it extends."""
    if one.base is None:
        return False
    known = one.base.type == "identifier" and depth < _DEEPEST
    found = _found(module, module.text(one.base), workspace) if known else None
    return (
        found is None
        or any(d.name.startswith(COMMON) for method in found[1].methods for d in method.decorators)
        or inherits(*found, workspace, depth + 1)
    )


def _found(module: Module, word: str, workspace: Workspace) -> tuple[Module, Class] | None:
    """The class that a name stands for, where the program's own files show it."""
    name, other = word, module
    if word in module.packages:
        held = imported(module, module.packages[word], workspace)
        if held is None:
            return None
        other, name = held[0], held[1] or word
    one = classes(other, workspace).get(name)
    return (other, one) if one is not None else None
