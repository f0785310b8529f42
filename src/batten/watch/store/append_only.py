"""What makes the audit append-only, against the service itself, too: triggers that refuse changes and removals.

SQLite: https://www.sqlite.org/lang_createtrigger.html (an INSERT OR REPLACE fires no DELETE trigger, so there is one for
rows that are there already); PostgreSQL: https://www.postgresql.org/docs/current/sql-createtrigger.html.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, event

_SAID = "the audit log is append-only"
_SQLITE = (
    *(
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
    f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END",
)
_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION batten_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION batten_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION batten_append_only()",
)


def statements(dialect: str) -> tuple[str, ...]:
    """What a migration runs after it made the table."""
    return _POSTGRESQL if dialect == "postgresql" else _SQLITE


def append_only(table: Table) -> None:
    """Let the triggers be made wherever the table is made from its definition."""
    event.listen(table, "after_create", _made)


def _made(_: object, db: Connection, **__: object) -> None:
    for statement in statements(db.dialect.name):
        db.exec_driver_sql(statement)
