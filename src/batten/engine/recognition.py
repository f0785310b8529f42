"""What a file is: by its name, then by its text, then by what the parser makes of it.

A pattern that recognises a technology is held against the whole text, however much of it is comments, and against its plain
spelling (`formats/plain.py`) where the text itself hides keys. Of code only the text is looked at, and of scripts that a tool made
for browsers only the head.
"""

from __future__ import annotations

from functools import lru_cache

from batten.formats import plain
from batten.technologies import Technology, recognised

HEAD = 65536  # characters in which a script without lines must show what it is
_LINE = 1000  # characters of a line, on the average, that nobody writes
_CODE = (
    ".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".cs", ".java", ".kt", ".go", ".rb", ".php", ".sh", ".bash",
)  # fmt: skip


def technologies_of(path: str, text: str, candidates: list[Technology]) -> list[Technology]:
    """Those of the technologies that a file's name allows, that its text is of."""
    if path.endswith(_CODE):
        return recognised(candidates, _code(text))
    own, *others = plain.spellings(path, text)
    found = recognised(candidates, own)
    for other in others:
        found += [one for one in recognised(candidates, other) if one not in found]
    if not found and any(one.sniff for one in candidates) and not plain.is_structured(path):
        found = recognised(candidates, plain.of_lines(own))
    names = {one.name for one in found}
    return [one for one in candidates if one.name in names and not names.intersection(one.after)]


@lru_cache(2)  # it is asked for several times in a row
def shown(path: str, text: str) -> str:
    """All spellings of a text, for patterns that ask whether it shows something."""
    return _code(text) if path.endswith(_CODE) else "\n".join(plain.spellings(path, text))


def _code(text: str) -> str:
    return text[:HEAD] if len(text) > HEAD and text.count("\n") * _LINE < len(text) else text
