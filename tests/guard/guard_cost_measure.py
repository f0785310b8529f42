"""Processor time of what the guard does with one body: read it, judge it, and find the first place that is wrong."""

from __future__ import annotations

import time
from typing import Any

from guard_costs import Make

from batten.contract.strict_json import strict_json
from batten.contract.validators import validator_of

PARTS = ("read", "judge", "explain")
BOUND = 0.5  # seconds for 2 MB
SIZE = 2_000_000


def costs(schema: Any, body: bytes) -> tuple[float, float, float]:
    """Seconds of each part."""
    validator = validator_of(schema)
    marks = [time.process_time()]
    try:
        value = strict_json(body)
    except ValueError:
        return time.process_time() - marks[0], 0.0, 0.0
    marks.append(time.process_time())
    valid = validator.is_valid(value)
    marks.append(time.process_time())
    if not valid:
        assert validator.first(value) is not None
    marks.append(time.process_time())
    return marks[1] - marks[0], marks[2] - marks[1], marks[3] - marks[2]


def least(schema: Any, make: Make, size: int, times: int = 2) -> tuple[float, float, float]:
    """The least of some measures: what else the machine does only adds."""
    body = make(size)
    rows = [costs(schema, body) for _ in range(times)]
    return min(rows, key=sum)
