"""How often a caller may ask: rows of `guard: rates:`, of options and of arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from batten.model.record import record

ROW = ("operation", "per", "limit", "burst")
UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
LIMIT = re.compile(r"([1-9][0-9]{0,6})/(second|minute|hour|day)")


class Per(Enum):
    """What tells one caller from another."""

    ADDRESS = "address"  # of IPv6, the /64 network, which is one subscriber's
    CREDENTIAL = "credential"  # that the operation requires; the address where none is sent
    API_KEY = "api-key"  # the same, of API keys only


@record
class Rate:
    """`limit` requests in `seconds`, and at most `burst` at once. `operation` is "" for all operations together."""

    limit: int
    seconds: int
    burst: int
    per: Per = Per.ADDRESS
    operation: str = ""


def rate(row: Mapping[str, str]) -> Rate:
    """Raises ValueError, with what is wrong and what to write."""
    for key in row:
        if key not in ROW:
            raise ValueError(f"a rate has no key '{key}'; its keys are: {', '.join(ROW)}")
    found = LIMIT.fullmatch(row.get("limit", ""))
    if found is None:
        raise ValueError(
            f"'{row.get('limit', '')}' is not a limit; write 100/minute, of second, minute, hour or day"
        )
    limit, burst = int(found[1]), row.get("burst", found[1])
    if not re.fullmatch(r"[1-9][0-9]{0,7}", burst):
        raise ValueError(f"'{burst}' is not a burst; write the number of requests that may come at once")
    try:
        per = Per(row.get("per", Per.ADDRESS.value))
    except ValueError:
        known = ", ".join(each.value for each in Per)
        raise ValueError(f"'{row['per']}' is not a kind of caller; write one of {known}") from None
    operation = row.get("operation", "")
    return Rate(
        limit, UNITS[found[2]], burst=int(burst), per=per, operation="" if operation == "all" else operation
    )
