"""Makes hardened_places importable: tests are imported by path, so their folder is on no path of its own."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hardened_places import example


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return example(tmp_path, monkeypatch)
