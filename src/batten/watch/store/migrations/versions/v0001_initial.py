"""All tables, as the first version of batten watch has them: SQL of each database (`python tools/migration.py --initial`)."""

from __future__ import annotations

from alembic import op

from batten.files.own import own_text

revision = "0001"
down_revision = None


def upgrade() -> None:
    db = op.get_bind()
    made = own_text(f"watch/store/migrations/versions/v0001_initial.{db.dialect.name}.sql") or ""
    for statement in made.removesuffix(";\n").split(";\n\n"):
        db.exec_driver_sql(statement)
