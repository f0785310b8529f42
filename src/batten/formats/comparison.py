"""Which lines of two texts are the same, in time that does not grow with the product of their lengths."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Opcode = tuple[str, int, int, int, int]  # difflib's: what, and from where to where in each of the two
Window = tuple[int, int, int, int]
_SMALL = 90_000  # pairs of lines that difflib may compare
_ROUNDS = 6  # how often a part is cut again


def opcodes(before: Sequence[str], after: Sequence[str]) -> list[Opcode]:
    """Difflib's opcodes, with what is alike at the start and at the end left out of the comparing: a change that could
    be read as one at the very end would otherwise lose the context behind it.

    Long texts are cut at lines that occur once in each ("patience"), and compared between these.
    """
    made: list[Opcode] = []
    for opcode in _compared(before, after, (0, len(before), 0, len(after)), _ROUNDS):
        if made and made[-1][0] == opcode[0] == "equal":
            made[-1] = ("equal", made[-1][1], opcode[2], made[-1][3], opcode[4])
        else:
            made.append(opcode)
    return made


def _compared(before: Sequence[str], after: Sequence[str], window: Window, rounds: int) -> Iterator[Opcode]:
    a, b, c, d = window
    start = next((n for n in range(min(b - a, d - c)) if before[a + n] != after[c + n]), min(b - a, d - c))
    if start:
        yield "equal", a, a + start, c, c + start
    a, c = a + start, c + start
    rest = min(b - a, d - c)
    end = next((n for n in range(rest) if before[b - 1 - n] != after[d - 1 - n]), rest)
    yield from _middle(before, after, (a, b - end, c, d - end), rounds)
    if end:
        yield "equal", b - end, b, d - end, d


def _middle(before: Sequence[str], after: Sequence[str], window: Window, rounds: int) -> Iterator[Opcode]:
    a, b, c, d = window
    if (b - a) * (d - c) <= _SMALL:
        matcher = SequenceMatcher(None, before[a:b], after[c:d], autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            yield tag, i1 + a, i2 + a, j1 + c, j2 + c
        return
    anchors = _anchors(before, after, window) if rounds else []
    if not anchors:
        yield "replace", a, b, c, d
        return
    for left, right in anchors:
        yield from _between(before, after, (a, left, c, right), rounds)
        yield "equal", left, left + 1, right, right + 1
        a, c = left + 1, right + 1
    yield from _between(before, after, (a, b, c, d), rounds)


def _between(before: Sequence[str], after: Sequence[str], window: Window, rounds: int) -> Iterator[Opcode]:
    if window[0] < window[1] or window[2] < window[3]:
        yield from _compared(before, after, window, rounds - 1)


def _anchors(before: Sequence[str], after: Sequence[str], window: Window) -> list[tuple[int, int]]:
    """Lines that occur once in each, in the longest order that both share."""
    a, b, c, d = window
    once, twin = Counter(before[a:b]), Counter(after[c:d])
    places = {after[n]: n for n in range(c, d)}
    pairs = [(n, places[before[n]]) for n in range(a, b) if once[before[n]] == 1 and twin[before[n]] == 1]
    ends: list[int] = []  # the smallest place at which a row of each length ends
    last: list[int] = []  # and the pair that it ends with
    earlier: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
        earlier.append(last[at - 1] if at else -1)
        last[at : at + 1] = [number]
    chain: list[tuple[int, int]] = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = earlier[number]
    return chain[::-1]
