"""Caddy 2.6 and newer."""
