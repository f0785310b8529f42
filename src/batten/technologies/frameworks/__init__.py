"""Frameworks of applications, and the servers that run them."""
