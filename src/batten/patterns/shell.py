"""A shell's globs in `${name#glob}` and its kin: stars and question marks (POSIX 2.6.2, and bash's `/`)."""

from __future__ import annotations

from batten.patterns.globs import Piece


def without_prefix(text: str, glob: str, longest: bool) -> str:
    """The text without the start that the glob takes."""
    end = _end(_pieces(glob), text, 0, longest)
    return text if end is None else text[end:]


def without_suffix(text: str, glob: str, longest: bool) -> str:
    """The text without the end that the glob takes: the same, read backwards."""
    return without_prefix(text[::-1], glob[::-1], longest)[::-1]


def replaced(text: str, glob: str, by: str, everywhere: bool) -> str:
    """The text with the first, or each, longest match replaced; an empty one does not count."""
    pieces = _pieces(glob)
    made, at = [], 0
    while at < len(text):
        found = pieces[0].find(text, at, len(text))
        end = _end(pieces, text, found[0], True) if found else None
        if found is None or end is None or end == found[0]:
            break  # where the rest does not fit behind the first place it fits behind none
        made += [text[at : found[0]], by]
        at = end
        if not everywhere:
            break
    return "".join(made) + text[at:]


def _pieces(glob: str) -> list[Piece]:
    return [Piece(p, shell=True) for p in glob.split("*")]


def _end(pieces: list[Piece], text: str, start: int, longest: bool) -> int | None:
    """Where a match that begins at `start` ends."""
    first, *others = pieces
    at = first.begins(text, start, len(text))
    for number, piece in enumerate(others, 1):
        if at is None:
            return None
        if longest and number == len(others):
            return piece.last(text, at, len(text))
        found = piece.find(text, at, len(text))
        at = found[1] if found else None
    return at
