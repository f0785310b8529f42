"""What a service does beside answering: a step, again and again, in a thread that ends with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from batten import masking

logger = logging.getLogger("batten.watch")
_LONGEST = 300.0  # seconds between two tries of what fails


class Beside:
    """Runs `step` every `seconds`, from entering the block to leaving it. A step that fails is told, and tried again, later each time."""

    def __init__(self, name: str, step: Callable[[], object], seconds: float) -> None:
        self._name = name
        self._step = step
        self._seconds = seconds
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._go, name=f"batten-{name}", daemon=True)

    def __enter__(self) -> Beside:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join(30.0)

    def _go(self) -> None:
        wait = self._seconds
        while not self._ends.wait(wait):
            try:
                self._step()
                wait = self._seconds
            except Exception as error:
                wait = min(2 * wait, _LONGEST)
                logger.error(
                    "%s failed, and is tried again in %.0f s: %s", self._name, wait, masking.failure(error)
                )
