"""What somebody who only sees sizes of encrypted answers learns about a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log2

from batten.live.exchange import Response


def on_the_wire(response: Response) -> int:
    """Bytes of the body and headers, without those whose length changes by itself."""
    changing = (
        "date",
        "age",
        "etag",
        "last-modified",
        "x-request-id",
        "set-cookie",
        "traceparent",
        "server-timing",
    )
    head = sum(len(n) + len(v) + 4 for n, v in response.headers if n.lower() not in changing)
    return head + response.size


def bits(samples: Sequence[Sequence[int]]) -> float:
    """Mutual information between the choice, each value as likely as the other, and the size seen.

    0 means that sizes tell nothing; log2 of the number of values that they tell it all.
    """
    joint = [Counter(sizes) for sizes in samples if sizes]
    if len(joint) < 2:
        return 0.0
    chance = 1 / len(joint)
    seen = {size for sizes in joint for size in sizes}
    learned = 0.0
    for size in seen:
        each = [sizes[size] / sizes.total() for sizes in joint]
        whole = sum(each) * chance
        learned += sum(chance * p * log2(p / whole) for p in each if p)
    return round(learned, 3)
