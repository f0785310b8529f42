"""How many findings were worth the time, out of those that people judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from math import sqrt

from batten.engine.verdicts import Judgement, Verdict
from batten.model.record import record

Z = 1.959964  # of a 95 % interval


@record
class Share:
    """A part of a whole with its 95 % interval, each from 0 to 1. Wilson's interval holds near 0 and 1, where the usual
    one does not (E. B. Wilson, JASA 22, 1927)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0


def share(count: int, of: int) -> Share:
    if not of:
        return Share(0, 0, 0.0, 1.0)
    p, z2 = count / of, Z * Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z / (1 + z2 / of) * sqrt(p * (1 - p) / of + z2 / (4 * of * of))
    return Share(count, of, max(middle - half, 0.0), min(middle + half, 1.0))


@record
class Tally:
    """Verdicts of one name: a control, a stack, or all of them."""

    name: str
    useful: int
    noise: int
    false: int

    @property
    def all(self) -> int:
        return self.useful + self.noise + self.false

    @property
    def usefulness(self) -> Share:
        return share(self.useful, self.all)

    @property
    def truth(self) -> Share:
        """What was not false: useful, or noise."""
        return share(self.useful + self.noise, self.all)


@record
class Precision:
    """`controls` are worst first: false ones, then noise."""

    total: Tally
    controls: tuple[Tally, ...]
    stacks: tuple[Tally, ...]


def precision(verdicts: Iterable[Verdict]) -> Precision:
    """The figures of verdicts. Of two verdicts of one judge about one finding the later one counts."""
    last = {verdict.key: verdict for verdict in verdicts}.values()
    controls, stacks = defaultdict(list), defaultdict(list)
    for verdict in last:
        controls[verdict.control].append(verdict)
        stacks[verdict.stack].append(verdict)
    worst = sorted(
        (_tally(name, held) for name, held in controls.items()), key=lambda t: (-t.false, -t.noise, t.name)
    )
    return Precision(_tally("", last), tuple(worst), tuple(_tally(n, stacks[n]) for n in sorted(stacks)))


def _tally(name: str, verdicts: Iterable[Verdict]) -> Tally:
    counts = Counter(verdict.judgement for verdict in verdicts)
    return Tally(name, counts[Judgement.USEFUL], counts[Judgement.NOISE], counts[Judgement.FALSE])
