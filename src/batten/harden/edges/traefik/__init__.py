"""Traefik 3."""
