from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from batten.engine.cache import FOLDER, open_cache, question
from batten.engine.recall import recalled
from batten.engine.review import Review
from batten.files import cache_of
from batten.formats import Workspace
from batten.policy import Policy

SHOWS = "server {\n    listen 127.0.0.1:80;\n    server_tokens on;\n}\n"
HIDES = SHOWS.replace("on;", "off;")
POLICY = Policy()


@pytest.fixture(autouse=True)
def _own_key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "nginx.conf").write_text(SHOWS)
    return tmp_path


def asked(root: Path, policy: Policy = POLICY) -> Review:
    return recalled(root, policy, (), None)


def controls(result: Review) -> set[str]:
    return {f.control for f in result.findings}


def was_kept(result: Review) -> bool:
    """An answer that was kept brings no facts."""
    return not result.facts


def test_a_second_run_says_the_same_without_reading(tree: Path) -> None:
    first, second = asked(tree), asked(tree)
    assert not was_kept(first) and was_kept(second)
    assert second.findings == first.findings
    assert (second.files, second.read_units) == (first.files, first.read_units)
    assert [f.fix for f in second.findings] == [f.fix for f in first.findings]


def test_what_changed_is_read_again(tree: Path) -> None:
    asked(tree)
    (tree / "nginx.conf").write_text(HIDES)
    assert "banner-hidden" not in controls(asked(tree))
    (tree / "more.nginx.conf").write_text(SHOWS)
    assert {f.at.source for f in asked(tree).findings} >= {"more.nginx.conf"}


def test_a_file_that_only_an_include_names_counts(tree: Path) -> None:
    (tree / "nginx.conf").write_text("server {\n    listen 127.0.0.1:80;\n    include tokens.inc;\n}\n")
    (tree / "tokens.inc").write_text("server_tokens off;\n")
    assert "banner-hidden" not in controls(asked(tree))
    (tree / "tokens.inc").write_text("server_tokens on;\n")
    assert "banner-hidden" in controls(asked(tree))


def test_another_policy_is_another_question(tree: Path) -> None:
    asked(tree)
    result = asked(tree, Policy(off={"banner-hidden": "as the contract says"}))
    assert not was_kept(result) and "banner-hidden" not in controls(result)
    assert was_kept(asked(tree))


def answers(root: Path) -> list[Path]:
    return sorted((cache_of(str(root)).place / FOLDER).iterdir())


def test_an_answer_that_somebody_else_wrote_counts_for_nothing(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(tree)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("theirs")))
    assert not was_kept(asked(tree))


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:40], lambda b: b[:-1] + b"x", lambda b: b"", lambda b: b[::-1]]
)
def test_a_spoiled_answer_is_no_answer(spoil: Callable[[bytes], bytes], tree: Path) -> None:
    asked(tree)
    (answer,) = answers(tree)
    answer.write_bytes(spoil(answer.read_bytes()))
    assert not was_kept(asked(tree))
    assert was_kept(asked(tree))


class Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return (exec, ("raise SystemExit('it ran')",))


def test_even_a_sealed_answer_runs_nothing(tree: Path) -> None:
    asked(tree)
    (answer,) = answers(tree)
    cache = open_cache(Workspace(tree))
    assert cache is not None
    same = question(["nginx.conf"], (), POLICY, None, ())
    assert cache.find(same, Workspace(tree)) is not None
    body = pickle.dumps(Runs())
    answer.write_bytes(cache.state.sealed(same, body))
    assert not was_kept(asked(tree))


def test_runs_at_the_same_time_do_not_harm_each_other(tree: Path) -> None:
    found: list[set[str]] = []
    runs = [threading.Thread(target=lambda: found.append(controls(asked(tree)))) for _ in range(8)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(found) == 8 and len({frozenset(f) for f in found}) == 1
    assert len(answers(tree)) == 1
    assert was_kept(asked(tree))


def test_a_place_within_the_tree_costs_the_cache_only(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tree / "inside"))
    assert "banner-hidden" in controls(asked(tree))


def test_no_secret_reaches_the_cache(tree: Path) -> None:
    (tree / "compose.yaml").write_text(
        "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: kept-nowhere-71\n"
    )
    assert "secret-not-inline" in controls(asked(tree))
    assert all(b"kept-nowhere-71" not in a.read_bytes() for a in answers(tree))
