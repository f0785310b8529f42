"""What calls are made on: applications of frameworks, routers, groups, and under which path each of them is.

Sources: https://gin-gonic.com/en/docs/examples/grouping-routes/, https://echo.labstack.com/docs/routing, https://go-chi.io/#/pages/routing,
https://pkg.go.dev/github.com/gorilla/mux#hdr-Overview, https://docs.gofiber.io/guide/routing, https://docs.gofiber.io/api/app#mounting,
https://pkg.go.dev/net/http#hdr-Patterns-ServeMux.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from batten.technologies.frameworks.go.module import DEEPEST, FUNCTIONS, Module, argument, arguments

_MADE = {
    "github.com/gin-gonic/gin.Default": "Gin",
    "github.com/gin-gonic/gin.New": "Gin",
    "github.com/labstack/echo/v4.New": "Echo",
    "github.com/labstack/echo/v5.New": "Echo",
    "github.com/go-chi/chi.NewRouter": "chi",
    "github.com/go-chi/chi/v5.NewRouter": "chi",
    "github.com/go-chi/chi.NewMux": "chi",
    "github.com/go-chi/chi/v5.NewMux": "chi",
    "github.com/gorilla/mux.NewRouter": "mux",
    "github.com/gofiber/fiber/v2.New": "Fiber",
    "github.com/gofiber/fiber/v3.New": "Fiber",
    "net/http.NewServeMux": "net/http",
}
_ROOTS = ("Gin", "Echo", "Fiber")  # the others count where they are served or mounted


@dataclass(slots=True, eq=False)
class Owners:
    """`mounted` are prefixes of routers by the node that makes them."""

    module: Module
    mounted: dict[int, str] = field(default_factory=dict)

    def framework(self, call: Node) -> str:
        """The framework of what a method is called on: "" where it is not a router of one."""
        made = self._made(_owner(call))
        return _MADE.get(self.module.called(made), "") if made is not None else ""

    def _made(self, owner: Node | None) -> Node | None:
        made = self.module.resolved(owner)
        return made if made is not None and made.type == "call_expression" else None

    def prefix(self, owner: Node | None, depth: int = 0) -> str | None:
        """The path under which routes of an owner are; None where this file does not show it."""
        if owner is None or depth > DEEPEST:
            return None
        if owner.type == "identifier" and (taken := self._parameter(owner)) is not None:
            return self._nested(taken, depth)
        made = self._made(owner)
        if made is None:
            return None
        framework = _MADE.get(self.module.called(made))
        if framework is not None:
            return self.mounted.get(made.id, "" if framework in _ROOTS else None)
        return self._nested(made, depth)

    def _nested(self, call: Node, depth: int) -> str | None:
        """`r.Group("/v1")`, `r.Route("/v1", …)` and `r.With(…)`."""
        outer = self.prefix(_owner(call), depth + 1)
        first = argument(call, 0)
        match _method(self.module, call):
            case "Group" | "Route" if outer is not None and first is not None:
                if first.type == "func_literal":
                    return outer
                inner = self.module.plain(first)
                return outer + inner.rstrip("/") if isinstance(inner, str) else None
            case "PathPrefix" if (
                outer is not None and first is not None
            ):  # of Gorilla's mux, before `Subrouter()`
                inner = self.module.plain(first)
                return outer + inner.rstrip("/") if isinstance(inner, str) else None
            case "With" | "Subrouter" | "Methods" | "Schemes":
                return outer
            case _:
                return None

    def _parameter(self, name: Node) -> Node | None:
        """The call that a function is written for, whose parameter is named: `r.Route("/v1", func(r chi.Router) {…})`."""
        word, above = self.module.text(name), name.parent
        while above is not None:
            if above.type in FUNCTIONS:
                taken = above.child_by_field_name("parameters")
                names = (
                    (n for p in taken.named_children for n in p.children_by_field_name("name"))
                    if taken
                    else ()
                )
                if word in map(self.module.text, names):
                    listed = above.parent
                    return listed.parent if listed is not None and listed.type == "argument_list" else None
                scope = self.module.scopes.get(above.id)
                if scope is not None and word in scope.names:
                    return None
            above = above.parent
        return None


def _owner(call: Node) -> Node | None:
    function = call.child_by_field_name("function")
    return function.child_by_field_name("operand") if function is not None else None


def _method(module: Module, call: Node) -> str:
    function = call.child_by_field_name("function")
    return module.text(function.child_by_field_name("field")) if function is not None else ""


def applications(module: Module) -> Owners:
    """The owners of a file, with those that it serves or mounts."""
    found = Owners(module)
    for call in module.calls:
        if module.called(call) in ("net/http.ListenAndServe", "net/http.ListenAndServeTLS", "net/http.Serve"):
            _serve(found, arguments(call)[-1:])
    for literal in module.literals:
        if module.qualified(literal.child_by_field_name("type")) == "net/http.Server":
            handler = (module.settings(literal) or {}).get("Handler")
            _serve(found, [handler] if handler is not None else [])
    for call in (*module.calls, *module.calls):  # an outer one may be mounted after the inner one
        if _method(module, call) in ("Mount", "Use") and len(arguments(call)) == 2:
            _mount(found, call)
    return found


def _mount(found: Owners, call: Node) -> None:
    """`r.Mount("/v1", inner)`; Fiber 3 mounts applications by `app.Use("/v1", inner)`."""
    outer, path = found.prefix(_owner(call)), found.module.plain(argument(call, 0))
    inner = found._made(argument(call, 1))
    if outer is None or inner is None or not isinstance(path, str):
        return
    if _method(found.module, call) == "Mount" or found.module.called(inner) in _MADE:
        found.mounted[inner.id] = outer + path.rstrip("/")


def _serve(found: Owners, handlers: list[Node]) -> None:
    """A handler, also where middleware wraps it: `c.Handler(mux)`."""
    for node in handlers:
        for _ in range(DEEPEST):
            made = found._made(node)
            if made is None:
                break
            found.mounted.setdefault(made.id, "")
            given = arguments(made)
            if not given or found.module.called(made) in _MADE:
                break
            node = given[0]
