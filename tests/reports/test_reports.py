"""What holds for every format: no secret, no machine path, the same bytes twice, nasty strings harmless."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batten.controls import registered
from batten.engine.outcome import Outcome
from batten.formats import Workspace
from batten.model import Severity
from batten.reports import FORMATS, render
from batten.reports.html_script import SCRIPT
from batten.reports.legible import legible
from batten.reports.references import published

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("<>&\"'`|\\*_[]()#\n\r\t\0\x1b\x9b\u202e\u2028\ufffe😀\udcff"),
    ),
    max_size=40,
)
WORST = "</pre><script>`a` | [x](y) &amp; ]]>\\\r\n\0\x1b[2J\x9b\u202e\u2028\ufffe😀\udcff\"'"

Everywhere = Callable[[str], Outcome]


@pytest.mark.parametrize("form", FORMATS)
def test_no_secret_and_no_machine_path_and_the_same_bytes(
    form: str, outcome: Outcome, workspace: Workspace
) -> None:
    text = render(form, outcome, workspace, verbose=True)
    assert "hunter2" not in text
    assert "/somewhere" not in text
    assert str(workspace.root) not in text
    assert text == render(form, outcome, Workspace(workspace.root, workspace.overlay), verbose=True)
    assert text.endswith("\n") and not text.endswith("\n\n")


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_outcome_renders(form: str, workspace: Workspace) -> None:
    assert render(form, Outcome("review", "/r", Severity.LOW, files=3), workspace)


def test_an_unknown_format_is_named(outcome: Outcome, workspace: Workspace) -> None:
    with pytest.raises(ValueError, match="choose from terminal, concise"):
        render("pdf", outcome, workspace)


def test_the_package_loads_no_format_and_no_rich() -> None:
    program = (
        "import batten.reports, sys; print(*[m for m in sys.modules if m.startswith('batten.reports.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.stdout.split() == []


class Tags(HTMLParser):
    VOID = ("meta", "input")
    OWN = frozenset(published(reference) for control in registered() for reference in control.references)

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") or name in ("src", "style") for name, _ in attrs)
        address = dict(attrs).get("href") or "#"
        assert address in self.OWN or re.fullmatch("#([a-z]+|f[0-9]+|c-[a-z-]+)?", address)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@settings(max_examples=60, deadline=None)
@given(nasty=NASTY)
@example(nasty=WORST)
def test_nasty_strings_break_no_format(everywhere: Everywhere, nasty: str) -> None:
    outcome, workspace = everywhere(nasty), Workspace("/nonexistent")
    for form in FORMATS:
        text = render(form, outcome, workspace, verbose=True)
        text.encode("utf-8")
        if form in ("json", "sarif", "gitlab"):
            json.loads(text)
        elif form == "github":
            assert all(line.startswith(("::", "batten: ")) for line in text.splitlines())
        elif form == "junit":
            ElementTree.fromstring(text)
        elif form == "html":
            tags = Tags()
            tags.feed(text)
            assert tags.open == []
            assert (tags.seen.count("script"), tags.seen.count("style")) == (1, 1)
            assert f"<script>{SCRIPT}</script>" in text
        else:
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


@settings(max_examples=60, deadline=None)
@given(nasty=NASTY)
@example(nasty=WORST)
def test_markdown_holds_no_markup_but_its_own(everywhere: Everywhere, nasty: str) -> None:
    text = render("markdown", everywhere(nasty), Workspace("/nonexistent"))
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?\n\1$", "", text)
    outside = re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", outside.replace("\\`", ""))
    assert set(re.findall(r"<[^>\n]*>?", outside)) <= {"<details>", "<summary>", "</summary>", "</details>"}


@pytest.mark.parametrize("form", ["terminal", "concise", "markdown", "github"])
@pytest.mark.parametrize("nasty", ["::stop-commands::x", "##[stop-commands]x", "a\n::stop-commands::x"])
def test_no_report_gives_commands_to_the_pipeline_that_shows_it(
    form: str, nasty: str, everywhere: Everywhere
) -> None:
    text = render(form, everywhere(nasty), Workspace("/nonexistent"), verbose=True)
    assert "stop-commands" in text and "##[" not in text
    assert not any(line.lstrip().startswith("::stop-commands") for line in text.splitlines())


def test_addresses_are_no_commands() -> None:
    text = "::1 listens\n::ffff:192.0.2.1\na::b ::c\n"
    assert legible(text) == text
