"""Numbers as Go reads and writes them, and Sprig's arithmetic.

Sources: https://pkg.go.dev/strconv#FormatFloat, https://masterminds.github.io/sprig/math.html
"""

from __future__ import annotations

import math
import re

_DIGITS = re.compile(r"([-+]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?")
_WHOLE = re.compile(r"[-+]?\d+\.0*")  # a fraction of zeros is none
_LARGEST = 1 << 63


class Int64(int):
    """An int64 of Go's, which is another type than its int."""


def parts(number: float) -> tuple[str, str, int]:
    """The sign, the shortest digits that mean the same float, and the exponent of the first."""
    sign, digits, exponent = f"{number!r}", "", 0
    mantissa, _, power = sign.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 if whole.strip("0") else len(digits) - len(whole + fraction)
    if not whole.strip("0"):
        exponent = -(len(fraction) - len(fraction.lstrip("0")) + 1)
    return ("-" if sign.startswith("-") else ""), digits.rstrip("0") or "0", exponent + int(power or 0)


def shortest(number: float, largest: int = 21, smallest: int = -4) -> str:
    """A float as Go writes it: with an exponent outside of 10^smallest to 10^largest."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("+Inf" if number > 0 else "-Inf")
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    sign, digits, exponent = parts(number)
    if smallest <= exponent < largest:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole = digits[: exponent + 1].ljust(exponent + 1, "0")
        return sign + whole + (f".{digits[exponent + 1 :]}" if len(digits) > exponent + 1 else "")
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def json_number(number: float) -> str:
    """A float as Go's encoding/json writes it."""
    text = shortest(number, 21, -6)
    return text.replace("e-0", "e-") if "e-0" in text else text


def integer(text: str) -> int:
    """A whole number of a text in any of Go's bases; 0 for what is none, as Sprig has it."""
    found = _DIGITS.fullmatch(text.partition(".")[0] if _WHOLE.fullmatch(text) else text)
    if found is None:
        return 0
    digits = found[2].replace("_", "")[:400]
    based = digits[:2].lower() in ("0x", "0b", "0o")
    octal = digits.startswith("0") and len(digits) > 1
    try:
        made = int(digits, 0 if based else 8 if octal else 10)
    except ValueError:
        return 0
    made = -made if found[1] == "-" else made
    return made if -_LARGEST <= made < _LARGEST else 0


def decimal(text: str) -> float:
    """A float of a text; 0 for what is none."""
    found = _FLOAT.fullmatch(text)
    return float(found[0]) if found else 0.0


def wrap(number: int) -> Int64:
    """A whole number as 64 bits hold it."""
    return Int64((number + _LARGEST) % (2 * _LARGEST) - _LARGEST)
