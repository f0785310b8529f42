"""Go: servers of net/http, and of Gin, Echo, chi, Gorilla and Fiber, read from the syntax tree of a source file; nothing is compiled or run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.go.cookies import cookies, keys
from batten.technologies.frameworks.go.cors import policies
from batten.technologies.frameworks.go.features import features
from batten.technologies.frameworks.go.frameworks import frameworks
from batten.technologies.frameworks.go.given import given_routers
from batten.technologies.frameworks.go.gorilla import gorilla
from batten.technologies.frameworks.go.headers import written_origins
from batten.technologies.frameworks.go.module import Module, load
from batten.technologies.frameworks.go.routes import routes
from batten.technologies.frameworks.go.servers import servers
from batten.technologies.frameworks.go.sessions import session_cookies
from batten.technologies.frameworks.go.sockets import sockets
from batten.technologies.frameworks.go.stores import stores
from batten.technologies.frameworks.go.writing import fix_of

READERS: tuple[Callable[[Module], Iterator[Fact]], ...] = (
    servers,
    policies,
    written_origins,
    cookies,
    session_cookies,
    keys,
    stores,
    features,
    frameworks,
    gorilla,
    routes,
    given_routers,
    sockets,
)
# What a file must hold to have a fact: most files of a program are parsed for nothing otherwise.
_SHOWN = re.compile(
    r"\b(?:Server|Config|Options|Cookie|CORSConfig)\{|\.(?:ListenAndServe|Serve|Run|Start)(?:TLS)?\(|\bcors\.|\.SetCookie\(|CORS\(|SignedString\(|\b(?:FastHTTP)?Upgrader\{|\bCheckOrigin\b|AcceptOptions\{|InsecureSkipVerify"
    r"|Store\(|(?i:access-control-allow-origin|secret|key)|debug\.Stack\(|os\.Environ\(|\.SetMode\(|(?:gin|echo)\.(?:Default|New)\(|\bfiber\.New\(|\bcsrf\.|\bhandlers\.|FileServer\(|Profiler\(|pprof|expvar|monitor\.New\(|envvar\."
    r"|://[^\s:/@\"`]*:[^\s/@\"`]+@|\.(?:GET|POST|PUT|PATCH|DELETE|Get|Post|Put|Patch|Delete|HandleFunc|Handle)\("
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    if not _SHOWN.search(workspace.text(unit.main).text):
        return
    module = load(unit.main, workspace)
    for reader in READERS:
        yield from reader(module)


_PREFIXES = {
    "net/http.Server": "http.Server",
    "net/http.Cookie": "http.Cookie",
    "crypto/tls.Config": "tls.Config",
    "github.com/rs/cors.Options": "cors.Options",
    "github.com/go-chi/cors.Options": "cors.Options",
    "github.com/gin-contrib/cors.Config": "cors.Config",
    "github.com/labstack/echo/v4/middleware.CORSConfig": "middleware.CORSConfig",
    "github.com/gofiber/fiber/v2.Config": "fiber.Config",
    "github.com/gofiber/fiber/v3.Config": "fiber.Config",
    "github.com/gofiber/fiber/v2.Cookie": "fiber.Cookie",
    "github.com/gofiber/fiber/v3.Cookie": "fiber.Cookie",
    "github.com/gofiber/fiber/v2/middleware/session.Config": "fiber.session",
    "github.com/gofiber/fiber/v3/middleware/session.Config": "fiber.session",
    "github.com/gofiber/fiber/v2/middleware/csrf.Config": "fiber.csrf",
    "github.com/gofiber/fiber/v3/middleware/csrf.Config": "fiber.csrf",
    "github.com/gorilla/sessions.Options": "sessions.Options",
    "github.com/gin-contrib/sessions.Options": "sessions.Options",
    "github.com/labstack/echo/v5/middleware.CORSConfig": "middleware.CORSConfig",
}


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The fields that literals of a file give, as the inventory spells them."""
    module = load(unit.main, workspace)
    for literal in module.literals:
        prefix = _PREFIXES.get(module.qualified(literal.child_by_field_name("type")))
        for name, node in module.options(literal).items() if prefix is not None else ():
            yield f"{prefix}.{name}", module.value(node, f"{prefix}/{name}")


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)
