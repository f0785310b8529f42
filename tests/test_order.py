from __future__ import annotations

from order import LONGEST, TESTS


def test_the_longest_files_are_there() -> None:
    assert [name for name in LONGEST if not (TESTS / name).is_file()] == [], (
        "remove it from LONGEST in tests/order.py, or correct its name"
    )
