from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from batten.facts.fact import Fact
from batten.model import Severity
from batten.model.record import record

F = TypeVar("F", bound=Fact)


@record
class Observed(Fact):
    """A fact seen live in an environment, beside the declared facts it may be held against."""

    environment: str
    fact: Fact


@record
class Stack(Fact):
    """Every fact of a run and one context, for the judges that must see more than one side at once.

    `facts` are declared ones and, when environments were probed, `observed` what they showed: to be gone through
    as often as it is wanted.
    """

    facts: tuple[Fact, ...]
    observed: Iterable[Observed] = ()

    def of(self, kind: type[F]) -> Iterator[F]:
        """The declared facts of one kind, in reading order."""
        return (f for f in self.facts if isinstance(f, kind))

    def seen(self, kind: type[F]) -> Iterator[tuple[str, F]]:
        """(environment, fact) for observed facts of one kind."""
        return ((o.environment, o.fact) for o in self.observed if isinstance(o.fact, kind))


@record
class Unparsed(Fact):
    """A recognised file, or a part of it, that could not be read."""

    message: str


@record
class Behind(Fact):
    """A control that one environment breaks and the environment before it (staging before
    production) does not."""

    environment: str
    before: str
    control: str


@record(kw_only=True)
class Waived(Fact):
    """A waiver, inline or in batten.yaml, and whether a finding used it in this run.

    `owner` is None where the file's history names the author (inline waivers). `unknown` are names in it that no control
    has, each with the controls that are like it.
    """

    control: str
    reason: str
    owner: str | None
    until: date | None
    used: bool
    unknown: tuple[tuple[str, tuple[str, ...]], ...]


@record(kw_only=True)
class Lessened(Fact):
    """Something that a change lowers, against what its base decides: a control, a gate, files that are left out. `kind` is the
    value of a case; `findings` counts what is hidden or milder by it, and `severity` is that of the worst."""

    kind: str
    subject: str
    before: str
    after: str
    findings: int
    severity: Severity
