"""All that one source file says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Location
from batten.technologies.frameworks.aspnet.code.accounts import accounts
from batten.technologies.frameworks.aspnet.code.cookies import cookies
from batten.technologies.frameworks.aspnet.code.endpoints import routes
from batten.technologies.frameworks.aspnet.code.holds import held
from batten.technologies.frameworks.aspnet.code.logins import logins
from batten.technologies.frameworks.aspnet.code.module import Module, load
from batten.technologies.frameworks.aspnet.code.options import given
from batten.technologies.frameworks.aspnet.code.pipeline import pipeline
from batten.technologies.frameworks.aspnet.code.policies import policies
from batten.technologies.frameworks.aspnet.code.settings import settings as options

READERS: tuple[Callable[[Module, Workspace], Iterator[Fact]], ...] = (
    pipeline,
    policies,
    cookies,
    options,
    held,
    logins,
    accounts,
    routes,
)


def facts(path: str, workspace: Workspace) -> Iterator[Fact]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    module = load(path, workspace)
    for reader in READERS:
        yield from reader(module, workspace)


def settings(path: str, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The members of options that a file gives, as the inventory spells them."""
    module = load(path, workspace)
    for one in given(module, workspace):
        name = f"{one.subject}.{one.key}"
        yield name, module.value(one.value, name)
