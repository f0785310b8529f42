from __future__ import annotations

from pathlib import Path

import pytest
from hostile_repositories import Repository, family
from hostile_run import held

from needs import needs, where

pytestmark = needs("strace", where("strace"))


@pytest.mark.parametrize("repository", family("commands"), ids=lambda r: r.name)
def test_nothing_of_it_runs_and_nothing_outside_it_is_touched(repository: Repository, tmp_path: Path) -> None:
    held(repository, tmp_path)
