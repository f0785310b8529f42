"""The contract as the hardened edge serves it: the user's own files, with what the edge answers, enforces and is called by."""

from batten.engine.hardening.contract.rendering import render

__all__ = ["render"]
