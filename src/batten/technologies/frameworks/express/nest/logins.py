"""Routes without the guard that most routes of their file have.

Sources: https://docs.nestjs.com/guards, https://docs.nestjs.com/security/authentication, https://docs.nestjs.com/middleware. What a decorator of
the program's own means is not known here: `@Public()` may open a route, `@Auth()` may close it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from tree_sitter import Node

from batten.facts import Feature
from batten.formats import Workspace
from batten.model import ABSENT, Setting, Switch
from batten.technologies.frameworks.express.module import Module, arguments
from batten.technologies.frameworks.express.nest.controllers import Action, actions
from batten.technologies.frameworks.express.nest.decorators import Decorator
from batten.technologies.frameworks.express.nest.program import COMMON, Program, program_of

_LOGIN = re.compile(
    r"auth|jwt|login|session|token|api_?key|role|permission|admin|user|account", re.IGNORECASE
)
_LENIENT = re.compile(r"optional|anonym|public|maybe|guest", re.IGNORECASE)
_LIMITS = re.compile(r"throttl|rate_?limit", re.IGNORECASE)
# Where credentials are got, or what everyone may see.
_OPEN = re.compile(
    r"log-?[io]n|log-?out|sign-?[iuo]|register|auth|token|password|forgot|reset|confirm|verify|health|ready|live|ping|status|metrics|static"
    r"|favicon|robots|sitemap|version|index|webhook|callback|public|about|contact|csrf|docs|openapi|swagger|error|home|privacy|info",
    re.IGNORECASE,
)
_FEWEST = 3  # routes with a login that show that it is the rule
_GUARDED = re.compile(r"\bprovide\s{0,9}:\s{0,9}APP_GUARD\b|\.useGlobalGuards\b")
_LIMITED = re.compile(
    r"\bprovide\s{0,9}:\s{0,9}APP_GUARD\s{0,9},\s{0,9}useClass\s{0,9}:\s{0,9}\w{0,40}Throttler\w{0,40}"
)
_BEFORE = re.compile(
    r"\.forRoutes\b|\.use\(\s{0,99}(?:async\b|function\b|\(|\w{0,60}(?i:auth|passport|session|token|jwt|protect))"
)


class Guard(Enum):
    """What decides about a route's callers."""

    NOTHING = auto()
    UNKNOWN = auto()
    LOGIN = auto()


def logins(module: Module, workspace: Workspace) -> Iterator[Feature]:
    """What three of four routes of a file require, and the others do not."""
    found = [one for held in actions(module, workspace).values() for one in held if one.paths]
    if len(found) <= _FEWEST or _before(program_of(module.path, workspace)):
        return
    guards = [(one, _guard(module, one)) for one in found]
    kept = sum(guard is Guard.LOGIN for _, guard in guards)
    bare = [one for one, guard in guards if guard is Guard.NOTHING and not _OPEN.search(one.paths[0])]
    if kept < _FEWEST or 3 * len(bare) > kept:
        return
    for one in bare:
        if one.paths[0].strip("/"):
            at = module.block(one.decorator, f"login[{one.paths[0]}]")
            yield Feature(at, Switch.LOGIN, Setting(ABSENT, at, False), one.paths[0])


def _before(program: Program) -> bool:
    """Whether something that is before all routes may require a login."""
    every = program.texts.values()
    guards = sum(len(_GUARDED.findall(text)) - len(_LIMITED.findall(text)) for text in every)
    return guards > 0 or any(_BEFORE.search(text) for text in every)


def _guard(module: Module, one: Action) -> Guard:
    """That of the method, and of its controller; a controller has those of the class that it extends, too."""
    own = [_required(module, d) for d in one.method.decorators]
    outer = [_required(module, d) for d in one.controller.decorators]
    if Guard.UNKNOWN in own or (Guard.LOGIN not in own and Guard.UNKNOWN in outer):
        return Guard.LOGIN if Guard.LOGIN in own else Guard.UNKNOWN
    if Guard.LOGIN in own or Guard.LOGIN in outer:
        return Guard.LOGIN
    return Guard.UNKNOWN if one.controller.base is not None else Guard.NOTHING


def _required(module: Module, one: Decorator) -> Guard:
    if one.name != f"{COMMON}UseGuards" or one.call is None:
        return Guard.NOTHING if one.name.startswith("@nestjs/") else Guard.UNKNOWN
    named = [_named(module, given) for given in arguments(one.call)]
    if any(_LOGIN.search(name) and not _LENIENT.search(name) for name in named):
        return Guard.LOGIN
    return Guard.NOTHING if all(_LIMITS.search(name) for name in named) else Guard.UNKNOWN


def _named(module: Module, given: Node) -> str:
    """The class of a guard: `AuthGuard('jwt')`, `new RolesGuard()`, `JwtAuthGuard`."""
    node = given.child_by_field_name("function") or given.child_by_field_name("constructor") or given
    return module.text(node)[:200].rpartition(".")[2]
