"""Places in texts: entries, scalars, globs."""
