"""On what endpoints are mapped: the application, and groups with their prefix and their authorisation.

Source: https://learn.microsoft.com/aspnet/core/fundamentals/minimal-apis/route-handlers (route groups) and
https://learn.microsoft.com/aspnet/core/security/authorization/simple: where anything says that an endpoint is anonymous, that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tree_sitter import Node

from batten.formats import Workspace
from batten.model.record import record
from batten.technologies.frameworks.aspnet.code.module import (
    HIGHEST,
    LAMBDAS,
    Module,
    argument,
    method_of,
    onward,
    owner_of,
)
from batten.technologies.frameworks.aspnet.code.project import given_for, site_of


class Guard(Enum):
    """What an endpoint requires of its callers."""

    NOTHING = "nothing"
    LOGIN = "login"
    ANONYMOUS = "anonymous"  # it says that anyone may call it
    UNKNOWN = "unknown"  # code of its own may decide


_REQUIRING = ("RequireAuthorization", "RequireRole", "RequireScope", "RequireClaim")
_DECIDING = (
    "AddEndpointFilter",
    "AddEndpointFilterFactory",
    "RequireHost",
    "WithMetadata",
    "Add",
    "AddFilter",
)
DECIDING = ("AllowAnonymous", *_REQUIRING, *_DECIDING)
_GROUPS = 60  # calls and names that lead from an endpoint to the application
_APPLICATIONS = ("WebApplication", "IApplicationBuilder")
_PASSED = ("IEndpointRouteBuilder", "RouteGroupBuilder", "WebApplication")


@record
class Place:
    """Where endpoints of an owner are. `prefix` is None where this is not shown."""

    prefix: str | None
    guard: Guard


UNSEEN = Place(None, Guard.UNKNOWN)


def stricter(outer: Guard, inner: Guard) -> Guard:
    """What two levels come to."""
    for one in (Guard.ANONYMOUS, Guard.LOGIN, Guard.UNKNOWN):
        if one in (outer, inner):
            return one
    return Guard.NOTHING


@dataclass(slots=True, eq=False)
class Owners:
    module: Module
    workspace: Workspace
    depth: int = 0

    def place(self, owner: Node | None) -> Place:
        """Where an owner's endpoints are, and what its groups require."""
        prefix, guard = "", Guard.NOTHING
        for _ in range(_GROUPS):
            if owner is None:
                return UNSEEN
            if owner.type == "invocation_expression":
                name = method_of(self.module, owner)
                if name == "MapGroup":
                    path = self.module.plain(argument(owner, 0, "prefix"))
                    if not isinstance(path, str):
                        return UNSEEN
                    prefix = joined(path, prefix)
                    guard = stricter(self._after(owner), guard)
                elif name in ("Build", "Create"):
                    return Place(prefix, guard)
                owner = owner_of(owner)
                continue
            outer = self._named(owner)
            if isinstance(outer, Place):
                whole = None if outer.prefix is None else joined(outer.prefix, prefix)
                return Place(whole, stricter(outer.guard, guard))
            guard = stricter(self._later(owner), guard)
            owner = outer
        return UNSEEN

    def _named(self, owner: Node) -> Place | Node:
        """The place of a name, or the expression that it stands for."""
        if owner.type != "identifier":
            return UNSEEN
        scope = self.module.found(owner)
        word = self.module.text(owner)
        if scope is None:
            return UNSEEN
        made = scope.names[word]
        if made is not None:
            inner = self.module.resolved(made)
            return UNSEEN if inner is None else inner
        return self._parameter(owner, scope.types.get(word, ""))

    def _parameter(self, name: Node, kind: str) -> Place:
        word, above = self.module.text(name), name.parent
        while above is not None:
            held = self.module.scopes.get(above.id)
            if held is not None and word in held.names:
                break
            above = above.parent
        if above is None:
            return UNSEEN
        if above.type in LAMBDAS:
            call = (
                above.parent.parent.parent
                if above.parent is not None and above.parent.parent is not None
                else None
            )
            within = call is not None and method_of(self.module, call) == "UseEndpoints"
            return Place("", Guard.NOTHING) if within else UNSEEN
        return self._passed(name, above, kind)

    def _passed(self, name: Node, method: Node, kind: str) -> Place:
        """What the only call of a method in the project gives for a parameter."""
        if kind in _APPLICATIONS and self.module.text(method.child_by_field_name("name")) in (
            "Main",
            "Configure",
        ):
            return Place("", Guard.NOTHING)
        site = site_of(self.module, method, self.workspace) if self.depth < 4 and kind in _PASSED else None
        if site is None:
            return Place("", Guard.UNKNOWN) if kind == "WebApplication" else UNSEEN
        passed = given_for(site, self.module, method, self.module.text(name))
        found = Owners(site.module, self.workspace, self.depth + 1).place(passed)
        return Place(
            found.prefix, stricter(found.guard, Owners(site.module, self.workspace).after(site.call))
        )

    def after(self, call: Node) -> Guard:
        """What the calls after one in its chain require, where they are of what it returns."""
        return self._after(call)

    def _after(self, call: Node) -> Guard:
        found = Guard.NOTHING
        for one in onward(call):
            name = method_of(self.module, one)
            if name.startswith("Map"):
                break  # an endpoint, whose calls these are
            found = stricter(found, required(name))
        return found

    def _later(self, name: Node) -> Guard:
        """`group.RequireAuthorization();` in a statement of its own."""
        found = Guard.NOTHING
        for method in DECIDING:
            if method in self.module.on.get(self.module.text(name), ()):
                found = stricter(found, required(method))
        return found

    def guard(self, call: Node) -> Guard:
        """What the chain after an endpoint, a name that it is given, and its handler's attributes require."""
        found = Guard.NOTHING
        for one in onward(call):
            found = stricter(found, required(method_of(self.module, one)))
        return stricter(found, stricter(self._kept(call), self._handled(call)))

    def _kept(self, call: Node) -> Guard:
        """`var one = app.MapGet(…); one.RequireAuthorization();`"""
        above, steps = call.parent, 0
        while above is not None and above.type in ("member_access_expression", "invocation_expression") and steps < HIGHEST:  # fmt: skip
            above, steps = above.parent, steps + 1
        name = (
            above.child_by_field_name("name")
            if above is not None and above.type == "variable_declarator"
            else None
        )
        return self._later(name) if name is not None else Guard.NOTHING

    def _handled(self, call: Node) -> Guard:
        """Attributes of the handler: a lambda's, or a method's of the same file."""
        handler = argument(call, 1, "handler")
        if handler is None:
            return Guard.NOTHING
        if handler.type in LAMBDAS:
            return attributed(self.module, handler)
        name = method_of(self.module, handler)
        named = self.module.by_name.get(name, []) if name else []
        return attributed(self.module, named[0]) if len(named) == 1 else Guard.NOTHING


