"""Steps of the service's tables (src/batten/watch/store/migrations).

`python tools/migration.py NAME` writes the next step: what Alembic finds different between tables/ and the steps so far. Read it, and
correct it: it cannot know that something was renamed. `--initial` writes the first step again, for a database that nobody has.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Dialect, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.sql.elements import False_

from batten.watch.store.database import in_folder
from batten.watch.store.migrations import HERE, STEPS, VERSIONS
from batten.watch.store.schema import alone
from batten.watch.store.tables import metadata
from batten.watch.store.tables.accounts import statements
from batten.watch.store.upgrading import upgrade

STEP = '''"""{title}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    {code}
'''


def initial() -> None:
    """All tables as SQL, one file a database."""
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        made = [text for table in metadata.sorted_tables for text in _made(table, dialect)]
        file = HERE / "versions" / f"v0001_initial.{dialect.name}.sql"
        file.write_text(";\n\n".join([*made, *statements(dialect.name)]) + ";\n")
        print(f"{file}: {len(made)} tables and indexes")


def _made(table, dialect: Dialect) -> list[str]:  # type: ignore[no-untyped-def]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    parts = [CreateTable(table), *(CreateIndex(index) for index in indexes)]
    texts = [str(part.compile(dialect=dialect)).strip().expandtabs(4) for part in parts]
    return [re.sub(r" +$", "", text, flags=re.MULTILINE) for text in texts]


def following(title: str) -> Path:
    """The next step, from the difference between tables/ and the steps so far."""
    number = f"{int(STEPS[-1]) + 1:04}"
    with TemporaryDirectory() as folder:
        database = in_folder(Path(folder))
        with alone(database) as db:  # by the steps: new databases get their tables from tables/ at once
            upgrade(db)
        with database.read() as db:
            options = {"version_table": VERSIONS, "target_metadata": metadata}
            changes = produce_migrations(MigrationContext.configure(db, opts=options), metadata)
        database.close()
    assert changes.upgrade_ops is not None
    code = render_python_code(changes.upgrade_ops, render_as_batch=True, render_item=_neutral)
    slug = re.sub(r"\W+", "_", title.lower()).strip("_")
    file = HERE / "versions" / f"v{number}_{slug}.py"
    file.write_text(STEP.format(title=title, number=number, before=STEPS[-1], code=code))
    return file


def _neutral(kind: str, item: object, _: object) -> str | Literal[False]:
    """What would be written for one database alone, or names a type of today's."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return "sa.Text()"
    if kind == "server_default" and isinstance(getattr(item, "arg", None), False_):
        return "sa.false()"
    return False


def main(words: list[str]) -> int:
    if words == ["--initial"]:
        initial()
        return 0
    if len(words) != 1 or words[0].startswith("-"):
        print(__doc__)
        return 2
    print(f"{following(words[0])}: read it, then add its number to STEPS in migrations/__init__.py")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
