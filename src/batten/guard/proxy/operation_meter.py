"""What is counted of each operation. Names are written beside the numbers, so that the reader needs no contract, and a
worker that is started again goes on where the one before ended; after a reload an operation keeps its place."""

from __future__ import annotations

from bisect import bisect_left

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)  # seconds
MOST_OPERATIONS = 2_048
OTHERS = "(others)"
_NAME = 24  # cells of eight bytes
_LONGEST = _NAME * 8 - 1
_BUCKETS = len(CLASSES)
_SUM = _BUCKETS + len(BOUNDS) + 1  # microseconds
_NUMBERS = _SUM + 1
_WIDTH = _NAME + _NUMBERS
OPERATIONS_WIDTH = MOST_OPERATIONS * _WIDTH
Numbers = list[int]  # of the classes, the buckets and the sum


class OperationMeter:
    __slots__ = ("_cells", "_places", "_used")

    def __init__(self, cells: memoryview) -> None:
        self._cells = cells
        self._places: dict[str, int] = {}  # a label -> where its numbers begin
        self._used = 0
        while self._used < MOST_OPERATIONS and cells[self._used * _WIDTH]:
            self._places[_name_at(cells, self._used)] = self._used * _WIDTH + _NAME
            self._used += 1

    def answered(self, status: int, seconds: float, label: str) -> None:
        """`label` is the operation, "" where there is none."""
        at = self._places.get(label)
        if at is None:
            at = self._place(label)
        cells = self._cells
        cells[at + status // 100 - 1] += 1
        cells[at + _BUCKETS + bisect_left(BOUNDS, seconds)] += 1
        cells[at + _SUM] += int(seconds * 1_000_000)

    def _place(self, label: str) -> int:
        name = label if self._used < MOST_OPERATIONS - 1 or label == OTHERS else OTHERS
        name = clipped(name)
        found = self._places.get(name)
        if found is None:
            start = self._used * _WIDTH
            written = name.encode().ljust(_NAME * 8 - 1, b"\0") + b"\1"  # "" is a name, too
            # The last byte first in the first cell: a name that begins is one for the reader.
            for at in range(_NAME - 1, -1, -1):
                piece = written[at * 8 : at * 8 + 8]
                self._cells[start + at] = int.from_bytes(piece, "little") or (_EMPTY if at == 0 else 0)
            found = self._places[name] = start + _NAME
            self._used += 1
        if len(self._places) < 2 * MOST_OPERATIONS:
            self._places[label] = found
        return found


_EMPTY = 0x1  # the first eight bytes of the name "", which is no text


def _name_at(cells: memoryview, number: int) -> str:
    start = number * _WIDTH
    if cells[start] == _EMPTY:
        return ""
    data = b"".join(cells[start + at].to_bytes(8, "little") for at in range(_NAME))
    return data[:-1].rstrip(b"\0").decode("utf-8", "replace")


def clipped(label: str) -> str:
    """As much of a name as there is room for."""
    data = label.encode("utf-8", "replace")
    return label if len(data) <= _LONGEST else data[:_LONGEST].decode("utf-8", "ignore")


def read_operations(cells: memoryview, into: dict[str, Numbers]) -> None:
    """Add what one worker has counted."""
    for number in range(MOST_OPERATIONS):
        if not cells[number * _WIDTH]:
            return
        start = number * _WIDTH + _NAME
        numbers = cells[start : start + _NUMBERS].tolist()
        name = _name_at(cells, number)
        before = into.get(name)
        into[name] = numbers if before is None else [a + b for a, b in zip(before, numbers, strict=True)]
