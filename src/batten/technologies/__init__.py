"""One folder a technology. Each declares its files in a few lines and loads its code on first use."""

from batten.technologies._registry import (
    Adapter,
    Technology,
    Unit,
    Use,
    Verdict,
    named_like,
    recognised,
    technologies,
)
from batten.technologies.shared.containers.served import done_by_image, served_by, undone_by
from batten.technologies.shared.frameworks import done_by_applications

__all__ = [
    "Adapter",
    "Technology",
    "Unit",
    "Use",
    "Verdict",
    "done_by_applications",
    "done_by_image",
    "named_like",
    "recognised",
    "served_by",
    "technologies",
    "undone_by",
]
