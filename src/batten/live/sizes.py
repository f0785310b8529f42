"""What the sizes of encrypted answers reveal about a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import log2
from random import Random
from typing import TypeAlias

from batten.live.exchange import Response

RECORD = 16_384  # bytes of plain text that one TLS record holds at most (RFC 8446, 5.1)
OVERHEAD = 22  # bytes that TLS 1.3 adds to each: header, content type and tag of an AEAD suite
SHUFFLES = 400
Samples: TypeAlias = Sequence[Sequence[int]]
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


def bits(samples: Samples) -> float:
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


def split_bits(samples: Samples) -> float:
    """The same for an observer who only sees whether an answer is longer than some length, the best there is: sizes
    that are never twice the same still tell long answers from short ones."""
    bounds = sorted({size for sizes in samples for size in sizes})[:-1]
    return max(
        (bits([[size > bound for size in sizes] for sizes in samples]) for bound in bounds), default=0.0
    )


def confidence(samples: Samples, told: Callable[[Samples], float] = bits) -> float:
    """How sure it is that sizes depend on the choice: the share of shuffles of the same samples among the values
    that tell less. Few samples of noisy sizes always seem to tell something."""
    seen = told(samples)
    pool = [size for sizes in samples for size in sizes]
    shuffled = Random(0)  # the same samples give the same answer
    less = 0
    for _ in range(SHUFFLES):
        shuffled.shuffle(pool)
        rest = iter(pool)
        less += told([[next(rest) for _ in sizes] for sizes in samples]) < seen
    return less / SHUFFLES


def distinguishability(samples: Samples) -> tuple[float, float]:
    """Bits and confidence, by whichever of the two ways of looking is the surer one."""
    if bits(samples) == 0.0:
        return 0.0, 1.0
    exact = (confidence(samples), bits(samples))
    split = (confidence(samples, split_bits), split_bits(samples))
    sure, told = max(exact, split)
    return told, sure
