"""Makes live_servers importable: tests are imported by path, so their folder is on no path of its own."""

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
sys.path[:0] = [
    str(_HERE),
    str(_HERE / "products"),
    str(_HERE / "ordinary"),
    str(_HERE / "technology"),
    str(_HERE / "joined"),
]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers on a busy machine are late, and are no slow servers by that. Tests of what is slow hurry themselves."""
    monkeypatch.setattr("batten.live.tls.offers.SECONDS", 30.0)
    monkeypatch.setattr("batten.live.runner.SLOW", 60.0)
