from __future__ import annotations

from batten.model.record import record


@record
class UnreadKind:
    """One kind of file. With `instead` it is named even where a reader made facts of such a file, for of its resources
    that reader knows nothing; with `beside` it is named beside what was read of a file that holds others, too."""

    kind: str
    files: str  # globs with blanks between them; after the last dot there is no star
    shows: str = ""
    has: str = ""  # words that a text must hold before it is searched for `shows`
    unless: str = ""
    instead: bool = False
    beside: bool = False
