"""HYPOTHESIS_PROFILE=proof (`make proof`) looks fifty times as hard; who is missing is told (needs.py)."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, settings

import batten
import served
import since
from batten import masking
from batten.cell import Bounds, keeper
from batten.model import clock
from batten.reports import json as json_report
from days import Stated
from needs import without
from order import longest_first

PUBLISHED = Path(batten.__file__).parents[2] / "docs/schemas/report.schema.json"
STATED = Stated()
clock.today, clock.now = STATED.today, STATED.now
sys.path.append(str(Path(__file__).parent))
settings.register_profile("proof", max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", deadline=None)
# A run that was started in the background ignores Ctrl-C, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Generator[None]:
    """What batten keeps of tests is kept among them, by the programs that they start, too."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setenv(variable, str(tmp_path_factory.mktemp(variable.lower())))
        yield


@pytest.fixture(scope="session", autouse=True)
def _patient_cells() -> Generator[None]:
    """A validator on a busy machine is late: it has ten times its wall clock, and no more of anything else."""

    def talk(process: Any, given: bytes, until: bytes, bounds: Bounds, room: Path) -> Any:
        return talked(process, given, until, replace(bounds, seconds=10 * bounds.seconds), room)

    talked = keeper.talk
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeper, "talk", talk)
        yield


@pytest.fixture(scope="session", autouse=True)
def _valid_reports() -> Generator[None]:
    """Every JSON report that a test makes in this process is valid by the published schema."""

    def rendered(outcome: Any, workspace: Any) -> str:
        text = render(outcome, workspace)
        schema.validate(json.loads(text))
        return text

    render = json_report.render
    schema = jsonschema_rs.validator_for(json.loads(PUBLISHED.read_text()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_report, "render", rendered)
        yield


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests() -> None:
    """What one test registers must hide nothing in the next."""
    masking.forget()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(served)
    gc.disable()  # until all are collected: tests are no garbage
    config.addinivalue_line(
        "markers", "needs(name, there, how): skipped without it, and failed in CI (needs.py)"
    )
    config.addinivalue_line("markers", "judged_on(day): the day that batten's clock has (days.py)")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("SINCE"):
        since.left_out(config, items, os.environ["SINCE"])
    if "PYTEST_XDIST_WORKER" in os.environ:
        longest_first(items)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """A full collection that walks tens of thousands of tests takes half a second: none does."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    STATED.read(item)
    for mark in item.iter_markers("needs"):
        name, there, how = mark.args
        if not there:
            without(name, how)
