"""A client that sends bytes, and reads answers as strictly as it can."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass

from cases.case import Case, asked

from batten.guard.proxy.framing import BadFraming, Chunked
from waiting import BOUND

_METHOD = re.compile(rb"(?:^|\n)([A-Z]+) [^\r\n]* HTTP/1\.1\r\n")


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes  # in lower case
    body: bytes
    whole: bool


class Client:
    def __init__(self, port: int) -> None:
        self.link = socket.create_connection(("127.0.0.1", port), timeout=BOUND)
        self._buffer = b""

    def send(self, data: bytes) -> None:
        with suppress(OSError):  # it was answered and closed before it had read all
            self.link.sendall(data)

    def answer(self, head_only: bool = False) -> Answer:
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                raise AssertionError(f"no answer, but {self._buffer[:200]!r}")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        head = head.lower() + b"\r\n"
        status = int(head.split(b" ")[1])
        if head_only or status < 200 or status in (204, 304):
            return Answer(status, head, b"", True)
        return Answer(status, head, *self._body(head))

    def _body(self, head: bytes) -> tuple[bytes, bool]:
        if b"\r\ntransfer-encoding: chunked\r\n" in head:
            reader = Chunked()
            body = reader.take(self._buffer)
            while not reader.done:
                self._buffer = b""
                if not self._more():
                    return body, False
                try:
                    body += reader.take(self._buffer)
                except BadFraming as error:
                    raise AssertionError(f"chunks that are none: {error}") from error
            self._buffer = reader.rest
            return body, True
        lengths = re.findall(rb"\r\ncontent-length: (\d+)\r\n", head)
        assert len(lengths) == 1, head
        while len(self._buffer) < int(lengths[0]):
            if not self._more():
                body, self._buffer = self._buffer, b""
                return body, False
        body, self._buffer = self._buffer[: int(lengths[0])], self._buffer[int(lengths[0]) :]
        return body, True

    def _more(self) -> bool:
        try:
            data = self.link.recv(65_536)
        except ConnectionResetError:
            return False
        self._buffer += data
        return bool(data)

    def is_at_end(self) -> bool:
        return not self._buffer and not self._more()

    def close(self) -> None:
        self.link.close()


def played(port: int, case: Case) -> list[Answer]:
    """The answers to a case. The connection is closed exactly when it should be, and in step if not."""
    client = Client(port)
    try:
        client.send(case.sent)
        methods = _METHOD.findall(case.sent)
        answers = []
        for number, _ in enumerate(case.statuses):
            method = methods[number] if number < len(methods) else b""
            answers.append(client.answer(method == b"HEAD"))
        if case.closes:
            assert client.is_at_end()
        else:
            client.send(asked("GET /v1/things/mine"))
            assert client.answer().status == 401
        return answers
    finally:
        client.close()
