from __future__ import annotations

from dataclasses import KW_ONLY
from enum import Enum

from batten.model.location import Span
from batten.model.record import record


class Safety(Enum):
    """SAFE keeps every legitimate caller working; RISKY may not, and says for whom; VALUE needs the
    user's answer before it can be written."""

    SAFE = "safe"
    RISKY = "risky"
    VALUE = "value"


@record
class Edit:
    """Replace `span` of the file `source` by `text`; an empty span inserts. A file that does not
    exist yet is made by an edit with the span (0, 0)."""

    source: str
    span: Span
    text: str


@record
class Fix:
    """Edits that belong together: all are made, or none. `breaks` says who may notice (RISKY);
    `question` says what batten must be told, and under which key of batten.yaml (VALUE: no edits)."""

    title: str
    edits: tuple[Edit, ...]
    _: KW_ONLY
    safety: Safety = Safety.SAFE
    breaks: str = ""
    question: str = ""
