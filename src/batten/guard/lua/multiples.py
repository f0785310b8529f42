"""`multipleOf` as whole numbers, for engines that have none but binary fractions."""

from __future__ import annotations

from decimal import Decimal

LARGEST = 2**53 // 10  # so that a rest with one more digit is exact


def scaled(divisor: float) -> tuple[int, int] | None:
    """(n, places) for n * 10^-places; None where n is too large."""
    exact = Decimal(divisor) if isinstance(divisor, int) else Decimal(repr(divisor))
    _, digits, power = exact.normalize().as_tuple()
    if not isinstance(power, int) or power < -400:
        return None
    number = int("".join(map(str, digits))) * (10**power if power > 0 else 1)
    return (number, max(-power, 0)) if 0 < number <= LARGEST else None
