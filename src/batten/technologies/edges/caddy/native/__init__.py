"""Caddy's native JSON configuration: its facts, and the edits that change it."""
