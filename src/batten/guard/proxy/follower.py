"""A worker's side of a reload: it prepares what the supervisor has announced, and takes it when all have."""

from __future__ import annotations

import threading

from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy.reloading import Ready, compiled
from batten.guard.proxy.settings import Settings
from batten.guard.proxy.versions import Versions
from batten.masking import failure
from batten.policy import PolicyProblem


class Follower:
    """`held` is what the worker starts with; `prepared` is what was announced beside it, if a reload is under way."""

    def __init__(
        self, settings: Settings, versions: Versions, number: int, held: Ready, prepared: Ready | None
    ) -> None:
        self._settings = settings
        self._versions = versions
        self._number = number
        self._seen = generation = versions.generation
        self._credentials = versions.credentials
        self._next: tuple[int, Ready] | None = None
        self._thread: threading.Thread | None = None
        if prepared is not None:
            self._next = generation, prepared
            versions.prepare(number, generation)
            versions.hold(number, generation - 1, held.digest)
        else:
            versions.prepare(number, generation)
            versions.hold(number, generation, held.digest)

    def has_new_credentials(self) -> bool:
        """Whether the supervisor has found other certificates since this was asked."""
        known, self._credentials = self._credentials, self._versions.credentials
        return known != self._credentials

    def take(self) -> Ready | None:
        """What is to be used from now on, where that is new. Preparing it is done beside the traffic."""
        versions = self._versions
        idle = self._thread is None or not self._thread.is_alive()
        if versions.generation != self._seen and idle:
            self._seen = versions.generation
            arguments = self._seen, versions.digest
            self._thread = threading.Thread(target=self._prepare, args=arguments, daemon=True)
            self._thread.start()
        found = self._next
        if found is None or versions.committed != found[0]:
            return None
        self._next = None
        versions.hold(self._number, found[0], found[1].digest)
        return found[1]

    def _prepare(self, generation: int, digest: int) -> None:
        try:
            ready = compiled(self._settings)
        except (GuardProblem, PolicyProblem):
            self._versions.fail(self._number, generation)  # the files have changed again
        except Exception as error:  # a bug must not leave the guard without a contract
            logger.error("worker %d cannot prepare the reload: %s", self._number, failure(error))
            self._versions.fail(self._number, generation)
        else:
            if ready.digest != digest:
                self._versions.fail(self._number, generation)
                return
            self._next = generation, ready
            self._versions.prepare(self._number, generation)
