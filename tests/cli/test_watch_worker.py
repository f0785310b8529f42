"""`batten watch worker`, as far as it goes without a service: what stops its start is said in a sentence."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from batten.cli import main


def batten(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["watch", "worker", "--data", str(folder), *words])


def test_workers_require_postgresql(tmp_path: Path) -> None:
    alone = batten(tmp_path, "--database", f"sqlite:///{tmp_path / 'watch.db'}")
    assert alone.exit_code == 2 and "require PostgreSQL" in alone.output
    unnamed = batten(tmp_path)
    assert unnamed.exit_code == 2 and "--database postgresql://" in unnamed.output


def test_a_database_that_does_not_answer_is_said_to_be_so(tmp_path: Path) -> None:
    away = batten(tmp_path, "--database", "postgresql://ann:hidden-1x@127.0.0.1:1/watch")
    assert away.exit_code == 2 and "Connection refused" in away.output and "hidden-1x" not in away.output
