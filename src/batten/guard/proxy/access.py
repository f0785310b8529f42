"""The access log: a JSON object a line, without queries, headers or bodies, where credentials are."""

from __future__ import annotations

import os
import sys
import time

import msgspec

from batten.files.named import open_log
from batten.guard.options import GuardProblem, Rule
from batten.guard.proxy.wire import Asked
from batten.guard.traffic.counts import masked

MOST_PENDING = 10_000  # lines that a disk may lag behind
_ENCODE = msgspec.json.Encoder().encode


class AccessLog:
    """Written a bundle at a time. A disk that is full costs lines, counted in `lost`, and no traffic.

    Raises GuardProblem.
    """

    def __init__(self, path: str) -> None:
        self.is_on = bool(path)
        self.lost = 0
        self._path = path
        self._file = -1
        self._lines: list[bytes] = []
        try:
            self.reopen()
        except OSError as error:
            raise GuardProblem(f"{path}: the access log cannot be written: {error.strerror}") from error

    def reopen(self) -> None:
        """Reopen the file after log rotation. Raises OSError."""
        if not self.is_on:
            return
        if self._path == "-":
            self._file = sys.stdout.fileno()
            return
        opened = open_log(self._path)
        if self._file >= 0:
            self.flush()
            os.close(self._file)
        self._file = opened

    def add(
        self, peer: str, asked: Asked | None, operation: str, status: int, size: int, seconds: float,
        rule: Rule | None, reference: str, service: str = "",
    ) -> None:  # fmt: skip
        if len(self._lines) >= MOST_PENDING:
            self.lost += 1
            return
        line: dict[str, object] = {"time": round(time.time(), 3), "peer": peer}
        if asked is not None:
            line["method"] = asked.method
            line["path"] = operation.partition(" ")[2] or masked(asked.raw_path.decode("latin-1"))
        if service:
            line["service"] = service
        if operation:
            line["operation"] = operation
        line |= {"status": status, "bytes": size, "ms": round(seconds * 1000, 2)}
        if rule is not None:
            line |= {"rule": rule.value, "reference": reference}
        self._lines.append(_ENCODE(line))

    def flush(self) -> None:
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        data = memoryview(b"\n".join(lines) + b"\n")
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            self.lost += len(lines)
