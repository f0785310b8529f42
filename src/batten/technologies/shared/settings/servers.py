"""The adapter of a server with one keyed file: a form, a table of changes, and what the settings mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from batten.facts import Fact, Store
from batten.formats import Workspace
from batten.model import Fix, Location, Problem, Remedy
from batten.technologies import Unit
from batten.technologies.shared.containers.versions import image_version
from batten.technologies.shared.settings.changes import Change, fix_of, used
from batten.technologies.shared.settings.forms import Form, reading
from batten.technologies.shared.settings.settings import Settings

Read = Callable[[Unit, Workspace], Iterator[Fact | Problem]]
Write = Callable[[Unit, Workspace, Remedy, Location], Fix | None]
Used = Callable[[Unit, Workspace], Iterator[tuple[str, Location]]]


def server(
    form: Form,
    changes: Sequence[Change],
    store: Callable[[Settings], Store | None] | None,
    facts: Callable[[Settings], Iterable[Fact]],
    *images: str,
) -> tuple[Read, Write, Used]:
    """`read`, `write` and `settings` of an adapter: the store, if it is one, and what is beside it. `images` are names of its
    container images, whose tag is its version."""

    def read(unit: Unit, workspace: Workspace) -> Iterator[Fact | Problem]:
        """The server and what is beside it. Raises SyntaxProblem and Unreadable."""
        version = image_version(unit.main, workspace, *images) if images else ""
        settings = reading(form, unit.main, workspace, version)
        found = store(settings) if store is not None else None
        if found is not None:
            yield found
        yield from facts(settings)

    return read, partial(fix_of, form, changes), partial(used, form)
