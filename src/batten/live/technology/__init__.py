"""Which technologies answer: rows of marks, noted of every answer, and the sentence that names them in their order."""

from batten.live.technology.recognition import Recognition
from batten.live.technology.row import Mark, Technology
from batten.live.technology.rows import ROWS
from batten.live.technology.sentence import described, ordered

__all__ = ["ROWS", "Mark", "Recognition", "Technology", "described", "ordered"]
