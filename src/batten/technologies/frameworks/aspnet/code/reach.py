"""In which environments a statement is reached, by the conditions around it and around the calls that lead to it.

Source: https://learn.microsoft.com/aspnet/core/fundamentals/environments.
"""

from __future__ import annotations

import re
from enum import Enum

from tree_sitter import Node

from batten.formats import Workspace
from batten.technologies.frameworks.aspnet.code.module import HIGHEST, METHODS, Module
from batten.technologies.frameworks.aspnet.code.project import method_around, site_of


class Reach(Enum):
    ALWAYS = "always"
    PRODUCTION = "production"  # and everywhere else but where developers work
    DEVELOPMENT = "development"
    SOMETIMES = "sometimes"  # something else decides
    UNSEEN = "unseen"  # no call that leads to it is in the project, or several are


_ENTRIES = frozenset(
    ("Main", "Configure", "ConfigureServices", "CreateHostBuilder", "CreateWebHostBuilder", "BuildWebHost")
)
_OWNER = r"(?:\w[\w.!?]*\.)?"
_DEVELOPING = re.compile(
    rf"{_OWNER}Is(?:Development|Staging)\(\)|!{_OWNER}IsProduction\(\)"
    rf"|{_OWNER}IsEnvironment\(\"(?i:dev\w*|local\w*|test\w*|staging|docker)\"\)"
)
_PRODUCING = re.compile(rf"!{_OWNER}Is(?:Development|Staging)\(\)|{_OWNER}IsProduction\(\)")
_DECIDING = (
    "conditional_expression",
    "switch_section",
    "switch_expression_arm",
    "while_statement",
    "catch_clause",
    "preproc_elif",
)
_LONGEST = 400
_DEPTH = 4


def reached(module: Module, node: Node, workspace: Workspace, depth: int = 0) -> Reach:
    """The environments in which a node is reached."""
    here = local(module, node)
    if here not in (Reach.ALWAYS, Reach.PRODUCTION):
        return here
    method = method_around(node)
    if method is None or module.text(method.child_by_field_name("name")) in _ENTRIES:
        return here
    known: dict[int, Reach] = workspace.kept(("csharp reach", module.path), dict)
    if method.id not in known:
        # Where the only call of a method is reached.
        site = site_of(module, method, workspace) if depth < _DEPTH else None
        known[method.id] = (
            reached(site.module, site.call, workspace, depth + 1) if site is not None else Reach.UNSEEN
        )
    before = known[method.id]
    return here if before is Reach.ALWAYS else before


def served(found: Reach) -> bool:
    """Whether users meet it, as far as the project shows."""
    return found in (Reach.ALWAYS, Reach.PRODUCTION)


def possible(found: Reach) -> bool:
    """Whether nothing shows that only developers, or a setting, reach it."""
    return found in (Reach.ALWAYS, Reach.PRODUCTION, Reach.UNSEEN)


def local(module: Module, node: Node) -> Reach:
    """What the conditions in the same method say."""
    found, steps, below, above = Reach.ALWAYS, 0, node, node.parent
    while above is not None and above.type not in METHODS and steps < HIGHEST:
        # What a node around another says of when the inner one is reached.
        if above.type in _DECIDING:
            decided = Reach.SOMETIMES
        elif above.type not in ("if_statement", "preproc_if"):
            decided = Reach.ALWAYS
        else:
            condition = above.child_by_field_name("condition")
            if condition is None or condition == below:
                decided = Reach.ALWAYS
            else:
                other = above.child_by_field_name("alternative") == below
                if above.type == "preproc_if":
                    decided = _compiled(module.text(condition).strip(), other)
                else:
                    decided = _asked(_written(module, condition), other)
        if decided in (Reach.DEVELOPMENT, Reach.SOMETIMES):
            return decided
        found = Reach.PRODUCTION if decided is Reach.PRODUCTION else found
        below, steps = above, steps + 1
        above = above.parent
    return found if steps < HIGHEST else Reach.SOMETIMES


def _compiled(condition: str, other: bool) -> Reach:
    """`#if DEBUG`: what is published is compiled for release."""
    if condition not in ("DEBUG", "!DEBUG"):
        return Reach.SOMETIMES
    return Reach.DEVELOPMENT if (condition == "DEBUG") is not other else Reach.PRODUCTION


def _written(module: Module, condition: Node) -> str:
    """The condition; of a name, what it stands for."""
    found = module.resolved(condition)
    turned = condition.type == "prefix_unary_expression" and module.text(condition).startswith("!")
    if turned and condition.named_children:
        inner = module.resolved(condition.named_children[0])
        return "!" + re.sub(r"\s", "", module.text(inner)[:_LONGEST]) if inner is not None else ""
    return re.sub(r"\s", "", module.text(found)[:_LONGEST]) if found is not None else ""


def _asked(text: str, other: bool) -> Reach:
    either, both = text.split("||"), text.split("&&")
    developing = all(_DEVELOPING.fullmatch(part) for part in either)
    producing = all(_PRODUCING.fullmatch(part) for part in both)
    if other:
        return Reach.PRODUCTION if developing else Reach.DEVELOPMENT if producing else Reach.SOMETIMES
    if developing or (len(either) == 1 and any(_DEVELOPING.fullmatch(part) for part in both)):
        return Reach.DEVELOPMENT
    return Reach.PRODUCTION if producing else Reach.SOMETIMES
