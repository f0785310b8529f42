"""Packages compared with advisories; and what was not compared, each reason by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.util import find_spec

from batten.advisories import versions
from batten.advisories.api import SECONDS, Api, Asked
from batten.advisories.database import Database, Kept, NoDatabase, opened
from batten.advisories.flaws import Judged, flawed, judged
from batten.advisories.gaps import Gap, Lack
from batten.advisories.web import Unavailable, Web
from batten.facts import KnownFlaws, Package
from batten.model.record import record
from batten.patterns import fits
from batten.policy.advising import Advising, Source

OLD = timedelta(days=7)  # a database of more than this is said to be old
STALE = timedelta(days=30)  # one of more than this does not know what is published now


@record(kw_only=True)
class Comparison:
    """What advisories say of packages: a fact for each that was compared, and the gaps. `origin` says what they were compared
    with, and of when that is."""

    flaws: tuple[KnownFlaws, ...] = ()
    gaps: tuple[Gap, ...] = ()
    origin: str = ""


Answer = Judged | Gap


def compare(packages: Sequence[Package], source: Source, advising: Advising, today: date) -> Comparison:
    """The packages, compared with what a source has; nothing is opened where there is nothing to compare."""
    if not packages:
        return Comparison()
    if find_spec("univers") is None or find_spec("cvss") is None:
        count = len(packages)
        said = "the packages that compare versions are not installed"
        return Comparison(
            gaps=(
                Gap(
                    lack=Lack.NOT_INSTALLED,
                    subject="",
                    packages=count,
                    said=said,
                    hint="install batten[advisories]",
                ),
            )
        )
    if source.folder is not None:
        assert source.folder is not None
        try:
            with opened(source.folder) as database:
                have = database.ecosystems()
                wanted = {versions.family(one.ecosystem) for one in packages}
                oldest = min((kept.dated for name, kept in have.items() if name in wanted), default=None)
                origin = f"a database of {oldest.date().isoformat()}" if oldest is not None else "a database"
                return _put_together(
                    packages, _from_database(database, have, today), origin, _ages(have, today)
                )
        except NoDatabase as error:
            hint = f"make it with `batten advisories fetch {source.folder}`"
            gap = Gap(lack=Lack.UNAVAILABLE, subject="", packages=len(packages), said=str(error), hint=hint)
            return Comparison(gaps=(gap,))
    sent = [asked(one) for one in packages if _why_not(one) is None]
    api = _api(source.url)
    private = {one for one in sent if any(fits(one.name, glob) for glob in advising.private)}
    try:
        answers = api.about(one for one in sent if one not in private)
    except Unavailable as error:
        hint = "try again later, or keep a database with `batten advisories fetch DIR`"
        gap = Gap(lack=Lack.UNAVAILABLE, subject="", packages=len(packages), said=str(error), hint=hint)
        return Comparison(gaps=(gap,))

    def of(one: Asked) -> Answer:
        if one in private:
            said = "`advisories.private` in batten.yaml keeps these names from being sent"
            return Gap(lack=Lack.PRIVATE, subject="", packages=1, said=said)
        return Judged(*flawed(answers[one], one.ecosystem, one.version), ())

    return _put_together(packages, of, source.url, lambda family, count: None)


def _age(kept: Kept, today: date) -> timedelta:
    """How old it is at the end of a day; a clock that is behind makes nothing younger than it is."""
    return datetime.combine(today, time.max, UTC) - kept.dated


def _ages(have: dict[str, Kept], today: date) -> Callable[[str, int], Gap | None]:
    """What is said of ecosystems that are old, and were compared."""

    def of(family: str, count: int) -> Gap | None:
        kept = have.get(family)
        if kept is None or not OLD < _age(kept, today) <= STALE:
            return None
        said = f"the advisories of {family} are of {kept.dated.date().isoformat()}; newer ones were not seen"
        return Gap(lack=Lack.OLD, subject=family, packages=count, said=said, hint=_FETCH)

    return of


_FETCH = "run `batten advisories fetch DIR` daily"


def _from_database(database: Database, have: dict[str, Kept], today: date) -> Callable[[Asked], Answer]:
    def of(one: Asked) -> Answer:
        name = versions.family(one.ecosystem)
        kept = have.get(name)
        if kept is None:
            said = f"the database has no advisories of {name}"
            hint = f"add them with `batten advisories fetch DIR --ecosystem '{name}'`"
            return Gap(lack=Lack.MISSING, subject=name, packages=1, said=said, hint=hint)
        if _age(kept, today) > STALE:
            said = f"the advisories of {name} are of {kept.dated.date().isoformat()}, more than {STALE.days} days ago"
            return Gap(lack=Lack.STALE, subject=name, packages=1, said=said, hint=_FETCH)
        return judged(database.about(one.ecosystem, one.name), one.ecosystem, one.version)

    return of


@lru_cache(maxsize=8)
def _api(url: str) -> Api:
    """The API of an address; of several reviews in one run the later ones ask for what is new."""
    return Api(Web(url, SECONDS))


def asked(package: Package) -> Asked:
    """The package as advisories know it: of a distribution's by its source package."""
    return Asked(package.ecosystem, package.source or package.name, package.version.known(""))


def _why_not(package: Package) -> Gap | None:
    """Why a package cannot be looked up at all."""
    name = versions.family(package.ecosystem)
    if not package.version.known(""):
        said = "no exact version is known"
        return Gap(lack=Lack.VERSION, subject=package.name, packages=1, said=said)
    if not versions.known(package.ecosystem):
        said = f"batten does not know how versions of {name or 'this ecosystem'} are ordered"
        return Gap(lack=Lack.UNSUPPORTED, subject=name, packages=1, said=said)
    return None


def _put_together(
    packages: Sequence[Package],
    answer: Callable[[Asked], Answer],
    origin: str,
    ages: Callable[[str, int], Gap | None],
) -> Comparison:
    flaws: list[KnownFlaws] = []
    gaps: list[Gap] = []
    known: dict[Asked, Answer] = {}
    compared: dict[str, int] = {}
    for package in packages:
        one = asked(package)
        if (why := _why_not(package)) is not None:
            gaps.append(why)
            continue
        if one not in known:
            known[one] = answer(one)
        told = known[one]
        if isinstance(told, Gap):
            gaps.append(told)
            continue
        family = versions.family(package.ecosystem)
        compared[family] = compared.get(family, 0) + 1
        gaps += _undecided(package, told)
        flaws.append(KnownFlaws(package.at, package, told.flaws, told.fixed))
    gaps += (gap for family, count in compared.items() if (gap := ages(family, count)) is not None)
    # Gaps of one reason and subject, said once.
    summed: list[Gap] = []
    counted: dict[tuple[Lack, str, str, str], int] = {}
    for summed_gap in gaps:
        key = (summed_gap.lack, summed_gap.subject, summed_gap.said, summed_gap.hint)
        counted[key] = counted.get(key, 0) + summed_gap.packages
    for (lack, subject, said, hint), summed_count in counted.items():
        summed.append(Gap(lack=lack, subject=subject, packages=summed_count, said=said, hint=hint))
    return Comparison(flaws=tuple(flaws), gaps=tuple(summed), origin=origin)


def _undecided(package: Package, told: Judged) -> Iterator[Gap]:
    if told.open:
        version = package.version.known("")
        more = f" and {len(told.open) - 1} more" if len(told.open) > 1 else ""
        said = f"whether {version} is affected by {told.open[0]}{more} is unknown: its versions have no known order"
        yield Gap(lack=Lack.NO_ORDER, subject=package.name, packages=1, said=said)
