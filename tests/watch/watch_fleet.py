"""Programs of `batten watch` for tests that end them badly: a loop, and a worker of a fleet, whose assessments are stand-ins.

`python watch_fleet.py loop|worker URL FOLDER`: an assessment takes a moment, or hangs as long as a file `hang` is in the
folder. Each one holds the lock of a file in the folder `seen` while it is at work, and makes a file `twice` where that is taken.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import batten
from batten.cell import child
from batten.model import Severity
from batten.watch.assess.assessment import AssessProblem
from batten.watch.model import Assessed, Environment, Owned, Seen, Side
from batten.watch.schedule.local import Loop
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import open_database

TERM = 4000  # milliseconds of a lease
_TESTS = Path(__file__).parent
_SRC = Path(batten.__file__).parents[1]

FOUND = Assessed(
    found=(
        Seen(
            side=Side.OBSERVED, fingerprint="ab", control="hsts-sent", case="absent", severity=Severity.HIGH, message="m",
            place="https://a", cause="hsts-sent absent",
        ),
    ),
    judged={Side.OBSERVED: frozenset({"hsts-sent"})}, complete=frozenset({Side.OBSERVED}),
)  # fmt: skip


def stand_in(
    environment: Environment,
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
    owned: Owned,
) -> Assessed:
    """An assessment in a real child, which says whether another one was at work at the same time."""
    child._HOME = os.pathsep.join((str(_SRC), str(_TESTS), str(_TESTS.parent)))  # type: ignore[assignment]
    trace = settings.folder / "seen" / str(environment.id)
    task = child.Task(
        module="watch_fleet_child",
        given=str(trace).encode(),
        folder=settings.folder,
        environment={"PATH": os.environ["PATH"]},
    )
    ended = child.run(task, progress, cancelled)
    if ended.code:
        raise AssessProblem(f"it ended with {ended.code}")
    return FOUND


def at_once(
    environment: Environment,
    settings: Settings,
    progress: Callable[[str], None],
    cancelled: Callable[[], bool],
    owned: Owned,
) -> Assessed:
    """An assessment that costs nothing."""
    return FOUND


def command(kind: str, url: str, folder: Path) -> list[str]:
    """How to start one of these programs."""
    return [sys.executable, str(Path(__file__)), kind, url, str(folder)]


def surroundings() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(_SRC), str(_TESTS), str(_TESTS.parent)))}


def _main(kind: str, url: str, folder: str) -> None:
    watch = Watch(open_database(url), Settings(folder=Path(folder), workers=3))
    if kind == "worker":
        from batten.watch.schedule.fleet import work

        work(watch, 30, stand_in, TERM, 0.05)
        return
    loop = Loop(watch, stand_in, term=TERM, pause=0.05)
    loop.start()
    signal.sigwait({signal.SIGTERM})
    loop.stop(30)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM} if sys.argv[1] == "loop" else set())
    _main(*sys.argv[1:])
