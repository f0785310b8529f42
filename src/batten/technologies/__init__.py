"""One folder a technology. Each declares its files in a few lines and loads its code on first use."""

from batten.technologies._containers.served import served_by
from batten.technologies._registry import (
    Adapter,
    Technology,
    Unit,
    Verdict,
    named_like,
    recognised,
    technologies,
)

__all__ = [
    "Adapter",
    "Technology",
    "Unit",
    "Verdict",
    "named_like",
    "recognised",
    "served_by",
    "technologies",
]
