"""Rows of the table by kind of service: a module each, with its rows as `ROWS`."""
