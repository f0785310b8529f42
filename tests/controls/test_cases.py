"""Every control names the ways to break it, each with what to do, and its page tells them."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

import batten
from batten.controls import all_controls
from batten.controls._custom import CustomCase
from batten.model import Case
from batten.technologies import technologies

SOURCE = Path(batten.__file__).parent
PAGES = Path(__file__).parents[2] / "docs" / "controls"
FIXTURES = Path(__file__).parents[1] / "pages"
for technology in technologies().values():
    technology.adapter()
SLUGS = sorted(all_controls())
CASES = {
    kind.__name__: kind
    for kind in Case.__subclasses__()
    if kind is not CustomCase and kind.__module__.startswith("batten.")
}
USED: dict[str, set[str]] = defaultdict(set)  # class of cases -> the members that the source names
for path in SOURCE.rglob("*.py"):
    for kind, member in re.findall(r"\b([A-Z]\w+)\.([A-Z0-9_]+)\b", path.read_text()):
        USED[kind].add(member)


def named(slug: str) -> str:
    return "".join(word.capitalize() for word in slug.split("-"))


def cases(slug: str) -> type[Case]:
    return CASES[named(slug)]


def test_each_control_has_one_class_of_cases() -> None:
    assert sorted(set(CASES) ^ {named(slug) for slug in SLUGS}) == [], (
        "each control has one class of cases, named as its slug"
    )
    assert len([k for k in Case.__subclasses__() if k.__module__.startswith("batten.")]) == len(CASES) + 1


@pytest.mark.parametrize("slug", SLUGS)
def test_cases_have_names_and_advice(slug: str) -> None:
    for name, case in cases(slug).__members__.items():
        assert name == case.name, f"{name} repeats the value of {case.name}"
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", case.value)
        assert re.fullmatch(r"[A-Z`].{10,140}\.", case.advice), case.advice


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_tells_every_case(slug: str) -> None:
    page = (PAGES / f"{slug}.md").read_text()
    rows = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))
    differ = sorted(rows ^ {case.value for case in cases(slug)})
    assert differ == [], f"docs/controls/{slug}.md: its table of cases has one row for each case in the code"


@pytest.mark.parametrize("slug", SLUGS)
def test_every_case_is_used_and_no_other(slug: str) -> None:
    kind = cases(slug)
    differ = sorted(USED[kind.__name__] ^ set(kind.__members__))
    assert differ == [], (
        f"{kind.__name__}: declare each case that a judge yields, and remove what none yields"
    )


# What these judge is no part of a fixture: several live responses together, trust stores and validity dates, ports that
# answer. tests/live shows them on real servers.
LIVE_ONLY = {
    "auth-scheme-modern long-lived-token",
    "auth-scheme-modern token-without-audience",
    "component-supported end-of-life-backported",
    "console-not-exposed product-open",
    "cors-policy-defined origin-refused",
    "credentials-not-in-url called",
    "declared-effective store-unauthenticated",
    "endpoints-documented answered",
    "host-header-checked cache-poisoned",
    "http-limits-set graphql-aliases",
    "http-limits-set graphql-batching",
    "http-limits-set graphql-depth",
    "http-limits-set logins-unlimited",
    "operations-authenticated expired-token",
    "operations-authenticated forged-token",
    "policy-not-lowered finding-milder",  # tests/security/test_lowering.py
    "policy-not-lowered policy-replaced",  # tests/security/test_lowering.py
    "response-size-uniform size-reveals-choice",
    "secret-not-inline editor-leftover",  # a binary file
    "smuggling-closed desync",
    "store-private public-address",
    "tls-certificate expires-soon",
    "tls-certificate incomplete-chain",
    "tls-certificate intermediate-expired",
    "tls-certificate intermediate-weak-key",
    "tls-certificate intermediate-weak-signature",
    "tls-certificate not-stapled",
    "tls-certificate not-yet-valid",
    "tls-certificate weak-signature",
    "tls-certificate wrong-order",
    "tls-ciphers no-fallback-signal",
    "tls-required no-starttls",
    "verbs-as-specified answered",
    "verbs-as-specified automatic",
    "verbs-as-specified graphql-get-mutation",
}


def test_fixtures_show_every_case() -> None:
    shown = {
        f"{fixture.parent.name} {case}"
        for fixture in FIXTURES.glob("*/*.md")
        for block in re.findall(r"^```findings\n(.*?)^```", fixture.read_text(), re.MULTILINE | re.DOTALL)
        for case in re.findall(r"^\S+ \w+ ([a-z0-9-]+):", block, re.MULTILINE)
    }
    every = {f"{slug} {case.value}" for slug in SLUGS for case in cases(slug)}
    assert sorted(every - shown - LIVE_ONLY) == [], (
        "add a `bad` block to tests/pages that shows the case; one that only running servers show goes into LIVE_ONLY"
    )
    assert sorted(LIVE_ONLY - (every - shown)) == [], "a fixture shows the case: remove it from LIVE_ONLY"
