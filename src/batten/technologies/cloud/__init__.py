"""Clouds as code."""
