"""The supervisor's side of a reload: files are looked at and compiled here first, and taken by all workers or by none."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field

from batten.guard.log import logger
from batten.guard.options import GuardProblem
from batten.guard.proxy import meter as cells
from batten.guard.proxy.meter import Meter
from batten.guard.proxy.reaching import tls_of
from batten.guard.proxy.reloading import Ready, compiled, stamps
from batten.guard.proxy.settings import Settings, Upstream
from batten.guard.proxy.tls import server_context, take_certificate
from batten.guard.proxy.versions import Versions, shown
from batten.policy import PolicyProblem

PATIENCE = 60.0  # seconds in which a worker must have prepared a reload, or is replaced
MOST_SHOWN = 100  # operations in an answer of /health

_Stamps = tuple[tuple[int, int, int] | None, ...]


@dataclass(slots=True)
class Rollout:
    """`held` is in force and what a worker starts with; `next` was announced, and is not taken by all yet."""

    settings: Settings
    held: Ready = field(repr=False)
    versions: Versions = field(repr=False)
    meter: Meter = field(repr=False)  # no worker counts reloads
    next: Ready | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    upstream_tls: dict[Upstream, ssl.SSLContext | None] = field(default_factory=dict, repr=False)
    _taking: bool = False  # it is committed, and not held by all yet
    _since: float = 0.0  # when it was announced
    _watched: float = 0.0
    _doubted: int = (
        0  # the generation for which files were looked at again, because a worker could not prepare it
    )
    _seen: tuple[_Stamps, _Stamps] | None = None

    def __post_init__(self) -> None:
        """Raises GuardProblem for a certificate that cannot be used."""
        settings = self.settings
        if settings.certificate is not None:
            self.tls = server_context(settings.certificate, settings.key)
        self.upstream_tls = _upstream_tls(settings)
        self.versions.announce(self.held.digest)
        self.versions.commit()
        self._seen = self._stamps()

    @property
    def is_under_way(self) -> bool:
        return self.next is not None or self._taking

    def turn(self, now: float, asked: bool = False) -> None:
        """Look at the files when it is time, or when somebody has asked for it; go on with what was announced."""
        if asked or now - self._watched >= self.settings.watch_seconds:
            self._watched = now
            self._watch(now, asked)
        if self.next is not None and not self.versions.unprepared():
            self.held, self.next, self._taking = self.next, None, True
            self.versions.commit()
        if self._taking and self.versions.is_held():
            self._taking = False
            self.meter.add(cells.RELOADS)
            logger.info("contract and policy were reloaded, version %s", shown(self.held.digest))

    def stuck(self, now: float) -> tuple[int, ...]:
        """The workers that cannot prepare what the supervisor could, or not in time: they are to be replaced."""
        if self.next is None:
            return ()
        failed = self.versions.failed()
        if failed and self._doubted != self.versions.generation:
            self._doubted = self.versions.generation
            self._seen, self._watched = None, 0.0  # have the files changed again? That is looked at first
            return ()
        late = self.versions.unprepared() if now - self._since > PATIENCE else ()
        return tuple(number for number in (*failed, *late) if number in self.versions.unprepared())

    def _watch(self, now: float, asked: bool) -> None:
        seen, known = self._stamps(), self._seen
        if seen == known and not asked:
            return
        self._seen = seen
        if asked or known is None or seen[1] != known[1]:
            self._take_certificates(changed=known is not None and seen[1] != known[1])
        if asked or known is None or seen[0] != known[0]:
            self._read(now, asked)

    def _read(self, now: float, asked: bool) -> None:
        try:
            ready = compiled(self.settings)
        except (GuardProblem, PolicyProblem) as problem:
            self._kept(problem)
            return
        except Exception as error:  # a bug must not leave the guard without a contract
            self._kept(error)
            return
        expected = self.next or self.held
        if ready.digest == expected.digest:
            if asked:
                logger.info("contract and policy are unchanged, version %s", shown(ready.digest))
            return
        ready.announce()
        self.next, self._since, self._taking = ready, now, False
        self.versions.announce(ready.digest)
        self._seen = self._stamps()

    def _take_certificates(self, changed: bool) -> None:
        settings = self.settings
        try:
            if self.tls is not None and settings.certificate is not None:
                take_certificate(self.tls, settings.certificate, settings.key)
            self.upstream_tls = _upstream_tls(settings)
        except GuardProblem as problem:
            self._kept(problem)
            return
        self.versions.renew_credentials()
        if changed:
            logger.info("the certificates were reloaded")

    def _kept(self, problem: Exception) -> None:
        self.meter.add(cells.RELOADS_FAILED)
        logger.error("the reload failed, the old configuration stays in force: %s", problem)

    def _stamps(self) -> tuple[_Stamps, _Stamps]:
        settings = self.settings
        own = tuple(path for path in (settings.certificate, settings.key) if path is not None)
        return stamps((self.next or self.held).files), stamps(own + settings.upstream_files)

    # What operators see

    def health(self) -> dict[str, object]:
        unjudged = self.held.unjudged
        told: dict[str, object] = {"version": shown(self.held.digest), "versions": self.versions.held()}
        return {**told, "unjudged": list(unjudged[:MOST_SHOWN])} if unjudged else told

    def exposition(self) -> str:
        """As Prometheus reads it."""
        lines = [
            "# HELP batten_guard_unjudged_operations Operations that are served without a check that cannot be made.",
            "# TYPE batten_guard_unjudged_operations gauge",
            f"batten_guard_unjudged_operations {len(self.held.unjudged)}",
            "# HELP batten_guard_worker_version_info The version of contract and policy of each worker.",
            "# TYPE batten_guard_worker_version_info gauge",
        ]
        for number, version in enumerate(self.versions.held()):
            labels = f'worker="{number}",version={json.dumps(version)}'
            lines.append(f"batten_guard_worker_version_info{{{labels}}} 1")
        return "\n".join((*lines, ""))


def _upstream_tls(settings: Settings) -> dict[Upstream, ssl.SSLContext | None]:
    """Raises GuardProblem."""
    return {upstream: tls_of(upstream) for upstream in settings.upstreams}
