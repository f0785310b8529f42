"""One folder a technology. Each declares its files in a few lines and loads its code on first use."""

from batten.technologies._containers.served import sent_by, served_by
from batten.technologies._frameworks import headers_sent
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
    "headers_sent",
    "named_like",
    "recognised",
    "sent_by",
    "served_by",
    "technologies",
]
