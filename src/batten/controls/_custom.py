"""Judges made of the rows that a user wrote in batten.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

from batten.facts import Fact
from batten.model import ABSENT, UNKNOWN, Case, RemoveHeader, SetHeader, Setting, Violation
from batten.policy import Custom, Policy
from batten.policy.custom import TESTS

# Who may notice a header that a row asks for; other headers than these are the user's own.
_NOTICED = {
    "strict-transport-security": "hosts that are still served over plain HTTP",
    "content-security-policy": "pages that load scripts, styles, images or frames",
    "x-frame-options": "sites that show these pages in a frame",
    "cross-origin-resource-policy": "other sites that embed these answers",
    "permissions-policy": "pages that use the disabled features",
    "cache-control": "browsers and caches that keep answers",
}


class CustomCase(Case):
    UNMET = "unmet", "Set it as the row under `custom:` in batten.yaml says."


def verdict(row: Custom, fact: Fact, policy: Policy) -> Iterable[Violation]:
    """What a row has against a fact. What cannot be known is not judged."""
    if all(_holds(getattr(fact, name), wanted) for name, wanted in row.when):
        for setting in _settings(row, fact):
            value = setting.effective
            if value is not UNKNOWN and not (value is ABSENT and row.test not in ("present", "true")):
                wrong = _wrong(row, value)
                if wrong:
                    if row.setting != "sent":
                        remedy: SetHeader | RemoveHeader | None = None
                    elif row.test == "absent":
                        remedy = RemoveHeader(row.key)
                    else:
                        remedy = (
                            SetHeader(row.key, row.value, _NOTICED.get(row.key.lower(), ""))
                            if row.value
                            else None
                        )
                    yield Violation(
                        CustomCase.UNMET,
                        f"{row.title}: {row.key or row.setting} {wrong}",
                        setting.at,
                        remedy=remedy,
                    )


def _settings(row: Custom, fact: Fact) -> Iterator[Setting[object]]:
    held = getattr(fact, row.setting)
    if isinstance(held, Mapping):
        found = {str(k).lower(): v for k, v in held.items()}.get(row.key.lower())
        value = getattr(found, "value", None) if found is not None else None
        if isinstance(value, Setting):
            yield value  # a header, which says more than its value
        else:
            yield found if isinstance(found, Setting) else Setting(ABSENT, fact.at)
    elif isinstance(held, Setting):
        yield held


def _wrong(row: Custom, value: object) -> str:
    """What is wrong with a known or absent value, "" when nothing is. A value may be a secret: it is not told."""
    if row.test == "present":
        return "is not set" if value is ABSENT else ""
    if row.test == "absent":
        return "is set"
    if row.test in ("true", "false"):
        return "" if value is (row.test == "true") else f"is not {row.test}"
    try:
        good = TESTS[row.test](value, row.wanted)
    except ValueError:
        return f"is not a number, so it is not {row.test} {row.wanted}"
    listed = ", ".join(map(str, row.wanted)) if isinstance(row.wanted, tuple) else str(row.wanted)
    return "" if good else f"is not as it must be ({row.test}: {listed})"


def _holds(held: object, wanted: object) -> bool:
    value = held.effective if isinstance(held, Setting) else held
    value = value.value if isinstance(value, Enum) and value not in (ABSENT, UNKNOWN) else value
    return value == wanted
