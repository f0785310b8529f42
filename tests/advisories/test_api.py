"""OSV's API as batten asks it: pages, errors, rates, time; and what leaves this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from batten.advisories import comparison
from batten.advisories.api import BATCH, Api, Asked
from batten.advisories.comparison import Comparison
from batten.advisories.gaps import Lack
from batten.advisories.web import Unavailable, Web
from batten.facts import Package
from batten.model import UNKNOWN, Location, Setting
from batten.policy.advising import Advising, Source
from osv import CVSS, NEEDED, Answer, Record, Served, before, record, serving

pytestmark = NEEDED
TODAY = date(2026, 11, 27)
SHOP = Asked("PyPI", "shop", "1.0")


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving(Served()) as served:
        yield served


@pytest.fixture
def web(server: Served) -> Served:
    """The server as if it were new."""
    server.files, server.records, server.asked, server.bodies = {}, {}, [], []
    server.spoil = lambda path, times: None
    server.page = 1000
    return server


def has(served: Served, *records: Record) -> None:
    served.records = {one["id"]: one for one in records}


def api(served: Served, waited: list[float] | None = None) -> Api:
    return Api(Web(served.url, 60, pause=(waited if waited is not None else []).append))


def package(name: str, version: str | None = "1.0", ecosystem: str = "PyPI", **more: object) -> Package:
    at = Location("uv.lock", f"packages[{name}]")
    given = Setting(UNKNOWN if version is None else version, at)
    return Package(at, ecosystem=ecosystem, name=name, version=given, **more)  # type: ignore[arg-type]


def compared(served: Served, *packages: Package, private: tuple[str, ...] = ()) -> Comparison:
    comparison._api.cache_clear()
    return comparison.compare(packages, Source(url=served.url), Advising(private=private), TODAY)


def test_answers_are_asked_for_page_by_page(web: Served) -> None:
    has(web, *(record(f"P-{n}") for n in range(5)), record("P-9", "other"))
    web.page = 2
    told = api(web).about([SHOP, Asked("PyPI", "other", "1.0"), Asked("PyPI", "clean", "1.0")])
    assert [entry.id for entry in told[SHOP]] == [f"P-{n}" for n in range(5)]
    assert [len(entries) for entries in told.values()] == [5, 1, 0]
    assert [len(body["queries"]) for body in web.bodies] == [
        3,
        1,
        1,
    ]  # what has no further page is not asked again
    assert web.asked.count("/v1/vulns/P-3") == 1


def test_what_was_answered_is_not_asked_again(web: Served) -> None:
    has(web, record("P-1"))
    ours = api(web)
    assert ours.about([SHOP]) == ours.about([SHOP])
    assert web.asked == ["/v1/querybatch", "/v1/vulns/P-1"]


def test_many_packages_go_in_batches(web: Served) -> None:
    api(web).about(Asked("npm", f"p{n}", "1.0.0") for n in range(BATCH + 1))
    assert [len(body["queries"]) for body in web.bodies] == [BATCH, 1]


def test_a_rate_limit_is_waited_for(web: Served) -> None:
    has(web, record("P-1"))
    waited: list[float] = []
    web.spoil = lambda path, times: (429, {"Retry-After": "3"}, b"") if times == 1 else None
    assert [entry.id for entry in api(web, waited).about([SHOP])[SHOP]] == ["P-1"]
    assert waited == [3.0, 3.0]


BROKEN = [
    ((400, {}, b'{"code": 3, "message": "Invalid ecosystem."}'), "HTTP 400"),
    ((302, {"Location": "https://elsewhere.example"}, b""), "redirects"),
    ((200, {}, b"<html>"), "does not answer as OSV's API does"),
    ((200, {}, b'{"results": []}'), "with 0 answers"),
    ((200, {}, b'{"results": "x"}'), "does not answer"),
    ((200, {}, b"[" * 100_000), "does not answer"),
    (
        (200, {}, json.dumps({"results": [{"vulns": [{"id": "P-1"}], "next_page_token": "x"}]}).encode()),
        "pages",
    ),
]


@pytest.mark.parametrize(("answer", "said"), BROKEN)
def test_what_does_not_answer_as_the_api_does_is_said_to(web: Served, answer: Answer, said: str) -> None:
    web.spoil = lambda path, times: answer if path == "/v1/querybatch" else None
    with pytest.raises(Unavailable, match=said):
        api(web).about([SHOP])
    (gap,) = compared(web, package("shop")).gaps
    assert gap.lack is Lack.UNAVAILABLE and gap.packages == 1


def test_a_record_that_is_gone_is_none_and_one_that_is_broken_is_not_passed_over(web: Served) -> None:
    has(web, record("P-1"), record("P-2"))
    web.spoil = lambda path, times: (404, {}, b"") if path.endswith("P-1") else None
    assert [entry.id for entry in api(web).about([SHOP])[SHOP]] == ["P-2"]
    web.spoil = lambda path, times: (200, {}, b"{") if path.endswith("P-1") else None
    with pytest.raises(Unavailable, match="no readable record of P-1"):
        api(web).about([SHOP])


def test_nothing_listens_there(web: Served) -> None:
    with pytest.raises(Unavailable, match="the connection failed"):
        Api(Web("http://127.0.0.1:1", 60)).about([SHOP])


def test_packages_are_compared_and_the_gaps_are_told(web: Served) -> None:
    fixed = record("P-1", "shop", "PyPI", *before("1.2"), severity=[{"type": "CVSS_V3", "score": CVSS}])
    has(web, fixed, record("P-2", "openssl", "Ubuntu:24.04:LTS"))
    told = compared(
        web,
        package("shop"),
        package("clean"),
        package("shop", None),
        package("libssl3", "3.0.1-1", "Ubuntu:24.04", source="openssl"),
        package("acme-secret"),
        package("odd", "1", "Hackage"),
        private=("acme-*",),
    )
    assert [(one.package.name, [flaw.name for flaw in one.flaws], one.fixed) for one in told.flaws] == [
        ("shop", ["P-1"], "1.2"),
        ("clean", [], ""),
        ("libssl3", ["P-2"], ""),
    ]
    assert {(gap.lack, gap.subject, gap.packages) for gap in told.gaps} == {
        (Lack.VERSION, "shop", 1),
        (Lack.PRIVATE, "", 1),
        (Lack.UNSUPPORTED, "Hackage", 1),
    }
    sent = json.dumps(web.bodies)
    assert "acme-secret" not in sent and "uv.lock" not in sent
    assert {query["package"]["ecosystem"] for body in web.bodies for query in body["queries"]} == {
        "PyPI",
        "Ubuntu:24.04:LTS",
    }
