"""Express, Fastify and NestJS: settings and routes in JavaScript and TypeScript, read from the syntax tree; nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.express.cookies import cookies, keys
from batten.technologies.frameworks.express.cors import policies
from batten.technologies.frameworks.express.features import features
from batten.technologies.frameworks.express.module import Module, load
from batten.technologies.frameworks.express.nest import controllers, logins
from batten.technologies.frameworks.express.routes import routes
from batten.technologies.frameworks.express.servers import tls_servers
from batten.technologies.frameworks.express.stores import stores
from batten.technologies.frameworks.express.writing import fix_of

READERS: tuple[Callable[[Module], Iterator[Fact]], ...] = (
    policies,
    cookies,
    keys,
    stores,
    features,
    tls_servers,
)


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one module. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    for reader in READERS:
        yield from reader(module)
    yield from routes(module, workspace)
    yield from controllers.routes(module, workspace)
    yield from logins.logins(module, workspace)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(remedy, at, workspace)