def required(method: str) -> Guard:
    """What a call in an endpoint's or a group's chain requires."""
    if method == "AllowAnonymous":
        return Guard.ANONYMOUS
    if method in _REQUIRING:
        return Guard.LOGIN
    return Guard.UNKNOWN if method in _DECIDING else Guard.NOTHING


def attributes(module: Module, node: Node) -> dict[str, Node]:
    """The attributes of a class, method or lambda, by name without `Attribute`."""
    found: dict[str, Node] = {}
    for listed in (c for c in node.named_children if c.type == "attribute_list"):
        for one in (c for c in listed.named_children if c.type == "attribute"):
            name = module.text(one.child_by_field_name("name")).rpartition(".")[2].partition("<")[0]
            found.setdefault(name.removesuffix("Attribute"), one)
    return found


def attributed(module: Module, node: Node) -> Guard:
    """What the attributes say: `[Authorize]`, `[AllowAnonymous]`, or one of the program's own that may."""
    named = attributes(module, node)
    if "AllowAnonymous" in named:
        return Guard.ANONYMOUS
    if "Authorize" in named:
        return Guard.LOGIN
    own = any(_own(name) for name in named)
    return Guard.UNKNOWN if own else Guard.NOTHING


def _own(name: str) -> bool:
    """Whether an attribute of the program's own, by its name, may ask for a credential."""
    lowered = name.lower()
    words = (
        "auth",
        "permission",
        "apikey",
        "token",
        "role",
        "policy",
        "scope",
        "access",
        "filter",
        "secured",
        "require",
    )
    return any(word in lowered for word in words) and not lowered.startswith(
        ("allow", "requiresize", "requestsize")
    )


def joined(outer: str, inner: str) -> str:
    """Two parts of a path."""
    parts = (one.strip("/") for one in (outer, inner))
    return "/" + "/".join(one for one in parts if one)
