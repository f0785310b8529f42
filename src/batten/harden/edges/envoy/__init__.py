"""Envoy 1.34 and newer: the first that counts requests by address in its local rate limit."""
