"""Memcached as a container runs it: the words of its command."""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import Workspace
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.settings import settings_of as made_of
from batten.technologies.stores.memcached.options import options
from batten.technologies.stores.memcached.store import store


def completed(found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what its command says; an image listens everywhere by itself."""
    settings_of = made_of(container.at, options(container.arguments))
    made = store(settings_of, container.at, container.version, found.service)
    return replace(
        found,
        port=made.port if made.port.written else found.port,
        tls=made.tls if made.tls is not None and made.tls.written else found.tls,
        plain=made.plain if made.tls is not None and made.tls.written else found.plain,
        protocols=made.protocols,
        ciphers=made.ciphers,
        options=made.options,
    )
