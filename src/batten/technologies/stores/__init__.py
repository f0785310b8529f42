"""Data stores and brokers."""
