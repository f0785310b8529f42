"""Modes of debugging and of what runs behind: what they are, and the edits that turn them off."""
