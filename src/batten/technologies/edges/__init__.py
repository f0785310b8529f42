"""Servers that stand in front of applications: proxies, gateways and web servers."""
