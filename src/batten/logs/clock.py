"""Times in logs, to the minute, as ISO 8601 sorts them. The zone is the server's; epochs are UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

_MONTHS = {
    name.encode(): f"{number:02}"
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}


@lru_cache(4_096)
def minute(written: bytes) -> str:
    """`27/Nov/2026:19:44`, `2026-11-27 19:44` and `1795808640` as `2026-11-27T19:44`; "" for anything else."""
    text = written.decode("ascii", "replace")
    if len(written) == 10 and written.isdigit():
        return datetime.fromtimestamp(int(written), UTC).strftime("%Y-%m-%dT%H:%M")
    if len(text) < 16:
        return ""
    if text[2] == "/":
        return f"{text[7:11]}-{_MONTHS.get(written[3:6], '00')}-{text[:2]}T{text[12:17]}"
    return f"{text[:10]}T{text[11:16]}"
