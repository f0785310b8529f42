"""PostgreSQL as a container runs it: the mounted configuration file, then the words of its command."""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.settings import settings_of as made_of
from batten.technologies.shared.stores.mounted import mounted_file
from batten.technologies.stores.postgresql.configuration import command_settings, configuration
from batten.technologies.stores.postgresql.store import store

# Where images keep it when no word of the command names another.
PLACES = ("/var/lib/postgresql/data/postgresql.conf", "/opt/bitnami/postgresql/conf/postgresql.conf")


def completed(found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what its file and its command say. An image listens everywhere by itself."""
    words = tuple(command_settings(container.arguments))
    named = next((w.value for w in reversed(words) if w.key == "config_file"), "")
    path = next((p for n in (named, *PLACES) if n and (p := mounted_file(container, n, workspace))), "")
    settings_of = made_of(container.at, complete=not named)
    if path:
        try:
            settings_of = configuration(path, workspace)
        except (SyntaxProblem, Unreadable):
            path = ""  # the file's own reader reports it
    made = store(settings_of.after(words), container.at, found.version, found.service, listens=None)
    method = container.variable("POSTGRES_HOST_AUTH_METHOD")
    options = {**made.options, **({"POSTGRES_HOST_AUTH_METHOD": method} if method is not None else {})}
    written = made.addresses if made.addresses.written else found.addresses
    return replace(
        found,
        addresses=found.addresses if made.addresses.known(()) == ("*",) else written,
        port=made.port if made.port.written else found.port,
        tls=made.tls if made.tls is not None and made.tls.written else found.tls,
        protocols=made.protocols,
        ciphers=made.ciphers,
        options=options,
        configured_by=(path,) if path else (),
    )
