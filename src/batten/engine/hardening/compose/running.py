"""A project brought up by Docker Compose and taken down again, with all that it made, however the block ends."""

from __future__ import annotations

import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from batten.cell import MIB, Answer, Bounds, NotAsked, Order
from batten.cell.keeper import run
from batten.engine.hardening.compose.docker import Docker, NoEngine, NotStarted
from batten.engine.hardening.compose.project import LOOPBACK, Project
from batten.engine.hardening.output import PRIVATE, generate
from batten.files import Root
from batten.files.temporary import private_folder
from batten.harden import HardenProblem
from batten.harden.authority import CERTIFICATE
from batten.harden.compose.rendering import FILE
from batten.harden.trial import Trial, answers
from batten.technologies.orchestration.compose.validator import compose

ENDS = ("SIGINT", "SIGTERM", "SIGHUP")


START_SECONDS = 180  # until all services run, and are healthy where they tell
PULL_SECONDS = 900.0
DOWN_SECONDS = 120.0
EDGE_SECONDS = 20.0  # until the edge answers, when all services run
LINES = 4  # of the log of a service that does not run
READABLE = 0o644


@dataclass(slots=True)
class Up:
    """A project that was begun: what it made, and at the end what is left of it."""

    docker: Docker
    project: Project
    folder: Path
    made: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    failure: str = ""  # why it could not be taken down

    def compose(self, *words: str, seconds: float = DOWN_SECONDS) -> Answer:
        """Docker Compose, which sees nothing but the folder of the project and the engine. Raises NotStarted."""
        program = compose()
        if program is None:
            raise NotStarted("Docker Compose is not installed here; install it")
        arguments = ("--project-name", self.project.name, "--project-directory", str(self.folder),
                     "--file", str(self.folder / FILE), "--ansi", "never", *words)  # fmt: skip
        bounds = Bounds(seconds=seconds, processor=120, memory=2048 * MIB, files=1024)
        order = Order(program, arguments, visible=(self.docker.path, self.folder), bounds=bounds, forks=True,
                      environment={"DOCKER_HOST": self.docker.address}, network=True, reserves=True)  # fmt: skip
        said = run(order)
        if isinstance(said, NotAsked):
            raise NotStarted(str(said))
        return said


@contextmanager
def up(docker: Docker, project: Project, *, pull: bool, record: Callable[[Up], None]) -> Iterator[Trial]:
    """The project, at work. `record` is told of it before anything is started. Raises NotStarted where something is
    missing, and HardenProblem where it does not start."""
    missing = [image for image in project.images if not docker.has_image(image)]
    if missing and not pull:
        raise NotStarted(f"images are missing: {', '.join(missing)}; pull them, or pass --pull")
    with private_folder() as folder:
        real = Path(os.path.realpath(folder))
        # Secrets belong to the users that read them where root runs batten; elsewhere a file that others may read
        # lies in a folder that they may not enter, which Docker shows to its container alone.
        root = Root(real)
        for path, text in project.files.items():
            root.create(path, text.encode())
        generate(root, project.secrets, PRIVATE if os.geteuid() == 0 else READABLE)
        begun = Up(docker, project, real)
        record(begun)
        with ended_late():
            try:
                _started(begun, pull)
                # Where its edge answers. Raises HardenProblem.
                trial_project, anchor = begun.project, begun.folder / CERTIFICATE
                trusting = ssl.create_default_context(cafile=str(anchor))
                end = time.monotonic() + EDGE_SECONDS
                for port, context in ((trial_project.tls, trusting), (trial_project.plain, None)):
                    if not answers(port, context, b"", lambda: time.monotonic() > end):
                        raise HardenProblem(
                            f"the edge does not answer at {LOOPBACK}:{port} within {EDGE_SECONDS:g} s"
                        )
                yield Trial(
                    f"https://localhost:{trial_project.tls}",
                    f"http://localhost:{trial_project.plain}",
                    anchor,
                )
            finally:
                # Nothing that the project made is left, or it is told what is.
                down_docker, name = begun.docker, begun.project.name
                try:
                    begun.made = begun.made or down_docker.of_project(name)
                    answer = begun.compose("down", "--volumes", "--remove-orphans", "--timeout", "5")
                    if answer.code:
                        begun.failure = (
                            answer.errors.strip().splitlines() or ["it failed without a reason"]
                        )[-1]
                    begun.left = down_docker.of_project(name)
                except (NotStarted, NoEngine) as error:
                    begun.failure = str(error)
                    begun.left = begun.made


def _started(begun: Up, pull: bool) -> None:
    pulling = "missing" if pull else "never"
    created = begun.compose("create", "--pull", pulling, seconds=PULL_SECONDS if pull else DOWN_SECONDS)
    _agreed(begun, created)
    for volume, owner in begun.project.owners.items():
        # The folder of a volume, for the user of its container. Raises NotStarted.
        place = begun.docker.mountpoint(volume)
        try:
            if place is None:
                raise FileNotFoundError("the engine does not name its folder")
            os.chown(place, owner, owner, follow_symlinks=False)
        except OSError as error:
            raise NotStarted(
                f"the volume of a store could not be given to its user {owner}: {error}; run the proof as root"
            ) from error
    wait = ("--wait", "--wait-timeout", str(START_SECONDS))
    answer = begun.compose("up", "--detach", *wait, "--pull", "never", seconds=START_SECONDS + 30.0)
    begun.made = begun.docker.of_project(begun.project.name)
    _agreed(begun, answer)


def _agreed(begun: Up, answer: Answer) -> None:
    """Raises HardenProblem with what Compose and the services that do not run said last."""
    if answer.code == 0:
        return
    last = answer.errors.strip().splitlines()[-1:]
    lines = [f"Docker Compose: {last[0].strip() if last else 'it failed without a reason'}"]
    for service in begun.docker.unwell(begun.project.name):
        said = begun.compose("logs", "--no-color", "--no-log-prefix", "--tail", str(LINES), service)
        words = " | ".join(line.strip() for line in said.output.splitlines() if line.strip())
        lines.append(f"{service}: {words or 'it printed nothing'}")
    kind = HardenProblem if os.geteuid() == 0 else NotStarted
    also = () if os.geteuid() == 0 else ("secrets belong to this user, since only root gives files away",)
    raise kind("; ".join((*lines, *also)))


@contextmanager
def ended_late() -> Iterator[None]:
    """The first signal that asks the process to end leaves the block, as an exception; those that follow are not heard
    until its end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = [getattr(signal, name) for name in ENDS if hasattr(signal, name)]
    before = {kind: signal.signal(kind, _leave) for kind in kinds}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    for name in ENDS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)
