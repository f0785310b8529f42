"""Which technologies answer: rows of marks, noted of every answer."""

from batten.live.technology.recognition import Recognition
from batten.live.technology.row import Mark, Technology
from batten.live.technology.rows import ROWS

__all__ = ["ROWS", "Mark", "Recognition", "Technology"]
