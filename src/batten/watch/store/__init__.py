"""What the service keeps, on SQLite and PostgreSQL alike: tables, and one module a noun. No other room writes SQL.

Functions take a connection in a transaction (`Database.begin`, `Database.read`); what lists for people takes the caller, too,
and shows only environments of the caller's grants (`visible.py`)."""
