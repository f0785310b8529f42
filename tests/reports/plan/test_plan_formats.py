"""A plan in every format: the same bytes, no secret, and no markup or escape of what was reviewed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batten.engine.ledger import Ledger
from batten.engine.outcome import Outcome
from batten.engine.plan import Plan, plan_of
from batten.engine.shown import shown
from batten.model import Severity
from batten.reports import words
from batten.reports.plan import FORMATS, render
from batten.reports.schema import plan_schema
from proofs import PROOF

WORST = "</dd><script>`a` | [x](y) &amp; ]]>\\\r\n\0\x1b[2J\x9b\u202e\u2028\ufffe😀\udcff\"'"
NASTY = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'`|\\*_[]()#\n\r\t\0\x1b\x9b\u202e😀\udcff"))
)
SCHEMA = jsonschema_rs.validator_for(plan_schema())
OWN = frozenset(
    {
        "html",
        "br",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "p",
        "main",
        "section",
        "h2",
        "ol",
        "li",
    }
    | {
        "span",
        "h3",
        "article",
        "dl",
        "dt",
        "dd",
        "code",
        "footer",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
)


def planned(outcome: Outcome) -> Plan:
    told = shown(outcome)
    return plan_of(told, words.incomplete(told), "open api.yaml")


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_and_the_same_bytes(form: str, outcome: Outcome) -> None:
    text = render(form, planned(outcome))
    assert "hunter2" not in text and "/somewhere" not in text
    assert text == render(form, planned(outcome)) and text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_plan_says_so(form: str) -> None:
    empty = plan_of(Outcome("check", "/r", Severity.LOW, ledger=Ledger()))
    assert "no step is open, but the assessment is incomplete" in render(form, empty)


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match="choose from terminal, markdown"):
        render("pdf", plan_of(Outcome("check", "/r", Severity.LOW)))


def test_the_schema_refuses_what_no_plan_says(outcome: Outcome) -> None:
    found = json.loads(render("json", planned(outcome)))
    SCHEMA.validate(found)
    assert found["steps"] and SCHEMA.is_valid(found | {"later": 1})
    assert not SCHEMA.is_valid(found | {"steps": [found["steps"][0] | {"severity": "urgent"}]})


class Tags(HTMLParser):
    """Every tag is batten's own, closed, and leads nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in OWN and not any(name.startswith("on") or name in ("src", "style") for name, _ in attrs)
        assert re.fullmatch("#[a-z0-9]*", dict(attrs).get("href") or "#")
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=100 if PROOF else 8, deadline=None)
@given(nasty=NASTY)
@example(nasty=WORST)
def test_nasty_strings_break_no_format(everywhere: Callable[[str], Outcome], nasty: str) -> None:
    plan = planned(everywhere(nasty))
    json.loads(render("json", plan).encode())
    page = Tags()
    page.feed(render("html", plan))
    assert page.open == []
    for form in ("terminal", "markdown"):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", render(form, plan))
    outside = re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", render("markdown", plan).replace("\\`", ""))
    assert not re.findall(r"<[^>\n]*>?", outside)
