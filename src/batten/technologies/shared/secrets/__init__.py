"""Credentials in texts, commands and URLs."""
