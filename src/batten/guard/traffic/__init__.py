"""What a guard saw that its contract does not know, counted and kept in a file without bodies, queries or credentials."""
