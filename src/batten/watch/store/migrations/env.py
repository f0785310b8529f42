"""What Alembic runs: the steps, on the connection and in the transaction of who called it (`store/schema.py`)."""

from __future__ import annotations

from alembic import context

from batten.watch.store.migrations import VERSIONS
from batten.watch.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSIONS,
    render_as_batch=True,  # SQLite changes a table by making another
    transactional_ddl=True,
)
context.run_migrations()
