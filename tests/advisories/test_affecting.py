"""OSV's evaluation, what several databases say of one vulnerability, and the smallest version without any."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from batten.advisories.affecting import affects, repair
from batten.advisories.flaws import judged
from batten.advisories.ratings import rated, scored
from batten.advisories.records import BadRecord, Entry, entry_of, named, published
from batten.advisories.versions import LONGEST, Incomparable, order
from batten.model import Severity
from osv import CVSS, NEEDED, Record, before, record
from spending import at_most

pytestmark = NEEDED


def entry(given: Record) -> Entry:
    one = published(json.dumps(given).encode())
    ((_, affected),) = named(one)
    return entry_of(one, affected, rated(one, affected))


SPECIFIED = [  # the ranges that the specification explains
    ([{"introduced": "0"}], "0.1 1.0.2", ""),
    ([{"introduced": "0"}, {"fixed": "1.0.2"}], "0.0.0-rc.1 1.0.1", "1.0.2 2.0.0"),
    (
        [{"introduced": "1.0.0"}, {"fixed": "1.0.2"}, {"introduced": "3.0.0"}, {"fixed": "3.2.5"}],
        "1.0.0 1.0.1 3.0.0 3.2.4",
        "0.9.9 1.0.2 2.9.9 3.2.5 4.0.0",
    ),
    ([{"introduced": "0"}, {"last_affected": "2.1.214"}], "2.1.214 1.0.0", "2.1.215 3.0.0"),
    ([{"introduced": "1.0.0"}, {"limit": "2.0.0"}], "1.0.0 1.9.9", "0.9.0 2.0.0 3.0.0"),
    ([{"introduced": "1.0.0"}, {"limit": "*"}], "1.0.0 9.0.0", "0.9.0"),
    ([{"fixed": "1.0.2"}, {"introduced": "0"}], "1.0.1", "1.0.2"),  # events need not be in order
    ([{"introduced": "1.0.2"}, {"fixed": "1.0.2"}], "", "1.0.1 1.0.2"),
]


@pytest.mark.parametrize(("events", "inside", "outside"), SPECIFIED)
@pytest.mark.parametrize(("ecosystem", "kind"), [("npm", "SEMVER"), ("PyPI", "ECOSYSTEM")])
def test_ranges_are_evaluated_as_the_specification_says(
    events: list[dict[str, str]], inside: str, outside: str, ecosystem: str, kind: str
) -> None:
    one = entry(record("A-1", "shop", ecosystem, *events, kind=kind))
    spelt = str.maketrans({"-": ""}) if ecosystem == "PyPI" else {}
    assert {v: affects(one, ecosystem, v.translate(spelt)) for v in inside.split()} == dict.fromkeys(
        inside.split(), True
    )
    assert {v: affects(one, ecosystem, v) for v in outside.split()} == dict.fromkeys(outside.split(), False)


def test_a_version_that_is_listed_is_affected_beside_the_ranges() -> None:
    given = record("A-1", "shop", "PyPI", {"introduced": "2.0"}, {"fixed": "2.1"})
    given["affected"][0]["versions"] = ["1.0", "odd"]
    one = entry(given)
    assert [affects(one, "PyPI", v) for v in ("1.0", "odd", "2.0.5", "1.1")] == [True, True, True, False]
    del given["affected"][0]["ranges"]
    assert affects(entry(given), "PyPI", "1.0.0") is True  # another spelling of 1.0
    assert affects(entry(given), "PyPI", "1.5") is False


def test_commits_are_not_compared_but_versions_beside_them_are() -> None:
    given = record("A-1", "shop", "npm", {"introduced": "0"}, kind="GIT")
    given["affected"][0]["versions"] = ["1.0.0"]
    assert [affects(entry(given), "npm", v) for v in ("1.0.0", "1.0.1")] == [True, False]


def test_what_cannot_be_compared_is_unknown() -> None:
    assert affects(entry(record("A-1", "shop", "npm", *before("1.0.2"))), "npm", "latest") is None
    assert affects(entry(record("A-1", "shop", "npm", *before("next"))), "npm", "1.0.0") is None
    told = judged([entry(record("A-1", "shop", "npm", *before("next")))], "npm", "1.0.0")
    assert told.flaws == () and told.open == ("A-1",)


def test_withdrawn_advisories_affect_nothing() -> None:
    given = record("A-1", withdrawn="2026-01-01T00:00:00Z")
    assert list(named(published(json.dumps(given).encode()))) == []


def test_one_vulnerability_with_three_ids_is_told_once() -> None:
    ours = [
        entry(record("GHSA-aaaa-bbbb-cccc", "shop", "PyPI", *before("1.2"), aliases=["CVE-2026-1"])),
        entry(record("PYSEC-2026-7", "shop", "PyPI", *before("1.3"), aliases=["CVE-2026-1", "GHSA-x"])),
        entry(record("PYSEC-2026-8", "shop", "PyPI", *before("1.1"))),
    ]
    told = judged(ours, "PyPI", "1.0")
    assert [(flaw.name, flaw.fixed) for flaw in told.flaws] == [
        ("CVE-2026-1", "1.3"),
        ("PYSEC-2026-8", "1.1"),
    ]
    assert told.fixed == "1.3"
    assert set(told.flaws[0].ids) == {"CVE-2026-1", "GHSA-aaaa-bbbb-cccc", "GHSA-x", "PYSEC-2026-7"}


def test_a_bulletin_about_several_vulnerabilities_is_not_another_one() -> None:
    package = ("libshop", "Debian:12", *before("1.2-1"))
    ours = [
        entry(record("DEBIAN-CVE-2026-1", *package, upstream=["CVE-2026-1"])),
        entry(record("DEBIAN-CVE-2026-2", *package, upstream=["CVE-2026-2"])),
        entry(record("DSA-1-1", *package, upstream=["CVE-2026-1", "CVE-2026-2"])),
    ]
    assert [flaw.name for flaw in judged(ours, "Debian:12", "1.1-1").flaws] == ["CVE-2026-1", "CVE-2026-2"]
    assert [flaw.name for flaw in judged(ours[2:], "Debian:12", "1.1-1").flaws] == ["DSA-1-1"]


def test_the_smallest_version_that_fixes_all_is_found_across_branches() -> None:
    branches = [{"introduced": "1.0"}, {"fixed": "1.4"}, {"introduced": "2.0"}, {"fixed": "2.2"}]
    ours = [
        entry(record("A-1", "shop", "PyPI", *branches)),
        entry(record("A-2", "shop", "PyPI", *before("2.1"))),
    ]
    assert repair(ours, "PyPI", "1.0") == "2.2"  # 1.4 has A-2, and 2.1 has A-1 again
    assert repair(ours[:1], "PyPI", "1.0") == "1.4"
    assert repair([*ours, entry(record("A-3"))], "PyPI", "1.0") == ""
    told = judged([*ours, entry(record("A-3"))], "PyPI", "1.0")
    assert told.fixed == "2.2" and [flaw.fixed for flaw in told.flaws] == ["1.4", "2.1", ""]


def test_malicious_packages_and_notices_are_told_apart() -> None:
    bad = judged([entry(record("MAL-2026-1", "shop", "npm", aliases=["GHSA-m"]))], "npm", "1.0.0").flaws[0]
    assert bad.malicious and bad.name == "MAL-2026-1"
    given = record("RUSTSEC-2026-1", "shop", "crates.io")
    given["affected"][0]["database_specific"] = {"informational": "unmaintained"}
    assert judged([entry(given)], "crates.io", "1.0.0").flaws[0].notice


RATED = [
    ({"database_specific": {"severity": "MODERATE"}, "severity": [{"type": "CVSS_V3", "score": CVSS}]}, 2),
    ({"severity": [{"type": "CVSS_V3", "score": CVSS}]}, 4),
    ({"severity": [{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:C/I:C/A:C"}]}, 3),
    (
        {
            "severity": [
                {"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"},
                {
                    "type": "CVSS_V4",
                    "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
                },
            ]
        },
        4,
    ),
    ({"severity": [{"type": "Ubuntu", "score": "negligible"}]}, 0),
    ({"severity": [{"type": "CVSS_V3", "score": "not a vector"}]}, -1),
    ({"database_specific": {"severity": ["HIGH"]}}, -1),
    ({"database_specific": "HIGH"}, -1),
    ({}, -1),
]


@pytest.mark.parametrize(("given", "severity"), RATED)
def test_a_severity_is_a_word_of_the_database_or_the_vectors(given: Record, severity: int) -> None:
    one = published(json.dumps(record("A-1") | given).encode())
    ((_, affected),) = named(one)
    assert rated(one, affected) == severity


def test_severities_of_one_package_come_first() -> None:
    given = record("A-1", database_specific={"severity": "LOW"})
    given["affected"][0]["database_specific"] = {"severity": "CRITICAL"}
    one = published(json.dumps(given).encode())
    assert rated(one, next(named(one))[1]) == Severity.CRITICAL
    assert scored("CVSS3", "AV:N" * 1000) is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b'{"id": 5}',
        b'{"id": "../../etc/passwd"}',
        b'{"id": ""}',
        b'{"id": "A", "affected": "x"}',
        b'{"id": "A\xff"}',
        b"[" * 100_000,
        b'{"id": "A", "x": ' + b"[" * 100_000,
        b'{"id": "A", "affected": [{"database_specific": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}",
    ],
    ids=range(11),
)
def test_what_is_not_a_record_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadRecord):
        published(data)


def test_cost_grows_with_what_an_advisory_holds_and_no_faster() -> None:
    """As of a kernel: thousands of advisories, each fixed in another version, and one with thousands of ranges."""
    many = [entry(record(f"A-{n}", "linux", "Debian:12", *before(f"6.1.{n}-1"))) for n in range(1500)]
    ranges = [{word: f"1.{n}.{k}"} for n in range(4000) for k, word in enumerate(("introduced", "fixed"))]
    with at_most(10):
        told = judged(many, "Debian:12", "6.1.0-1")
        assert len(told.flaws) == 1499 and told.fixed == "6.1.1499-1"
        assert affects(entry(record("A-1", "shop", "npm", *ranges)), "npm", "1.3999.0") is True


@pytest.mark.parametrize(
    "ecosystem", ["PyPI", "npm", "Debian", "Alpine", "RubyGems", "Maven", "NuGet", "Red Hat", "Packagist"]
)
def test_versions_made_to_be_slow_are_not(ecosystem: str) -> None:
    parts = ("1", "1.", "a-", "1a", "1.0-", "1~", "_rc1", ".dev1", "+a.", "0.0", "-1.", "1!", "rc")
    with at_most(3):
        for part in parts:
            for end in ("", "!", "-", " "):
                text = (part * LONGEST)[: LONGEST - len(end)] + end
                with suppress(Incomparable):
                    order(ecosystem, text, text[:-1])
