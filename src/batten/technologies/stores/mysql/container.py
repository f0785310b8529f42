"""MySQL and MariaDB as a container runs them: the option files mounted where they look, then the words of the command."""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.shared.containers.container import Container
from batten.technologies.shared.settings.settings import settings_of as made_of
from batten.technologies.shared.stores.mounted import mounted_file, mounted_files
from batten.technologies.stores.mysql.options import command_options, files
from batten.technologies.stores.mysql.store import Product, store

PLACES = (
    "/etc/my.cnf",
    "/etc/mysql/my.cnf",
    "/opt/bitnami/mysql/conf/my.cnf",
    "/opt/bitnami/mariadb/conf/my.cnf",
)
_FEATURES = ("local_infile", "secure_file_priv")
FOLDERS = ("/etc/mysql/conf.d", "/etc/my.cnf.d", "/etc/mysql/mariadb.conf.d", "/etc/mysql/mysql.conf.d")


def completed(found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what its files and its command say."""
    words = tuple(command_options(container.arguments))
    # Option files that are here, in the order in which they are read
    # (https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/configuring-mariadb/configuring-mariadb-with-option-files).
    paths: list[str] = []
    only = container.option("--defaults-file")
    if only is not None:
        paths.extend(filter(None, (mounted_file(container, only.known(""), workspace),)))
    else:
        paths.extend(p for place in PLACES if (p := mounted_file(container, place, workspace)))
        paths.extend(p for folder in FOLDERS for p in mounted_files(container, folder, ".cnf", workspace))
        extra = container.option("--defaults-extra-file")
        if extra is not None:
            paths.extend(filter(None, (mounted_file(container, extra.known(""), workspace),)))
    settings_of = made_of(container.at)
    for path in paths:
        try:
            more = files(path, workspace).server
        except (SyntaxProblem, Unreadable):
            continue  # the file's own reader reports it
        settings_of = made_of(more.at, (*settings_of.entries, *more.entries), complete=more.complete)
    made = store(
        settings_of.after(words), Product(container.product, container.version), container.at, found.service
    )
    at = made.authentication
    # What words of a command say of these two is among its dangerous features (shared/stores/options.py).
    spans = {place.span for _, place in container.arguments}
    options = {n: s for n, s in made.options.items() if n not in _FEATURES or s.at.span not in spans}
    return replace(
        found,
        authentication=at if at.written else found.authentication,
        port=made.port if made.port.written else found.port,
        tls=made.tls if made.tls is not None and made.tls.written else found.tls,
        plain=made.plain if made.plain is not None and made.plain.written else found.plain,
        protocols=made.protocols,
        ciphers=made.ciphers,
        options=options,
        configured_by=tuple(dict.fromkeys(paths)),
    )
