"""Packages that files name, compared with the advisories that the user named; what could not be compared is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from batten.advisories.gaps import FAILURES, Gap, Lack, Packages, unasked
from batten.controls.patches import weight
from batten.engine.contexts import Contexts
from batten.facts import Fact, KnownFlaws, Package
from batten.model import Problem
from batten.model.record import record
from batten.policy import Policy
from batten.technologies import Unit, technologies

SLUG = "component-patched"
STAGE = "compare"  # of a problem: packages were not compared with advisories


@record
class Compared:
    """What comparing showed: facts, problems, and what the ledger says; None where no file names a package."""

    facts: tuple[KnownFlaws, ...] = ()
    problems: tuple[Problem, ...] = ()
    packages: Packages | None = None


def compared(
    facts: Sequence[Fact],
    policy: Policy,
    contexts: Contexts,
    readers: dict[int, str],
    units: Iterable[Unit] = (),
) -> Compared:
    """The packages among the facts, compared. `readers` is told whose the new facts are. Where no advisories are named
    readers list no packages, and the `units` show that there are some."""
    if policy.advisories is None:
        files = sum(
            contexts.rule(contexts.of_path(unit.main, unit.technology)).gate
            for unit in units
            if technologies()[unit.technology].names_packages(unit)
        )
        return Compared(packages=Packages(named=0, gaps=(unasked(files),)) if files else None)
    packages = [fact for fact in facts if isinstance(fact, Package)]
    if not packages:
        return Compared()
    counts = {id(one): contexts.rule(contexts.of(one.at, readers.get(id(one), ""))).gate for one in packages}
    counting = [one for one in packages if counts[id(one)]]
    from batten.advisories.comparison import compare  # with SQLite, and what compares versions

    main, others = (
        compare(some, policy.advisories, policy.advising, policy.today)
        for some in (counting, [one for one in packages if not counts[id(one)]])
    )
    found = (*main.flaws, *others.flaws)
    readers.update({id(fact): readers[id(fact.package)] for fact in found if id(fact.package) in readers})
    gaps = (*main.gaps, *_unreported(main.flaws, policy))
    told = Packages(named=len(counting), compared=len(main.flaws), origin=main.origin, gaps=gaps)
    problems = tuple(_problem(gap, len(counting)) for gap in main.gaps if gap.lack in FAILURES)
    return Compared(found, problems, told)


def _unreported(found: Sequence[KnownFlaws], policy: Policy) -> Iterator[Gap]:
    """What batten.yaml keeps from being reported: packages whose vulnerabilities are all mild, and vulnerabilities by name."""
    minimum, accepts = policy.advising.minimum, policy.advising.accepts
    count = sum(bool(one.flaws) and all(weight(flaw) < minimum for flaw in one.flaws) for one in found)
    if count:
        said = f"their known vulnerabilities are below `advisories.minimum` in batten.yaml ({minimum.label})"
        yield Gap(lack=Lack.MINIMUM, subject="", packages=count, said=said)
    rows = Counter(accepts(flaw.ids, policy.today) for one in found for flaw in one.flaws)
    for row, times in rows.items():
        if row is not None:
            said = f"batten.yaml accepts it until {row.until.isoformat()}: {row.reason} ({row.owner})"
            yield Gap(lack=Lack.ACCEPTED, subject=row.id, packages=times, said=said)


def settled(packages: Packages | None) -> bool:
    """Whether silence about a package proves something: all that could be compared were."""
    return packages is None or (packages.compared > 0 and not any(g.lack in FAILURES for g in packages.gaps))


def not_compared(packages: Packages | None) -> Iterator[Problem]:
    """A problem for each gap that is none yet, for a run that must have compared every package."""
    for gap in packages.gaps if packages is not None else ():
        if gap.lack in (Lack.OLD, Lack.UNSUPPORTED, Lack.PRIVATE, Lack.VERSION, Lack.NO_ORDER):
            what = f"`{gap.subject}`" if gap.lack in (Lack.VERSION, Lack.NO_ORDER) else "packages"
            said = f"{what} compared with advisories only in part, or not at all: {gap.said}"
            yield Problem(".", STAGE, said, hint=gap.hint)


def _problem(gap: Gap, every: int) -> Problem:
    what = "packages" if gap.packages == every else f"{gap.packages:,} of {every:,} packages"
    return Problem(".", STAGE, f"{what} were not compared with advisories: {gap.said}", hint=gap.hint)
