"""php.ini and the pools of PHP-FPM (https://www.php.net/manual/en/ini.list.php, install.fpm.configuration.php)."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Fact
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.php.directives import told
from batten.technologies.frameworks.php.pools import pools
from batten.technologies.frameworks.php.remedies import fix_of
from batten.technologies.frameworks.php.settings import runtime

__all__ = ["read", "settings", "write"]


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    for section in told(unit.main, workspace):
        yield from runtime(section)
        yield from pools(section, workspace)


def settings(unit: Unit, workspace: Workspace) -> Iterator[tuple[str, Location]]:
    """The directives that the file holds."""
    for section in told(unit.main, workspace):
        for name, directive in section.directives.items():
            yield ("env[]" if name.startswith("env[") else name), directive.at


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(told(at.source, workspace), remedy, at)
