"""What pages say of times and numbers, where their links and forms lead, and the line of a life: for anything that is given."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

import batten
from batten.watch.model import DAY, HOUR, MINUTE, LifeState, Side, Waiver, WaiverState
from batten.watch.pages.assets import assets
from batten.watch.pages.families import AREAS, OTHER, area, members
from batten.watch.pages.links import number, with_query
from batten.watch.pages.rendering import prose
from batten.watch.pages.steps import back
from batten.watch.pages.timeline import WIDTH, timeline
from batten.watch.pages.today import last_looked
from batten.watch.pages.words import ago, counted, day, end_of_day, lasting, machine, share, when
from batten.watch.store.questions.families import families
from batten.watch.store.questions.one_finding import Time

NOW = 1_795_000_000_000
TIMES = st.integers(-(2**63), 2**63 - 1)
PAGES = Path(batten.__file__).parent / "watch/pages"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0 s"),
        (59_999, "59 s"),
        (90 * MINUTE, "1 h"),
        (47 * HOUR, "1 d"),
        (29 * DAY, "29 d"),
        (400 * DAY, "1 y"),
    ],
)
def test_a_length_of_time_is_in_its_largest_unit(length: int, said: str) -> None:
    assert lasting(length) == said


def test_times_are_before_or_after_now() -> None:
    assert (ago(NOW - 3 * HOUR, NOW), ago(NOW + 2 * DAY, NOW), ago(NOW + 999, NOW)) == (
        "3 h ago",
        "in 2 d",
        "now",
    )
    assert (when(NOW), day(NOW)) == ("2026-11-18 11:06 UTC", "2026-11-18")
    assert counted(1, "finding") == "1 finding" and counted(12_000, "cause") == "12,000 causes"


@given(TIMES)
def test_every_time_is_said(at: int) -> None:
    assert machine(at) and when(at) and day(at) and ago(at, NOW)


@given(st.floats(0, 1))
def test_only_all_is_everything_and_only_nothing_is_nothing(part: float) -> None:
    assert (share(part) == "100\u00a0%") == (part == 1)
    assert (share(part) == "0\u00a0%") == (part == 0)


@given(st.dates())
def test_a_day_ends_with_its_last_millisecond(one: object) -> None:
    end = end_of_day(str(one))
    assert day(end) == str(one) and (end + 1) % DAY == 0


@given(st.text())
def test_what_is_not_a_day_is_refused(text: str) -> None:
    if not re.fullmatch(r"\s*\d{4}-?(\d{2}-?\d{2}|W\d{2}(-?\d)?)\s*", text):
        with pytest.raises(ValueError, match="write it as 2027-01-31"):
            end_of_day(text)


@given(st.text())
def test_sentences_are_escaped(text: str) -> None:
    shown = str(prose(text)).replace("<code>", "").replace("</code>", "")
    assert "<" not in shown and ">" not in shown and '"' not in shown


@given(
    st.one_of(
        st.text(),
        st.sampled_from(
            ["//evil.example", "/\\evil.example", "https://evil.example", "/map?x=1", "/\n/evil"]
        ),
    )
)
def test_a_form_leads_to_this_site(wanted: str) -> None:
    path = back(wanted)
    parts = urlsplit(path)
    assert path.startswith("/") and not parts.scheme and not parts.netloc and "\\" not in path


def _request(query: str, cookie: str = "") -> Request:
    headers = [(b"cookie", cookie.encode("latin-1", "replace"))] if cookie else []
    return Request(
        {
            "type": "http",
            "path": "/findings",
            "query_string": query.encode(),
            "headers": headers,
            "method": "GET",
        }
    )


def test_a_new_view_of_a_list_begins_at_its_start() -> None:
    one = _request("q=a%26b&after=xyz&sort=place")
    assert with_query(one, sort="newest") == "/findings?q=a%26b&sort=newest"
    assert with_query(one, q="", sort="") == "/findings"


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters="&;#")))
def test_a_number_of_the_query_is_a_number_of_the_database(text: str) -> None:
    assert 0 <= number(_request(f"after={text}"), "after") < 2**63


@given(
    st.one_of(
        st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])),
        st.builds("{}.{}".format, TIMES, TIMES),
    )
)
def test_a_visit_begins_in_the_past(cookie: str) -> None:
    assert last_looked(_request("", f"batten-looked={cookie}"), NOW) <= NOW


@given(
    st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**11)), max_size=5),
    st.sampled_from(LifeState),
    st.booleans(),
)
def test_the_line_of_a_life_is_within_its_drawing(
    spans: list[tuple[int, int]], state: LifeState, lasts: bool
) -> None:
    at, times = 0, []
    for gap, length in spans:
        times.append(Time(opened=at + gap, opened_by=1, closed=at + gap + length, closed_by=2))
        at += gap + length
    if times and lasts:
        times[-1] = Time(opened=times[-1].opened, opened_by=1, closed=None, closed_by=None)
    waiver = Waiver(
        environment=1, side=Side.DECLARED, fingerprint="f", value="", control="c", message="m", owner="o", reason="r", until=at + DAY,
        state=WaiverState.ACTIVE, created=at, by="b", approved="b",
    )  # fmt: skip
    line = timeline(times, [waiver], state, at, max(at, NOW))
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH + 4 for bar in (*line.bars, *line.waived))
    assert sum(bar.kind == "open" for bar in line.bars) == len(times)


def test_every_family_has_an_area() -> None:
    assert {area(family) for family in families()} <= {*AREAS, OTHER}
    assert all(area(family) == name for name in AREAS for family in members(name))
    assert {family for name in (*AREAS, OTHER) for family in members(name)} >= set(families()) - {"controls"}


def test_the_style_sheets_are_small_and_every_class_is_used() -> None:
    styles = [asset.body.decode() for path, asset in assets().items() if path in ("tokens.css", "watch.css")]
    assert sum(map(len, styles)) < 20_000
    used = " ".join(
        p.read_text("utf-8") for p in (*PAGES.glob("templates/*.html"), PAGES / "static/watch.js")
    )
    used += " ".join(p.read_text("utf-8") for p in PAGES.glob("*.py")) + "htmx-request"
    classes = {name for text in styles for name in re.findall(r"\.([a-z][a-z-]*)(?=[\s,:{.>\[)+])", text)}
    assert [name for name in sorted(classes) if not re.search(rf"(?<![\w-]){name}(?![\w-])", used)] == []


def test_templates_have_no_inline_script_or_style() -> None:
    for template in PAGES.glob("templates/*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:|hx-on|js:", text), template.name
        assert re.findall(r"<script(?! src=| type=\"application/json\")", text) == [], template.name
        assert "| safe" not in text and "Markup" not in text, template.name
