from __future__ import annotations

from enum import Enum
from typing import Generic, TypeVar

from batten.model.location import Location
from batten.model.record import record

T = TypeVar("T")
U = TypeVar("U")


class Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


class Unknown(Enum):
    UNKNOWN = "unknown"  # a variable, an unread include: never guessed

    def __repr__(self) -> str:
        return "UNKNOWN"


ABSENT, UNKNOWN = Absent.ABSENT, Unknown.UNKNOWN


@record
class Setting(Generic[T]):
    """One value that is configured, absent, or unknown; and where.

    `at` is the value's own place (Kind.VALUE) when it is written, and the block that lacks it
    (Kind.BLOCK) when it is ABSENT. `default` is what the vendor's default makes of an ABSENT one.
    """

    value: T | Absent | Unknown
    at: Location
    default: T | Absent | Unknown = ABSENT

    @property
    def effective(self) -> T | Absent | Unknown:
        """The value that is in force: the written one, or the vendor's default. UNKNOWN stays so."""
        return self.default if self.value is ABSENT else self.value

    def known(self, otherwise: U) -> T | U:
        """The effective value, or `otherwise` when there is none or it cannot be known."""
        value = self.effective
        return otherwise if isinstance(value, (Absent, Unknown)) else value

    @property
    def is_known(self) -> bool:
        return not isinstance(self.effective, (Absent, Unknown))

    @property
    def written(self) -> bool:
        return self.value is not ABSENT
