"""Programs of npm's packages, run by the Node.js of npm's package `node`, and on loopback only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from live_servers import running, valkey
from product_cases import Start, installed

from servers import free_port

LOOPBACK = Path(__file__).parent / "loopback.cjs"


def node() -> str:
    return installed("node", "node")


def environment(**variables: str) -> dict[str, str]:
    return {"NODE_OPTIONS": f"--require {LOOPBACK}", "NO_UPDATE_NOTIFIER": "1", **variables}


@contextmanager
def served(
    folder: Path, port: int, name: str, program: str, *options: object, **variables: str
) -> Iterator[None]:
    """A program of a package, with its options and environment, once it listens on the port."""
    command = [node(), installed(name, program), *map(str, options)]
    with running(command, port, folder, environment=environment(**variables)):
        yield


def starts(name: str, program: str, *options: object, **variables: str) -> Start:
    """A program whose options say `{port}` where its port belongs, `{other}` a second one, and `{folder}` its files."""

    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        known = {"port": port, "other": free_port(), "folder": folder}
        given = [str(option).format_map(known) for option in options]
        named = {key: value.format_map(known) for key, value in variables.items()}
        with served(folder, port, name, program, *given, **named):
            yield

    return start


def scripted(name: str, source: str, redis: bool = False, **variables: str) -> Start:
    """A program of ours that serves a library of npm's on `PORT`, with a store on `REDIS` where it needs one."""

    @contextmanager
    def start(folder: Path, port: int) -> Iterator[None]:
        (folder / "main.cjs").write_text(source)
        known = {"NODE_PATH": str(Path(installed(name, "")).parent), "PORT": str(port), **variables}
        with ExitStack() as stack:
            if redis:
                known["REDIS"] = str(stack.enter_context(stored(folder)))
            stack.enter_context(running([node(), "main.cjs"], port, folder, environment=environment(**known)))
            yield

    return start


@contextmanager
def stored(folder: Path) -> Iterator[int]:
    """The port of an empty store that speaks the protocol of Redis."""
    port = free_port()
    (folder / "store").mkdir()
    with valkey(folder / "store", port):
        yield port
