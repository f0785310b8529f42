"""Databases, caches and queues: how they are recognised, and what their options mean."""
