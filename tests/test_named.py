"""`make test K=word`: the likely files first, and then the others, so that no test is missed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tools"))  # behind tests/watch, which has a watch_api, too

import named  # noqa: E402


def test_the_words_of_an_expression() -> None:
    assert named.words("(hsts-sent or NGINX) and not haproxy") == ["hsts-sent", "nginx", "haproxy"]


def test_the_likely_files_hold_the_word_or_are_named_by_it() -> None:
    tests = ROOT / "tests"
    assert tests / "test_pages.py" in named.likely("hsts-sent-caddy-bad-1")  # no file holds this name
    assert tests / "formats" / "test_hcl.py" in named.likely("test_hcl")
    assert named.likely("no_test_has_this" + "_name") == []


@pytest.mark.served
@pytest.mark.parametrize(
    ("word", "outcomes", "end"),
    [
        ("written", ["1 passed", "1 failed"], 1),
        ("computed", ["1 failed"], 1),
        ("literal", ["1 passed", "1 deselected"], 0),
        ("neither", ["2 deselected"], named.NOTHING),
    ],
)
def test_every_file_is_collected_once(
    word: str,
    outcomes: list[str],
    end: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "test_first.py").write_text("def test_written_literal(): pass\n")
    (tests / "test_second.py").write_text(
        "import pytest\n@pytest.mark.parametrize('x', ['com' + 'puted-writ' + 'ten'])\ndef test_id(x): assert 0\n"
    )
    monkeypatch.setattr(named, "ROOT", tmp_path)
    monkeypatch.setattr(named, "TESTS", tests)
    assert named.main([word, "-p", "no:cacheprovider"]) == end
    said = capfd.readouterr().out
    assert [o for o in outcomes if o not in said] == []
