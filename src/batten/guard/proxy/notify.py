"""What the service manager is told (sd_notify(3)): that the guard is ready, reloads or stops, and that it is alive."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping


class Notifier:
    """Silent where no service manager asked for it. The variables are removed, since they concern no child."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        where = environment.pop("NOTIFY_SOCKET", "")
        microseconds = environment.pop("WATCHDOG_USEC", "")
        process = environment.pop("WATCHDOG_PID", str(os.getpid()))
        self._where = "\0" + where[1:] if where.startswith("@") else where
        is_watched = microseconds.isdigit() and process == str(os.getpid())
        self._every = int(microseconds) / 2_000_000 if is_watched else 0.0  # seconds; half of what is allowed
        self._next = 0.0
        self._status = ""

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nMAINPID={os.getpid()}\nSTATUS={status}")

    def reloading(self) -> None:
        """`Type=notify-reload` needs the time, and waits for `ready`."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self, status: str) -> None:
        self._send(f"STOPPING=1\nSTATUS={status}")

    def alive(self) -> None:
        """Often enough, where WatchdogSec= is set."""
        now = time.monotonic()
        if self._every and now >= self._next:
            self._next = now + self._every
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._where:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
                link.sendto(text.encode(), self._where)
        except OSError:
            return  # a manager that is away needs no word
