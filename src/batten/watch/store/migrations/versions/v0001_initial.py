"""All tables, as the first version of batten watch had them."""

from __future__ import annotations

from alembic import op

from batten.watch.store.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
