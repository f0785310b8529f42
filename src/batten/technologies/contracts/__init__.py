"""Contracts of APIs and of messages."""
