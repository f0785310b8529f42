"""PHP without a framework, or with one that has no reader of its own: clients of TLS, headers, cookies, errors; nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from batten.facts import Fact
from batten.formats import Unreadable, Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.frameworks.laravel.module import load
from batten.technologies.frameworks.php_code.answers import answers
from batten.technologies.frameworks.php_code.clients import clients
from batten.technologies.frameworks.php_code.remedies import fix_of

__all__ = ["read", "units", "write"]

# What the reader of Laravel reads.
_FOLDERS = re.compile(
    r"(?:^|/)(?:config/[^/]+|routes/[^/]+|bootstrap/app|app/Http/.+|app/(?:Providers|Exceptions)/[^/]+)\.php$"
)
_LARAVEL = re.compile(
    r"\benv\(|\bIlluminate\\|\bRoute::|\bstorage_path\(|\bLaravel\\|extends[ \t]+(?:Base)?Controller\b"
)


def units(files: Sequence[str], workspace: Workspace) -> Iterable[Unit]:
    """Each file for itself, but for those of Laravel's own folders."""
    return [Unit("php_code", (file,)) for file in files if not _of_laravel(file, workspace)]


def _of_laravel(path: str, workspace: Workspace) -> bool:
    if _FOLDERS.search(path) is None:
        return False
    try:
        return _LARAVEL.search(workspace.text(path).text) is not None
    except Unreadable:
        return False


def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
    """The facts of one file. Raises SyntaxProblem and Unreadable."""
    module = load(unit.main, workspace)
    yield from clients(module)
    yield from answers(module)


def write(unit: Unit, workspace: Workspace, remedy: Remedy, at: Location) -> Fix | None:
    return fix_of(load(at.source, workspace), remedy, at)
