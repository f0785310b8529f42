from __future__ import annotations


class Unreadable(ValueError):
    """A body that is not what its media type says, or that two readers read as two: a sentence without the body's own
    words."""
