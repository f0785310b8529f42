"""What a guard saw that its contract does not know: counted by template, without bodies, queries or credentials."""

from __future__ import annotations

import atexit
import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from batten.guard.options import Rule
from batten.guard.traffic.plain_names import is_plain
from batten.guard.traffic.shapes import Shape, merged
from batten.guard.traffic.traffic_file import Key, TrafficProblem, TrafficRow, write
from batten.model.record import record

MOST = 2_000  # rows between two writes: callers choose the paths, so there must be an end
MOST_CHILDREN = 20  # names below one path, beyond which they are taken for identifiers
LONGEST = 200  # characters of a path
EVERY = 5.0  # seconds between writes
REST = "(others)"

METHODS = frozenset(
    (
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "QUERY",
        "PROPFIND",
        "SEARCH",
        "PURGE",
    )
)
_POINTER = re.compile(r" at (/\S*)")
_PARAMETERS = re.compile(
    r"(?<=[\w+.-]/)([\w+.*-]+)(?:\s*;\s*[^\s;=]+=(?:\"[^\"]*\"|[^\s;]*))+"
)  # of a media type
_NAME = re.compile(r"[A-Za-z_][A-Za-z_-]{0,40}")

logger = logging.getLogger("batten.guard")


@record
class Sighting:
    """`status` is the application's, 0 where it was not asked. `path` is a template: `/v1/users/{}`."""

    rule: Rule
    method: str
    path: str
    status: int = 0
    reason: str = ""
    enforced: bool = False


class Traffic:
    """Counts in memory, and adds to a file every few seconds, from a thread that begins with the first count.

    Several processes may share the file. What cannot be written is told once, and stops no traffic. With `learns`
    the shapes of undocumented calls and answers are kept, too (`batten guard learn`).
    """

    def __init__(self, path: str | os.PathLike[str], learns: bool = False, every: float = EVERY) -> None:
        self.path = Path(path).absolute()
        self.learns = learns
        self._every = every
        self._lock = threading.Lock()
        self._counts: Counter[Key] = Counter()
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._children: dict[tuple[bool, str], set[str]] = {}
        self._writer = 0  # the process whose thread writes: threads do not survive a fork
        self._complained = False

    def add(self, seen: Sighting) -> None:
        with self._lock:
            self._begin()
            path = self._bounded(seen.path, 200 <= seen.status < 300)
            key = (seen.rule.value, _known(seen.method), path, seen.status, seen.reason, seen.enforced)
            if key not in self._counts and len(self._counts) >= MOST:
                key = (seen.rule.value, REST, REST, 0, "", seen.enforced)
            self._counts[key] += 1

    def learn(self, method: str, path: str, shapes: Mapping[tuple[str, str], Shape]) -> None:
        """Shapes of one exchange, by part ("query", "request", a status) and media type."""
        with self._lock:
            self._begin()
            path = self._bounded(path, True)
            for (part, media_type), shape in shapes.items():
                key = (_known(method), path, part, media_type)
                known = self._shapes.get(key)
                if known is not None or len(self._shapes) < MOST:
                    self._shapes[key] = shape if known is None else merged(known, shape)

    def flush(self) -> None:
        """Write what was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            shapes, self._shapes = self._shapes, {}
        if not counts and not shapes:
            return
        day = time.strftime("%Y-%m-%d", time.gmtime())
        try:
            write(self.path, [TrafficRow(*key, times, day, day) for key, times in counts.items()], shapes)
        except TrafficProblem as problem:
            if not self._complained:
                self._complained = True
                logger.warning("traffic is not recorded: %s", problem)

    def _bounded(self, path: str, is_there: bool) -> str:
        """The path with names left out where there are so many that they must be somebody's. What scanners only ask
        for counts apart, so that it hides nothing that answers."""
        parts = path.split("/")
        for at in range(1, len(parts)):
            parent = (is_there, "/".join(parts[:at]))
            children = self._children.get(parent)
            if children is None:
                if len(self._children) >= MOST:
                    return REST
                children = self._children[parent] = set()
            if parts[at] not in children:
                if len(children) >= MOST_CHILDREN:
                    parts[at] = parts[at] if parts[at].startswith("{") else "{}"
                else:
                    children.add(parts[at])
        return "/".join(parts)

    def _begin(self) -> None:
        """A forked process begins anew: what its parent had counted, its parent writes."""
        if self._writer == os.getpid():
            return
        if self._writer:
            self._counts, self._shapes = Counter(), {}
        self._writer = os.getpid()
        threading.Thread(
            target=_every, args=(self._every, self.flush), daemon=True, name="batten-traffic"
        ).start()
        atexit.register(self.flush)


def _every(seconds: float, act: Callable[[], None]) -> None:
    while True:
        time.sleep(seconds)
        act()


def _known(method: str) -> str:
    return method if method in METHODS else "(other)"


def masked(raw_path: str) -> str:
    """A path with `{}` for each segment that may name one thing or person, or be a secret."""
    parts = raw_path[: 4 * LONGEST].split("/")
    return "/".join(part if is_plain(part) else "{}" for part in parts)[:LONGEST]


def told(reason: str) -> str:
    """A reason whose JSON pointer names members of a schema, and no index or key that is data; media types go
    without parameters."""
    plain = _PARAMETERS.sub(r"\1", reason)
    return _POINTER.sub(lambda found: " at " + _pointer(found[1]), plain)[:LONGEST]


def _pointer(text: str) -> str:
    return "/".join(part if not part or _NAME.fullmatch(part) else "*" for part in text.split("/"))
