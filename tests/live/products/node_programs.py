"""Programs of npm's packages, run by the Node.js of npm's package `node`, and on loopback only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live_servers import running
from product_cases import installed

LOOPBACK = Path(__file__).parent / "loopback.cjs"


def node() -> str:
    return installed("node", "node")


def environment(**variables: str) -> dict[str, str]:
    return {"NODE_OPTIONS": f"--require {LOOPBACK}", "NO_UPDATE_NOTIFIER": "1", **variables}


@contextmanager
def served(
    folder: Path, port: int, name: str, program: str, *options: str | Path, **variables: str
) -> Iterator[None]:
    """A program of a package, with its options and environment, once it listens on the port."""
    command = [node(), installed(name, program), *map(str, options)]
    with running(command, port, folder, environment=environment(**variables)):
        yield


@contextmanager
def script(folder: Path, port: int, name: str, source: str, **variables: str) -> Iterator[None]:
    """A program of ours that serves a library of npm's: its source, which finds the modules of the package."""
    modules = Path(installed(name, "")).parent
    place = folder / "main.cjs"
    place.write_text(source)
    with running(
        [node(), str(place)], port, folder, environment=environment(NODE_PATH=str(modules), **variables)
    ):
        yield
