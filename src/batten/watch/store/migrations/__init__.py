"""The way from the tables of any former version to today's, with Alembic: `versions/` has one module a step.

`python tools/migration.py "what changes"` writes the next one from the difference between `tables/` and the steps so far. What it cannot
know, and the tests see: SQLite makes a table again to change a column, so a step gives `batch_alter_table` the table's
`table_kwargs={"sqlite_autoincrement": True}`, and makes the triggers of `tables/accounts.py` again.
"""

from __future__ import annotations

from pathlib import Path

STEPS = ("0001", "0002")  # all steps, in their order; a test holds them against `versions/`
HERE = Path(__file__).parent
VERSIONS = "batten_version"  # the table that says which step a database is at
