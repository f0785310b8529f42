"""batten: finds, fixes, prevents and keeps watching security misconfiguration of APIs."""

__version__ = "0.1.0"
