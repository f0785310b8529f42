"""Whether a contract can be enforced as it is written: what cannot is told before anything is served."""

from batten.guard.usable.verdict import MOST_TOLD, Usable, usable

__all__ = ["MOST_TOLD", "Usable", "usable"]
