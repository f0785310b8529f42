from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.cli import main
from batten.controls import all_controls
from batten.reports.page import about, readable

PAGES = sorted((Path(__file__).parents[2] / "docs" / "controls").glob("*.md"))


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_is_read_without_its_marks(page: Path) -> None:
    shown = readable(page.read_text())
    assert re.findall(r"^```\S+[ ]+\S.*$", shown, re.MULTILINE) == []
    assert shown.count("```") == page.read_text().count("```")


def test_a_mark_becomes_a_caption() -> None:
    assert readable("```nginx bad line=2 file=a.conf\nx\n```\n") == "Broken, `a.conf`:\n\n```nginx\nx\n```\n"
    assert readable("```sh\nx\n```\n") == "```sh\nx\n```\n"


def test_other_technologies_are_left_out() -> None:
    page = "# a\n\n## Broken\n\n### nginx\n1\n\n### Kong\n2\n\n## By hand\n3\n"
    shown = about(page, frozenset({"nginx"}), frozenset({"nginx", "kong"}))
    assert shown == "# a\n\n## Broken\n\n### nginx\n1\n\n## By hand\n3\n"


def test_a_heading_within_a_block_is_none() -> None:
    page = "# a\n\n```yaml\n## kong\n```\nb\n"
    assert about(page, frozenset(), frozenset({"kong"})) == page


def test_explain_says_where_it_is_found_and_fixed() -> None:
    shown = said("explain", "hsts-sent", "--technology", "nginx")
    assert shown.startswith(f"# {all_controls()['hsts-sent'].title}\n")
    assert "add_header Strict-Transport-Security" in shown
    assert "header_down" not in shown
    assert re.search(r"^batten finds and fixes it in: apache,.*nginx", shown, re.MULTILINE)


def test_explain_names_what_there_is() -> None:
    assert "did you mean `hsts-sent`?" in said("explain", "hsts-send", code=2)
    assert "choose from apache" in said("explain", "hsts-sent", "--technology", "iis", code=2)


def test_controls_are_filtered() -> None:
    rows = json.loads(said("controls", "--technology", "redis", "--severity", "high", "--format", "json"))
    assert {row["slug"] for row in rows} >= {"store-authenticated", "store-private"}
    assert all(row["severity"] in ("high", "critical") and "redis" in row["found"] for row in rows)
    assert [row["slug"] for row in json.loads(said("controls", "--search", "hsts", "--format", "json"))] == [
        "hsts-sent"
    ]
    assert all(
        "P7" in row["clauses"] for row in json.loads(said("controls", "--clause", "p7", "--format", "json"))
    )
    assert said("controls", "--family", "nothing") == "no control matches; `batten controls` lists all\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_is_short_enough_to_read(page: Path) -> None:
    lines = len(page.read_text().splitlines())
    assert lines <= 150, f"{page.name} has {lines} lines: shorten it to 150, an example a technology"


def test_a_custom_row_cannot_move_the_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = '{control: team-header, title: "a\\e[2J", why: "b\\e]0;c\\a", fact: ResponseHeaders, field: sent, key: x-team, must: present}'
    (tmp_path / "batten.yaml").write_text(f"version: 1\ncustom:\n  - {row}\n")
    shown = CliRunner().invoke(main, ["explain", "team-header"]).output
    assert "\x1b" not in shown and "\\x1b" in shown
