"""Asking running systems: probes yield questions, one runner asks them, answers become facts."""
