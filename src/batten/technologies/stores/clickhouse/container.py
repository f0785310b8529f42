"""ClickHouse as a container runs it: the files that are mounted, over those of the image.

Source: docker/server/entrypoint.sh of its source: where variables name a user or a password the image removes the user `default`, and
newer images admit that one from loopback only where they name none, unless CLICKHOUSE_SKIP_USER_SETUP is set. So of `default` a file
alone shows nothing; of other users it does.
"""

from __future__ import annotations

from dataclasses import replace

from batten.facts import Store
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.technologies.shared.containers.container import Container, is_true
from batten.technologies.shared.stores.mounted import mounted_file, mounted_files
from batten.technologies.stores.clickhouse.settings import FOLDERS as PARTS
from batten.technologies.stores.clickhouse.settings import MAINS, USERS, merged
from batten.technologies.stores.clickhouse.store import store

_ETC = "/etc/clickhouse-server"
PLACES = tuple(f"{_ETC}/{name}" for name in (*MAINS, *USERS))
FOLDERS = tuple(f"{_ETC}/{name}" for name in PARTS)
_ENDINGS = (".xml", ".yaml", ".yml")


def completed(found: Store, container: Container, workspace: Workspace) -> Store:
    """The store with what its files say. A variable of the image's makes a user of its own."""
    paths = [p for place in PLACES if (p := mounted_file(container, place, workspace))]
    for folder in FOLDERS:
        paths += [p for end in _ENDINGS for p in mounted_files(container, folder, end, workspace)]
    try:
        told = merged(tuple(dict.fromkeys(paths)), workspace) if paths else None
    except (SyntaxProblem, Unreadable):
        told = None  # the file's own reader reports it
    skipped = container.variable("CLICKHOUSE_SKIP_USER_SETUP")
    kept = skipped is not None and is_true(skipped).value is True
    made = store(told.with_entries(told.entries, complete=False), found.service, users=kept) if told else None
    if made is None:
        return found
    opened = made.authentication.known(True) is False
    return replace(
        found,
        authentication=made.authentication if opened else found.authentication,
        default_credentials=made.default_credentials or found.default_credentials,
        tls=made.tls if made.tls is not None and made.tls.written else found.tls,
        plain=made.plain,
        protocols=made.protocols,
        ciphers=made.ciphers,
        options=made.options,
        configured_by=tuple(dict.fromkeys(paths)),
    )
