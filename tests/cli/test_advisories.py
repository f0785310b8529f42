"""`batten advisories fetch`, and what `review`, `check` and `fix` do with what it fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from batten.advisories import comparison
from batten.advisories.database import FILE
from batten.cli import main, sources
from days import judged_on
from osv import NEEDED, Served, archive, before, lay_out, record, serving

pytestmark = [NEEDED, judged_on("2026-12-01")]
SHOP = record("GHSA-shop", "cartlib", "PyPI", *before("2.4.1"), database_specific={"severity": "HIGH"})
PINNED = "cartlib==2.3.0\n"
CLEAN = "services:\n  a:\n    image: example/a@sha256:" + "0" * 64 + "\n"


def run(*words: object) -> tuple[int, str, str]:
    comparison._api.cache_clear()
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with serving(Served()) as served:
        served.export("PyPI", [SHOP])
        served.export("npm", [record("GHSA-npm", "cart", "npm")])
        served.records = {SHOP["id"]: SHOP}
        yield served


@pytest.fixture
def database(server: Served, tmp_path: Path) -> Path:
    folder = tmp_path / "advisories"
    code, out, err = run("advisories", "fetch", folder, "--ecosystem", "PyPI", "--from", server.url)
    assert (code, err) == (0, "") and "PyPI: 1 records read, 1 kept" in out
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text(PINNED)
    return folder


def findings(*words: object) -> tuple[int, list[dict[str, object]], dict[str, object]]:
    code, out, err = run(*words, "--format", "json")
    report = json.loads(out or err)
    found = [f for f in report["findings"] if f["control"] == "component-patched"]
    return code, found, report["ledger"]["packages"]


@pytest.mark.parametrize("command", [("review",), ("check", "--no-history")])
def test_a_known_vulnerability_is_found_offline(
    command: tuple[str, ...], database: Path, repository: Path
) -> None:
    code, (found,), packages = findings(*command, repository, "--advisories", database)
    assert code == 1 and found["case"] == "known-vulnerability" and found["severity"] == "high"
    assert (packages["named"], packages["compared"], packages["gaps"]) == (1, 1, [])


def test_an_api_is_asked_where_an_address_is_named(server: Served, repository: Path) -> None:
    for url in (server.url, f"{server.url}/v1/"):
        code, (found,), packages = findings("review", repository, "--advisories", url)
        assert code == 1 and found["case"] == "known-vulnerability"
        assert packages["origin"] == server.url


def test_the_fix_is_the_smallest_version_without_it(database: Path, repository: Path) -> None:
    code, out, _ = run("fix", repository, "--risky", "--advisories", database)
    assert code == 0, out
    assert (repository / "requirements.txt").read_text() == "cartlib==2.4.1\n"
    assert findings("review", repository, "--advisories", database)[:2] == (0, [])


def test_without_advisories_one_line_says_that_nothing_was_compared(repository: Path) -> None:
    (repository / "compose.yaml").write_text(CLEAN)
    code, out, _ = run("review", repository)
    said = " ".join(out.split())
    assert "packages not compared with advisories: pass --online, or --advisories DIR" in said
    assert findings("review", repository)[1] == []
    assert "component-patched" not in json.loads(run("review", repository, "--format", "json")[1])["judged"]
    assert code == 0


def test_a_missing_ecosystem_is_incomplete_and_not_clean(database: Path, repository: Path) -> None:
    lock = {"lockfileVersion": 3, "packages": {"": {}, "node_modules/cart": {"version": "1.0.0"}}}
    (repository / "package-lock.json").write_text(json.dumps(lock))
    (repository / "requirements.txt").write_text("other==1.0\n")
    code, out, _ = run("review", repository, "--advisories", database)
    assert code == 3 and "the database has no advisories of npm" in " ".join(out.split())


def test_no_database_is_incomplete(tmp_path: Path, repository: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    code, out, _ = run("review", repository, "--advisories", empty)
    assert code == 3 and "there is no database of advisories" in " ".join(out.split())


def test_every_format_says_what_was_not_compared(tmp_path: Path, repository: Path) -> None:
    for form in ("terminal", "concise", "json", "sarif", "junit", "markdown", "html"):
        _, out, err = run("review", repository, "--format", form)
        assert "not compared with advisories" in " ".join((out + err).split()), form


def test_a_fetch_takes_what_is_there_and_no_more(server: Served, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    code, out, _ = run("advisories", "fetch", folder, "--from", server.url)
    assert code == 0 and "PyPI: 1 records read" in out and "npm: 1 records read" in out
    code, out, _ = run("advisories", "fetch", folder, "--from", server.url)
    assert code == 0 and "0 records changed, 1 kept" in out
    code, _, err = run("advisories", "fetch", folder, "--ecosystem", "Hackage", "--from", server.url)
    assert code == 3 and "Hackage was not fetched" in err and "HTTP 404" in err
    assert sorted(path.name for path in folder.iterdir() if ".zip" not in path.name) == [FILE, f"{FILE}.lock"]


def test_an_export_on_this_machine(tmp_path: Path) -> None:
    place = tmp_path / "export"
    place.mkdir()
    lay_out(place, {"PyPI": [SHOP], "npm": []})
    code, out, err = run("advisories", "fetch", tmp_path / "db", "--from", place, "--ecosystem", "all")
    assert code == 3 and "PyPI: 1 records read" in out and "npm was not fetched: it holds no record" in err
    single = tmp_path / "all.zip"
    single.write_bytes(archive([SHOP, ("bad.json", b"{")]))
    code, _, err = run("advisories", "fetch", tmp_path / "db", "--from", single)
    assert code == 2 and "name its ecosystem with --ecosystem" in err
    code, _, err = run("advisories", "fetch", tmp_path / "db", "--from", single, "--ecosystem", "PyPI")
    assert code == 0 and "the record bad could not be read" in err


WRONG = [
    (("--from", "http://mirror.example/osv"), "is not encrypted"),
    (("--from", "https://ann:hunter2secret@mirror.example"), "has a user name"),
    (("--from", "/no/such/place"), "there is no /no/such/place"),
    (("--ecosystem", "Debian:12"), "name it without its release"),
    (("--ecosystem", "../etc"), "is not an ecosystem"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_what_is_wrong_with_a_fetch_is_said(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    code, _, err = run("advisories", "fetch", tmp_path / "db", *words)
    assert code == 2 and said in err and "hunter2secret" not in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--advisories", "/no/such/folder"), "there is no folder"),
        (("--advisories", "http://osv.example"), "is not encrypted"),
        (("--advisories", "https://ann:hunter2secret@osv.example"), "has a user name"),
        (("--advisories", ".", "--online"), "omit one of them"),
    ],
)
def test_what_is_wrong_with_a_source_is_said(words: tuple[str, ...], said: str, repository: Path) -> None:
    code, _, err = run("review", repository, *words)
    assert code == 2 and said in err and "hunter2secret" not in err


def test_without_the_extra_the_command_says_what_to_install(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda name: None)
    for words in (("review", repository, "--online"), ("advisories", "fetch", repository)):
        code, _, err = run(*words)
        assert code == 2 and "pip install 'batten[advisories]'" in err


def test_what_was_not_compared_was_not_fixed(database: Path, repository: Path, tmp_path: Path) -> None:
    """A run without advisories proves nothing of what one with them found."""
    history = ("--history", tmp_path / "history.db")

    def states(*words: object) -> list[str]:
        out = run("check", repository, *history, "--format", "json", *words)[1]
        report = json.loads(out)
        return [past["control"] for past in report["past"] if past["state"] == "fixed"]

    assert states("--advisories", database) == []
    assert states() == []
    (repository / "requirements.txt").write_text("cartlib==2.4.1\n")
    assert states("--advisories", database) == ["component-patched"]


def test_nothing_is_left_out_silently(database: Path, repository: Path) -> None:
    (repository / "requirements.txt").write_text("cartlib==2.3.0\nother>=1\nmore~=2.0\n")
    (repository / "batten.yaml").write_text("advisories: {minimum: critical}\n")
    code, found, packages = findings("review", repository, "--advisories", database)
    assert (code, found) == (0, [])
    assert {gap["lack"] for gap in packages["gaps"]} == {"minimum", "version"}
    said = " ".join(run("review", repository, "--advisories", database)[1].split())
    assert "1 package not reported: their known vulnerabilities are below `advisories.minimum`" in said
    assert "2 packages without an exact version were not compared with advisories: `other`, `more`" in said
    code, out, _ = run("review", repository, "--strict", "--advisories", database)
    assert code == 3 and "`other` compared with advisories only in part" in " ".join(out.split())


def test_a_vulnerability_is_accepted_by_any_of_its_ids_and_named(database: Path, repository: Path) -> None:
    row = "{id: GHSA-shop, reason: the parser is not used, owner: ann, until: 2999-01-01}"
    (repository / "batten.yaml").write_text(f"advisories: {{accepted: [{row}]}}\n")
    code, found, packages = findings("review", repository, "--advisories", database)
    assert (code, found) == (0, [])
    (gap,) = packages["gaps"]
    assert (gap["lack"], gap["subject"], gap["packages"]) == ("accepted", "GHSA-shop", 1)
    assert gap["said"] == "batten.yaml accepts it until 2999-01-01: the parser is not used (ann)"
    (repository / "batten.yaml").write_text("advisories: {accepted: [{id: GHSA-shop, reason: later}]}\n")
    code, _, err = run("review", repository)
    assert code == 2 and "an accepted vulnerability has no owner" in err
