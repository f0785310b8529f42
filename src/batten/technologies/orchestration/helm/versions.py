"""`semver` and `semverCompare`: https://github.com/Masterminds/semver says what its constraints mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batten.model.record import record
from batten.technologies.orchestration.helm.values import UNKNOWN_VALUE, Chunk, Value, wrapped

_VERSION = re.compile(
    r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?"
)
_PART = re.compile(r"\s*(=|==|!=|>|<|>=|=>|<=|=<|~|~>|\^|)\s*v?([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*")  # fmt: skip
_RANGE = re.compile(r"\s*(v?\S+)\s+-\s+(v?\S+)\s*")
_MOST = 500  # characters of a constraint


@record
class Version:
    """`numbers` are major, minor and patch; a `before` is of a pre-release."""

    numbers: tuple[int, int, int]
    before: str = ""

    def order(self) -> tuple[object, ...]:
        rows = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in self.before.split("."))
        return (*self.numbers, not self.before, rows)


def version(text: str) -> Version | None:
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    major, minor, patch = (int(g or 0) for g in found.groups()[:3])
    return Version((major, minor, patch), found[4] or "")


def parsed(arguments: Sequence[Value]) -> Value:
    found = _VERSION.fullmatch(arguments[0].text)
    if found is None:
        return UNKNOWN_VALUE
    major, minor, patch = (int(g or 0) for g in found.groups()[:3])
    made = wrapped(
        {"Major": major, "Minor": minor, "Patch": patch, "Prerelease": found[4] or "", "Metadata": found[5] or "",
         "Original": arguments[0].text}
    )  # fmt: skip
    written = (
        ".".join(map(str, (major, minor, patch)))
        + (f"-{found[4]}" if found[4] else "")
        + (f"+{found[5]}" if found[5] else "")
    )
    made.made = (Chunk(written, arguments[0].origin),)
    return made


def compared(arguments: Sequence[Value]) -> Value:
    """A constraint against a version."""
    answer = fits(arguments[0].text, arguments[1].text)
    return UNKNOWN_VALUE if answer is None else Value(answer)


def fits(constraint: str, text: str) -> bool | None:
    """Whether a version is in a constraint: comparisons joined by blanks or commas, alternatives by ||. None when either
    is invalid."""
    found = version(text)
    if found is None or len(constraint) > _MOST:
        return None
    answers = [_all(part, found) for part in constraint.split("||")]
    return None if None in answers else any(answers)


def _all(text: str, found: Version) -> bool | None:
    ends = _RANGE.fullmatch(text)
    rest = f">={ends[1]} <={ends[2]}" if ends else text.replace(",", " ")
    answers, at = [], 0
    while at < len(rest) and rest[at:].strip():
        part = _PART.match(rest, at)
        if part is None or part.end() == at:
            return None
        answers.append(_holds(part, found))
        at = part.end()
    return all(answers) if answers else None


def _holds(part: re.Match[str], found: Version) -> bool:
    mark, words, before = part[1], [w for w in part.groups()[1:4] if w is not None], part[5] or ""
    given = [int(w) for w in words if w not in "xX*"]
    whole = len(given) == 3
    low = Version((*given, 0, 0, 0)[:3], before)  # type: ignore[arg-type]
    if found.before and not before:
        return False  # a pre-release is only in a constraint that names one
    if not given:
        return mark != "!="
    one, two = found.order(), low.order()
    above = found.numbers[: len(given)] > tuple(given)
    inside = found.numbers[: len(given)] == tuple(given)
    match mark:
        case ">":
            return one > two if whole else above
        case "<":
            return one < two
        case ">=" | "=>":
            return one >= two
        case "<=" | "=<":
            return one <= two if whole else not above
        case "!=":
            return one != two if whole else not inside
        case "^":
            if not (one >= two):
                return False
            # Up to the next change of the first number that is not zero.
            fixed = next((n + 1 for n, number in enumerate(given) if number), len(given))
            return found.numbers[:fixed] == tuple(given[:fixed])
        case "~" | "~>":
            return one >= two and found.numbers[: min(len(given), 2)] == tuple(given[:2])
    return one == two if whole else inside
