"""Remedies written into annotations and fields of edge objects: `table.py` says which writer each has."""

from batten.technologies.orchestration.kubernetes.edge.remedies.table import KINDS, write

__all__ = ["KINDS", "write"]
