"""Packages against a database: its age, what it lacks, and what is never taken for clean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from batten.advisories.comparison import OLD, STALE, Comparison, compare
from batten.advisories.database import kept
from batten.advisories.exports import Local
from batten.advisories.fetching import fetch
from batten.advisories.gaps import Lack
from batten.facts import Package
from batten.model import Location, Setting
from batten.policy.advising import Advising, Source
from osv import NEEDED, archive, before, record

pytestmark = NEEDED
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("advisories")
    place = made / "all.zip"
    odd = record("P-2", "odd", "PyPI", *before("next"))
    place.write_bytes(archive([record("P-1", "shop", "PyPI", *before("1.2")), odd]))
    with kept(made) as database:
        list(fetch(database, Local(place, single=True), ["PyPI"], NEWEST))
    yield made


def package(name: str, version: str = "1.0", ecosystem: str = "PyPI") -> Package:
    at = Location("uv.lock", f"packages[{name}]")
    return Package(at, ecosystem=ecosystem, name=name, version=Setting(version, at))


def compared(folder: Path, *packages: Package, age: timedelta = timedelta(days=1)) -> Comparison:
    return compare(packages, Source(folder=folder), Advising(), (NEWEST + age).date())


def test_a_package_is_compared_by_its_normalised_name(folder: Path) -> None:
    told = compared(folder, package("Shop"), package("clean"))
    assert [(one.package.name, len(one.flaws), one.fixed) for one in told.flaws] == [
        ("Shop", 1, "1.2"),
        ("clean", 0, ""),
    ]
    assert told.gaps == () and told.origin == "a database of 2026-11-01"


@pytest.mark.parametrize(
    ("age", "lack", "compared_too"),
    [
        (OLD - timedelta(days=2), None, True),
        (OLD + timedelta(days=1), Lack.OLD, True),
        (STALE - timedelta(days=2), Lack.OLD, True),
        (STALE + timedelta(days=1), Lack.STALE, False),
        (timedelta(days=-400), None, True),  # a clock that is behind
    ],
)
def test_an_old_database_is_said_to_be_old_and_a_stale_one_proves_nothing(
    folder: Path, age: timedelta, lack: Lack | None, compared_too: bool
) -> None:
    told = compared(folder, package("shop"), package("clean"), age=age)
    assert [(gap.lack, gap.subject, gap.packages) for gap in told.gaps] == (
        [(lack, "PyPI", 2)] if lack else []
    )
    assert bool(told.flaws) is compared_too


def test_an_ecosystem_that_was_not_fetched_is_missing_and_not_clean(folder: Path) -> None:
    told = compared(folder, package("express", "4.0.0", "npm"), package("shop"))
    assert [one.package.name for one in told.flaws] == ["shop"]
    (gap,) = told.gaps
    assert gap.lack is Lack.MISSING and "--ecosystem 'npm'" in gap.hint


def test_what_cannot_be_compared_is_named(folder: Path) -> None:
    told = compared(folder, package("odd"), package("shop", "not a version"))
    assert {(gap.lack, gap.subject) for gap in told.gaps} == {(Lack.NO_ORDER, "odd"), (Lack.NO_ORDER, "shop")}
    assert all(not one.flaws for one in told.flaws)


def test_without_a_database_nothing_is_compared(tmp_path: Path) -> None:
    told = compared(tmp_path, package("shop"))
    assert told.flaws == () and [gap.lack for gap in told.gaps] == [Lack.UNAVAILABLE]
