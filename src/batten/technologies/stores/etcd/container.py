"""etcd as a container runs it: its file where that is here, else its flags before its variables."""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.settings import settings_of as made_of
from batten.technologies.shared.stores.mounted import mounted_file
from batten.technologies.stores.etcd.settings import configuration, flags, variables
from batten.technologies.stores.etcd.store import store


def completed(found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what it is told. A file takes the place of everything else."""
    given = [*variables(container.workload.environment.items()), *flags(container.arguments)]
    named = next((g.value for g in given if g.key == "config-file"), "")
    settings_of = made_of(container.at, given, complete=container.complete and not named)
    path = mounted_file(container, named, workspace) if named else ""
    if path:
        try:
            settings_of = configuration(path, workspace)
        except (SyntaxProblem, Unreadable):
            path = ""  # the file's own reader reports it
    made = store(settings_of, container.at, container.version, found.service)
    return replace(
        found,
        authentication=made.authentication if path and made.authentication.is_known else found.authentication,
        tls=made.tls if made.tls is not None and made.tls.written else found.tls,
        plain=made.plain if made.plain is not None and made.plain.written else found.plain,
        ciphers=made.ciphers,
        options=made.options,
        configured_by=(path,) if path else (),
    )
