"""Pipelines that build, test and deploy."""
