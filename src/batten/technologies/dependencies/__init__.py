"""Packages and bills of materials."""
