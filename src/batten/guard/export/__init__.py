"""The guard's decisions as configuration of proxies that are there already, with Lua for bodies. Pure: text out."""

from batten.guard.export.made import Export, ExportProblem

__all__ = ["Export", "ExportProblem"]
