"""What somebody who only sees sizes of encrypted answers learns about a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log2
from random import Random

from batten.live.exchange import Response

RECORD = 16_384  # bytes of plain text that one TLS record holds at most (RFC 8446, 5.1)
OVERHEAD = 22  # bytes that TLS 1.3 adds to each: header, content type and tag of an AEAD suite
SHUFFLES = 200
_CHANGING = frozenset(
    {
        "date",
        "age",
        "etag",
        "last-modified",
        "x-request-id",
        "set-cookie",
        "traceparent",
        "server-timing",
        "expires",
    }
)


def on_the_wire(response: Response) -> int:
    """Bytes that an observer counts: headers, without those whose length changes by itself, and the body as it
    was sent, compressed or not, in TLS records. The record size hides nothing: lengths are exact with AEAD suites."""
    head = sum(len(n) + len(v) + 4 for n, v in response.headers if n.lower() not in _CHANGING)
    plain = head + response.size
    return plain + OVERHEAD * (-(-plain // RECORD))


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


def confidence(samples: Sequence[Sequence[int]]) -> float:
    """How sure it is that sizes depend on the choice: the share of shuffles of the same samples among the values
    that tell less. Few samples of noisy sizes always seem to tell something."""
    told = bits(samples)
    pool = [size for sizes in samples for size in sizes]
    shuffled = Random(0)  # the same samples give the same answer
    less = 0
    for _ in range(SHUFFLES):
        shuffled.shuffle(pool)
        rest = iter(pool)
        less += bits([[next(rest) for _ in sizes] for sizes in samples]) < told
    return less / SHUFFLES
